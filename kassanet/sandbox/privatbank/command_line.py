"""``kassanet sandbox privatbank``: ECR terminals and their bank's ledger, in one process."""

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from kassanet.given import amount, count, port, whole
from kassanet.sandbox.books import FileLines
from kassanet.sandbox.faults import FaultPlan
from kassanet.sandbox.occasions import PlanError
from kassanet.sandbox.privatbank.session import OPERATIONS, serve_ecr, serve_ecr_pty
from kassanet.sandbox.privatbank.terminal import EcrSettings, EcrTerminal
from kassanet.sandbox.smartsale.bank import Bank, BankSettings
from kassanet.sandbox.smartsale.cards import CardScript
from kassanet.sandbox.smartsale.fleet import events_of, places
from kassanet.store.lock import DirectoryHeld, DirectoryLock

if TYPE_CHECKING:
    from kassanet.sandbox.command_line import Parser

DONE, FAILED, BAD_USAGE = 0, 1, 2
METHODS = frozenset(
    {"pingdevice", "getreceiptinfo", "servicemessage", "verify", *(name.lower() for name in OPERATIONS)}
)


def add_privatbank_command(devices: "argparse._SubParsersAction[Parser]") -> None:
    """The command, beside those of other devices."""
    parser = devices.add_parser("privatbank", help="card terminals that speak PrivatBank's ECR JSON")
    parser.add_argument("--count", type=count, default=1, metavar="N", help="how many terminals (1)")
    parser.add_argument("--port", type=port, required=True, metavar="BASE", help="port of the first; the rest follow")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where the bank keeps its ledger")
    parser.add_argument("--serial", action="store_true", help="serve serial lines too, as links DIR/pty-<n>")
    parser.add_argument("--card-seconds", type=amount, default=1.0, metavar="S", help="time to present a card (1)")
    parser.add_argument("--cards", type=Path, metavar="FILE", help="a script of customers, JSON lines")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan, JSON lines")
    parser.add_argument("--seed", type=whole, default=0, help="other chances for whatever has a p (0)")
    parser.set_defaults(run=run_privatbank)


def run_privatbank(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when everything listens."""
    if arguments.port > 65536 - arguments.count:
        return _fail(BAD_USAGE, "every terminal needs a port from 1 to 65535; choose --port and --count so")
    try:
        with DirectoryLock(arguments.state):
            trio.run(_serve, arguments, terminals(arguments))
    except PlanError as error:
        return _fail(BAD_USAGE, str(error))
    except DirectoryHeld:
        return _fail(FAILED, f"{arguments.state} is used by another sandbox; stop it, or choose another --state")
    return DONE


def terminals(arguments: argparse.Namespace) -> list[EcrTerminal]:
    """The terminals of the command line, over one ledger. Raises :class:`PlanError`."""
    where = places(arguments.count, arguments.host, arguments.port)
    names = {name for place in where for name in place.names}
    plan = FaultPlan() if arguments.faults is None else _plan(arguments, names)
    cards = CardScript() if arguments.cards is None else _cards(arguments, names)
    bank = Bank(FileLines(arguments.state / "host.jsonl"), time.time, BankSettings(same_day_refund=True, utc_offset=2))
    events = events_of(arguments.state)
    return [
        EcrTerminal(
            place.terminal_id,
            bank,
            settings=EcrSettings(card_seconds=arguments.card_seconds),
            customers=cards.for_device(*place.names),
            faults=plan.for_device(*place.names),
            events=events,
            names=place.names,
        )
        for place in where
    ]


def _plan(arguments: argparse.Namespace, names: set[str]) -> FaultPlan:
    try:
        return FaultPlan.load(arguments.faults, arguments.seed, names, lambda name: name.lower() in METHODS)
    except OSError as error:
        raise PlanError(f"{arguments.faults}: {error.strerror}") from error


def _cards(arguments: argparse.Namespace, names: set[str]) -> CardScript:
    operations = frozenset(OPERATIONS.values())
    try:
        return CardScript.load(arguments.cards, lambda name: name in operations, arguments.seed, names)
    except OSError as error:
        raise PlanError(f"{arguments.cards}: {error.strerror}") from error


async def _serve(arguments: argparse.Namespace, served: list[EcrTerminal]) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            for number, terminal in enumerate(served):
                await nursery.start(serve_ecr, terminal, arguments.host, arguments.port + number)
                if arguments.serial:
                    await nursery.start(serve_ecr_pty, terminal, arguments.state / f"pty-{number}")
            print(f"ready: {len(served)} terminals on {arguments.host}:{arguments.port}..", flush=True)
            async for _ in signals:
                nursery.cancel_scope.cancel()


def _fail(code: int, line: str) -> int:
    print(f"kassanet sandbox: {line}", file=sys.stderr)
    return code
