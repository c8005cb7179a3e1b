"""The command line: what can be asked, and how failures are told.

Exit codes: 0 done, 1 failed, 2 bad usage (the configuration file included). A failure is one line on stderr that
says what to do. Commands load what they need when they run, so that ``kassanet --help`` and ``kassanet token`` do not
wait for a web server to be imported.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from kassanet import given
from kassanet.agent.command_line import add_agent, add_audit_verify, add_licence
from kassanet.sites.command_line import add_sites, add_uplink_options, with_uplink

if TYPE_CHECKING:
    from kassanet.config import Config

DONE, FAILED, BAD_USAGE = 0, 1, 2

Arguments = argparse.Namespace
Subparsers: TypeAlias = "argparse._SubParsersAction[_Parser]"


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code; usage errors leave through ``SystemExit(2)``, as argparse does."""
    arguments = build_parser(words).parse_args(words)
    command: Callable[[Arguments], int | None] = arguments.run
    try:
        return command(arguments) or DONE
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:  # whoever read our output has gone; nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        from kassanet.failures import told

        code, line = told(error)
        print(f"kassanet: {line}", file=sys.stderr)
        return code
    except BaseExceptionGroup as group:  # out of a nursery
        if group.subgroup(KeyboardInterrupt) is None:
            raise
        return FAILED


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong on one line, like every other failure."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Every command. Those of the sandbox are added only when ``words`` begin with it."""
    parser = _Parser(prog="kassanet", description="Fiscalizes payments on arrays of cash registers.")
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_serve(commands)
    _add_demo(commands)
    _add_token(commands)
    _add_audit(commands)
    _add_copies(commands)
    _add_watch(commands)
    _add_import(commands)
    _add_routes(commands)
    _add_pinpad(commands, load=words[:1] == ["pinpad"])
    add_agent(commands)
    add_licence(commands)
    add_sites(commands)
    _add_sandbox(commands, load=words[:1] == ["sandbox"])
    return parser


def _add_serve(commands: Subparsers) -> None:
    parser = commands.add_parser("serve", help="run the service; works with no configuration")
    parser.add_argument("--host", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=given.port_or_any, help="port to listen on (8080)")
    add_uplink_options(parser)
    _add_place(parser)
    parser.set_defaults(run=_serve)


def _add_demo(commands: Subparsers) -> None:
    parser = commands.add_parser("demo", help="simulated registers, the service, and a shop that sells all day")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=given.port_or_any, default=8080, help="port to listen on")
    parser.add_argument("--kkts", type=given.count, default=8, help="how many registers")
    parser.add_argument("--pinpads", type=given.natural, default=0, help="how many tills with a card terminal (0)")
    parser.add_argument("--prro", type=given.natural, default=0, help="how many Ukrainian software registers (0)")
    parser.add_argument(
        "--scheme",
        choices=("registrar", "translator", "combined"),
        help="payment channels and billings instead of the shop",
    )
    parser.add_argument(
        "--document-seconds", type=given.amount, default=1.0, help="how long a register takes for a document"
    )
    parser.add_argument("--rate", type=given.amount, default=4.0, help="receipts a second; 0 for none")
    parser.add_argument("--data", type=Path, help="where to keep everything; by default a place that is removed")
    parser.set_defaults(run=_demo)


def _add_token(commands: Subparsers) -> None:
    actions = commands.add_parser("token", help="tokens for the HTTP interface").add_subparsers(
        metavar="ACTION", required=True
    )
    create = actions.add_parser("create", help="make a token and print it; it is not shown again")
    create.add_argument("--role", required=True, choices=("admin", "operator", "viewer"))
    create.add_argument("--inn", type=_inn, help="the only organisation that it sees")
    _add_place(create)
    create.set_defaults(run=_token_create)
    listing = actions.add_parser("list", help="all tokens, without the tokens themselves")
    _add_place(listing)
    listing.set_defaults(run=_token_list)
    revoke = actions.add_parser("revoke", help="make a token worthless, within a second or two")
    revoke.add_argument("id", type=given.count, help="its number in the list")
    _add_place(revoke)
    revoke.set_defaults(run=_token_revoke)


