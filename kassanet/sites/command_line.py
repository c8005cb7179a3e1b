"""``kassanet site`` and ``kassanet receipts`` as the command line has them, and the options of an uplink."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kassanet.config import Config

BAD_USAGE = 2

Subparsers = Any
"""argparse's own, which has no public name."""


def add_sites(commands: Subparsers) -> None:
    """Both commands; their actions ask a running service, but for ``site add --data``."""
    actions = commands.add_parser("site", help="local servers that dial in").add_subparsers(
        metavar="ACTION", required=True
    )
    add = _action(actions, "add", _add, "make a site and print its token; it is not shown again")
    add.add_argument("name")
    add.add_argument("--inn", help="the only organisation that it may show and serve")
    add.add_argument("--data", type=Path, help="the central server's directory: make it there, service or none")
    renew = _action(actions, "renew", _renew, "print another token; the old one is worthless")
    renew.add_argument("name")
    revoke = _action(actions, "revoke", _revoke, "make a site's token worthless and end its link")
    revoke.add_argument("name")
    _action(actions, "list", _list, "all sites, and whether they are connected")
    _add_receipts(commands)


def _add_receipts(commands: Subparsers) -> None:
    actions = commands.add_parser("receipts", help="receipts out of one service and into another").add_subparsers(
        metavar="ACTION", required=True
    )
    export = _action(actions, "export", _export, "print receipts, one JSON object a line")
    export.add_argument("--site", help="those of a site, by its name")
    bring = _action(actions, "import", _import, "take an export in as an archive; the same file twice changes nothing")
    bring.add_argument("file", type=Path)


def _action(actions: Subparsers, name: str, run: Any, text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - a command
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text)
    parser.add_argument("--url", "--from", default="http://127.0.0.1:8080", help="where the service is")
    parser.add_argument("--token", help="by default the one in KASSANET_TOKEN")
    parser.set_defaults(run=run)
    return parser


def add_uplink_options(parser: argparse.ArgumentParser) -> None:
    """To ``kassanet serve``."""
    parser.add_argument("--uplink", metavar="URL", help="a central server to dial: wss://…/api/v1/uplink")
    parser.add_argument("--site", metavar="NAME", help="the name it knows us by")
    parser.add_argument("--uplink-token-file", metavar="FILE", help="holds the token that it gave us")


def with_uplink(config: "Config", arguments: argparse.Namespace) -> "Config":
    """The options over what the file says, checked as the file is. Raises :class:`kassanet.config.ConfigError`."""
    from msgspec.structs import replace

    from kassanet.config import check_section

    given = {"url": arguments.uplink, "site": arguments.site, "token_file": arguments.uplink_token_file}
    said = {name: value for name, value in given.items() if value is not None}
    if not said:
        return config
    config = replace(config, uplink=replace(config.uplink, **said))
    check_section(config)
    return config


def _add(arguments: argparse.Namespace) -> int:
    if arguments.data is not None:
        return _add_there(arguments)
    from kassanet.sites import asking

    return _told(lambda: print(asking.add(arguments.url, _token(arguments), arguments.name, arguments.inn)))


def _add_there(arguments: argparse.Namespace) -> int:
    import msgspec

    from kassanet.tokens import add_site
    from schemas.sites import NewSite

    said = {"name": arguments.name, "inn": arguments.inn}
    try:
        site = msgspec.convert(said, NewSite)
    except msgspec.ValidationError as error:
        print(f"kassanet: {error}", file=sys.stderr)
        return BAD_USAGE
    print(add_site(arguments.data, site))
    return 0


def _renew(arguments: argparse.Namespace) -> int:
    from kassanet.sites import asking

    return _told(lambda: print(asking.renew(arguments.url, _token(arguments), arguments.name)))


def _revoke(arguments: argparse.Namespace) -> int:
    from kassanet.sites import asking

    return _told(lambda: asking.revoke(arguments.url, _token(arguments), arguments.name))


def _list(arguments: argparse.Namespace) -> int:
    from kassanet.sites import asking

    return _told(lambda: print("\n".join(asking.listing(arguments.url, _token(arguments)))))


def _export(arguments: argparse.Namespace) -> int:
    from kassanet.sites import asking

    return _told(lambda: asking.export(arguments.url, _token(arguments), arguments.site, sys.stdout.buffer))


def _import(arguments: argparse.Namespace) -> int:
    from kassanet.sites import asking

    def bring() -> int:
        line, whole = asking.bring(arguments.url, _token(arguments), arguments.file)
        print(line)
        return 0 if whole else 1

    return _told(bring)


def _told(command: Any) -> int:  # noqa: ANN401 - a call that answers an exit code, or nothing
    from kassanet.importing import Refused, fail

    try:
        return command() or 0
    except Refused as error:
        return fail(error)


def _token(arguments: argparse.Namespace) -> str:
    token = arguments.token or os.environ.get("KASSANET_TOKEN")
    if not token:
        print("kassanet: give a --token, or set KASSANET_TOKEN", file=sys.stderr)
        raise SystemExit(BAD_USAGE)
    return str(token)
