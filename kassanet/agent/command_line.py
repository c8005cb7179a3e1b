"""``kassanet agent``: run it, and what is done beside it: tokens, a new master key, licences, the audit log's proof."""

import argparse
import getpass
import os
import time
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kassanet import given
from kassanet.agent.failures import AgentFailure

if TYPE_CHECKING:
    from kassanet.agent.settings import AgentSettings

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def add_agent(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = commands.add_parser("agent", help="run the signing agent: keys in, signatures out")
    _add_place(parser)
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=given.port_or_any, help="port to listen on (8090)")
    parser.set_defaults(run=run_agent)
    actions = parser.add_subparsers(metavar="ACTION", required=False)
    create = actions.add_parser("token", help="make a token for the inner API and print it; it is not shown again")
    create.add_argument("--role", required=True, choices=("admin", "operator", "viewer"))
    create.add_argument("--tenant", help="the only organisation that it sees")
    _add_place(create)
    create.set_defaults(run=create_token)
    backup = actions.add_parser("backup", help="write a copy of keys, signatures and audit log, also while it runs")
    backup.add_argument("file", type=Path)
    _add_place(backup)
    backup.set_defaults(run=back_up)
    rotate = actions.add_parser("rotate", help="wrap every key under a new master key; the agent must be stopped")
    rotate.add_argument("--new-key-file", type=Path, help="32 bytes; without it a new passphrase is asked for")
    _add_place(rotate)
    rotate.set_defaults(run=rotate_master)


def add_licence(commands: "argparse._SubParsersAction[Parser]") -> None:
    actions = commands.add_parser("licence", help="licences of signing agents").add_subparsers(
        metavar="ACTION", required=True
    )
    issue = actions.add_parser("issue", help="print a licence for an agent's server")
    issue.add_argument("--key", type=Path, required=True, help="the cash desk's Ed25519 key; made where there is none")
    issue.add_argument("--number", required=True)
    issue.add_argument("--server", required=True, help="whose it is")
    issue.add_argument("--keys", type=given.whole, required=True, help="how many signing keys")
    issue.add_argument("--until", type=date.fromisoformat, required=True, help="its last day, YYYY-MM-DD")
    issue.set_defaults(run=issue_licence)
    show = actions.add_parser("show", help="what a licence says")
    show.add_argument("file", type=Path)
    show.add_argument("--key", type=Path, help="the cash desk's public key: the signature is then checked")
    show.set_defaults(run=show_licence)


def add_audit_verify(actions: "argparse._SubParsersAction[Parser]") -> None:
    parser = actions.add_parser("verify", help="prove that nothing was changed in an agent's audit log")
    parser.add_argument("--data", default="kassanet-agent", help="the agent's data directory (kassanet-agent)")
    parser.add_argument("--head", help="a hash that was noted earlier: it must be in the log")
    parser.set_defaults(run=verify_audit)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the data directory (kassanet-agent)")
    parser.add_argument("--config", type=Path, help="a TOML file; what is given here wins over what it says")


def run_agent(arguments: argparse.Namespace) -> None:
    import trio

    from kassanet import logs
    from kassanet.agent.app import serve
    from kassanet.agent.hardening import harden
    from kassanet.agent.master import PASSPHRASE_VARIABLE
    from kassanet.standing import Standing
    from kassanet.systemd import alive_while

    settings = _settings(arguments)
    logs.configure(settings.log_level)
    harden()
    passphrase = os.environ.pop(PASSPHRASE_VARIABLE, None)
    trio.run(alive_while, partial(serve, settings, passphrase, task_status=Standing()))


def create_token(arguments: argparse.Namespace) -> None:
    from kassanet.agent.store import AgentStore
    from kassanet.edge.secrets import new_token, token_hash
    from schemas.signing_records import AddAgentToken

    token = new_token()
    store = AgentStore.open(Path(_settings(arguments).data))
    try:
        write = AddAgentToken(token_hash(token), arguments.role, arguments.tenant, _by(), time.time())
        [answered] = store.commit([write])
    finally:
        store.close()
    if isinstance(answered, Exception):
        raise answered
    print(token)


def back_up(arguments: argparse.Namespace) -> None:
    from kassanet.agent.copying import copy

    size = copy(Path(_settings(arguments).data), arguments.file)
    print(f"{arguments.file}: {size} bytes")


def rotate_master(arguments: argparse.Namespace) -> None:
    from kassanet.agent.rotation import rotate
    from kassanet.store.lock import DirectoryLock

    settings = _settings(arguments)
    folder = Path(settings.data)
    with DirectoryLock(folder):
        count = rotate(folder, settings, arguments.new_key_file, _new_passphrase, _by())
    print(f"{count} keys are wrapped under the new master key")


def _new_passphrase() -> str:
    given = os.environ.get("KASSANET_AGENT_NEW_PASSPHRASE")
    return getpass.getpass("new passphrase: ") if given is None else given


def issue_licence(arguments: argparse.Namespace) -> None:
    import msgspec

    from kassanet.agent.licence import Licence, issue, load_private

    said = {
        "number": arguments.number,
        "server": arguments.server,
        "keys": arguments.keys,
        "issued": datetime.now(UTC).date().isoformat(),
        "until": arguments.until.isoformat(),
    }
    try:
        licence = msgspec.convert(said, Licence)
    except msgspec.ValidationError as error:
        raise AgentFailure(f"no such licence: {error}") from None
    print(issue(licence, load_private(arguments.key)).decode(), end="")


def show_licence(arguments: argparse.Namespace) -> None:
    import msgspec

    from kassanet.agent.licence import load_public, read

    key = None if arguments.key is None else load_public(arguments.key)
    licence = read(arguments.file.read_bytes(), key)
    standing = licence.standing(datetime.now(UTC).date())
    checked = "the signature holds" if key else "the signature was not checked: give --key"
    print(f"{msgspec.json.encode(licence).decode()}\n{standing}; {checked}")


def verify_audit(arguments: argparse.Namespace) -> None:
    import sqlite3

    from kassanet.agent.chain import verified
    from kassanet.agent.store import DATABASE

    path = Path(arguments.data) / DATABASE
    if not path.exists():
        raise AgentFailure(f"there is no agent in {arguments.data}; name its directory with --data")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        count, head = verified(connection, arguments.head)
    finally:
        connection.close()
    print(f"{count} lines, none changed; the last hash is {head}")


def _settings(arguments: argparse.Namespace) -> "AgentSettings":
    from msgspec.structs import replace

    from kassanet.agent.settings import load

    given = {name: getattr(arguments, name, None) for name in ("host", "port", "data")}
    return replace(load(arguments.config), **{name: value for name, value in given.items() if value is not None})


def _by() -> str:
    try:
        return f"user {getpass.getuser()}"
    except (KeyError, OSError):
        return f"user {os.getuid()}"