def _add_audit(commands: Subparsers) -> None:
    actions = commands.add_parser("audit", help="who changed what").add_subparsers(metavar="ACTION", required=True)
    export = actions.add_parser("export", help="print the audit log, one JSON object a line, oldest first")
    _add_place(export)
    export.set_defaults(run=_audit_export)
    add_audit_verify(actions)


def _add_copies(commands: Subparsers) -> None:
    backup = commands.add_parser(
        "backup", help="write a consistent copy of journal and keys, also while the service runs"
    )
    backup.add_argument("file", type=Path)
    _add_place(backup)
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="put a copy back; the service must be stopped")
    restore.add_argument("file", type=Path)
    restore.add_argument(
        "--nothing-made-since",
        action="store_true",
        help="no register made a document after the copy: let queued receipts stay queued",
    )
    _add_place(restore)
    restore.set_defaults(run=_restore)


def _add_watch(commands: Subparsers) -> None:
    parser = commands.add_parser("watch", help="registers and circuits as they are now, in the terminal")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the service is")
    parser.add_argument("--token", help="of a viewer or above; by default the one in KASSANET_TOKEN")
    parser.set_defaults(run=_watch)


def _add_pinpad(commands: Subparsers, *, load: bool) -> None:
    parser = commands.add_parser("pinpad", help="card payments, for tills that call a program")
    if load:
        from kassanet.pinpad_command import add_pinpad_commands

        add_pinpad_commands(parser)


def _add_import(commands: Subparsers) -> None:
    parser = commands.add_parser("import", help="bring bank statements and registries to the running service")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="tell what would become of each line; change nothing")
    parser.add_argument("--circuit", type=given.count, metavar="ID", help="the circuit whose channel takes them")
    parser.add_argument("--channel", help="the channel that takes them, where a circuit has several")
    parser.add_argument("--profile", help="a registry's profile; by default it is found out")
    parser.add_argument("--every", action="store_true", help="tell of each payment, not only of what is passed over")
    _add_service(parser)
    parser.set_defaults(run=_import)


def _add_routes(commands: Subparsers) -> None:
    actions = commands.add_parser("routes", help="where payments go").add_subparsers(metavar="ACTION", required=True)
    explain = actions.add_parser("explain", help="which route would take a payment, and what receipt would it make")
    explain.add_argument("--channel", required=True)
    explain.add_argument("--account", required=True)
    explain.add_argument("--sum", required=True, type=_kopecks, metavar="ROUBLES", help="200.50")
    explain.add_argument("--service")
    _add_service(explain)
    explain.set_defaults(run=_explain)


def _add_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the service is")
    parser.add_argument("--token", help="by default the one in KASSANET_TOKEN")


def _add_sandbox(commands: Subparsers, *, load: bool) -> None:
    parser = commands.add_parser("sandbox", help="simulated devices")
    if load:
        from kassanet.sandbox.command_line import add_sandbox_commands

        add_sandbox_commands(parser.add_subparsers(metavar="DEVICE", required=True))


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the data directory (kassanet-data)")
    parser.add_argument("--config", type=Path, help="a TOML file; what is given here wins over what it says")


def _serve(arguments: Arguments) -> None:
    import trio

    from kassanet import logs
    from kassanet.agent.hardening import harden
    from kassanet.app import serve
    from kassanet.config import check_certificate
    from kassanet.standing import Standing, allow_descriptors
    from kassanet.systemd import alive_while

    config = with_uplink(_config(arguments), arguments)
    check_certificate(config, arguments.config)
    logs.configure(config.log_level)
    if config.prro.tax_server is not None and config.prro.local.enabled:
        harden()  # the agent within holds keys
    allow_descriptors()
    trio.run(alive_while, partial(serve, config, task_status=Standing()))


def _demo(arguments: Arguments) -> None:
    from kassanet import demo, logs
    from kassanet.config import Config

    logs.configure("warning")
    options = demo.DemoOptions(
        host=arguments.host,
        port=arguments.port,
        kkts=arguments.kkts,
        document_seconds=arguments.document_seconds,
        rate=arguments.rate,
        data=arguments.data,
        pinpads=arguments.pinpads,
        prro=arguments.prro,
        scheme=arguments.scheme,
    )
    demo.run(options.spread(), Config())


def _token_create(arguments: Arguments) -> None:
    from kassanet.tokens import create

    print(create(_folder(arguments), arguments.role, arguments.inn))


def _token_list(arguments: Arguments) -> None:
    from kassanet.tokens import listing

    for line in listing(_folder(arguments)):
        print(line)


def _token_revoke(arguments: Arguments) -> None:
    from kassanet.tokens import revoke

    revoke(_folder(arguments), arguments.id)


def _audit_export(arguments: Arguments) -> None:
    from kassanet.audit import export

    for line in export(_folder(arguments)):
        print(line)


def _backup(arguments: Arguments) -> None:
    from kassanet.copies import back_up

    for line in back_up(_folder(arguments), arguments.file):
        print(line)


def _restore(arguments: Arguments) -> None:
    from kassanet.copies import put_back

    nothing_since = arguments.nothing_made_since
    for line in put_back(arguments.file, _folder(arguments), nothing_made_since=nothing_since):
        print(line)


def _watch(arguments: Arguments) -> int | None:
    token = arguments.token or os.environ.get("KASSANET_TOKEN")
    if not token:
        print("kassanet: give a --token, or set KASSANET_TOKEN; kassanet token create makes one", file=sys.stderr)
        return BAD_USAGE
    from kassanet.watch import run

    run(arguments.url, token)
    return None


def _import(arguments: Arguments) -> int:
    from kassanet.importing import Refused, bring, fail

    said = {name: getattr(arguments, name) for name in ("circuit", "channel", "profile")}
    query = {name: str(value) for name, value in said.items() if value is not None}
    try:
        whole = bring(
            arguments.url, _token(arguments), arguments.files, query, dry_run=arguments.dry_run, every=arguments.every
        )
    except Refused as error:
        return fail(error)
    return DONE if whole else FAILED


def _explain(arguments: Arguments) -> int:
    from kassanet.importing import Refused, explain, fail

    said = {name: getattr(arguments, name) for name in ("channel", "account", "sum", "service")}
    try:
        print(explain(arguments.url, _token(arguments), {k: str(v) for k, v in said.items() if v is not None}))
    except Refused as error:
        return fail(error)
    return DONE


def _token(arguments: Arguments) -> str:
    """Raises ``SystemExit`` 2 where none was given."""
    token = arguments.token or os.environ.get("KASSANET_TOKEN")
    if not token:
        print("kassanet: give a --token, or set KASSANET_TOKEN; kassanet token create makes one", file=sys.stderr)
        raise SystemExit(BAD_USAGE)
    return str(token)


def _config(arguments: Arguments) -> "Config":
    """The file's settings with those of the command line over them."""
    from msgspec.structs import replace

    from kassanet.config import load

    config = load(arguments.config)
    given = {name: getattr(arguments, name, None) for name in ("host", "port", "data")}
    return replace(config, **{name: value for name, value in given.items() if value is not None})


def _folder(arguments: Arguments) -> Path:
    return Path(_config(arguments).data)


def _inn(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) in (8, 10, 12)):
        raise argparse.ArgumentTypeError("an INN has 10 or 12 digits, a ЄДРПОУ 8")
    return text


def _kopecks(text: str) -> int:
    from transports.channels.sums import kopecks

    try:
        return kopecks(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _version() -> str:
    from importlib.metadata import version

    return f"kassanet {version('kassanet')}"
