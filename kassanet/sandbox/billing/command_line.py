"""``kassanet sandbox billing``, ``channel``, ``statement``, ``registry``: processes, and bank files on stdout."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from kassanet import given
from kassanet.sandbox.billing.books import Events, Ledger
from kassanet.sandbox.billing.channel_command import add_channel_command
from kassanet.sandbox.billing.dialects import Dialect, JsonDialect, OsmpDialect, SberbankDialect
from kassanet.sandbox.billing.registries import LAYOUTS, registry
from kassanet.sandbox.billing.rules import Billing, Limits
from kassanet.sandbox.billing.server import COMMANDS, BillingServer
from kassanet.sandbox.billing.statements import statement
from kassanet.sandbox.books import FileLines
from kassanet.sandbox.faults import FaultPlan
from kassanet.sandbox.occasions import PlanError
from kassanet.store.lock import DirectoryHeld, DirectoryLock

if TYPE_CHECKING:
    from kassanet.sandbox.command_line import Parser

DONE, FAILED, BAD_USAGE = 0, 1, 2
SECRET = "sandbox-billing-secret"


def add_billing_commands(devices: "argparse._SubParsersAction[Parser]") -> None:
    """The commands, beside those of devices."""
    _add_billing(devices.add_parser("billing", help="a billing with accounts and a ledger"))
    add_channel_command(devices)
    _add_file(devices.add_parser("statement", help="print a statement in 1CClientBankExchange"), run_statement)
    lists = devices.add_parser("registry", help="print a registry of payments")
    lists.add_argument("--layout", choices=sorted(LAYOUTS), default="eps", help="which bank's (eps)")
    _add_file(lists, run_registry)


def _add_billing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=("osmp", "sberbank", "json"), required=True, help="what it speaks")
    parser.add_argument("--port", type=given.port_or_any, required=True, help="where it listens")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where it keeps its ledger")
    parser.add_argument("--name", help="the ledger is DIR/billing-<name>.jsonl (the kind)")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan, JSON lines")
    parser.add_argument("--seed", type=given.whole, default=0, help="other chances for faults with p (0)")
    parser.add_argument("--secret", default=SECRET, help=f"what signs JSON ({SECRET})")
    parser.add_argument("--password", metavar="USER:PASSWORD", help="asked for by HTTP Basic")
    parser.add_argument("--seconds", type=given.amount, default=0.0, metavar="S", help="time for an answer (0)")
    parser.add_argument("--least", type=given.natural, default=100, help="smallest payment in kopecks (100)")
    parser.add_argument("--most", type=given.natural, default=10_000_000, help="largest payment in kopecks (10000000)")
    parser.set_defaults(run=run_billing)


def _add_file(parser: argparse.ArgumentParser, run: object) -> None:
    parser.add_argument("--lines", type=given.count, default=100, help="how many payments (100)")
    parser.add_argument("--seed", type=given.whole, default=0, help="other payments (0)")
    parser.add_argument("--encoding", choices=("cp1251", "cp866", "utf-8"), default="cp1251")
    parser.set_defaults(run=run)


def run_billing(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when it listens."""
    name = arguments.name or arguments.kind
    try:
        plan = _plan(arguments.faults, arguments.seed, name)
        arguments.state.mkdir(parents=True, exist_ok=True)
        with DirectoryLock(arguments.state / f"billing-{name}"):
            trio.run(_serve, _server(arguments, name, plan), arguments.host, arguments.port)
    except PlanError as error:
        return _fail(BAD_USAGE, str(error))
    except DirectoryHeld:
        return _fail(FAILED, f"{name} of {arguments.state} is served by another sandbox; choose another --name")
    return DONE


def run_statement(arguments: argparse.Namespace) -> int:
    """Write the file to stdout."""
    for piece in statement(arguments.lines, arguments.seed, encoding=arguments.encoding):
        sys.stdout.buffer.write(piece)
    return DONE


def run_registry(arguments: argparse.Namespace) -> int:
    """Write the file to stdout."""
    for piece in registry(arguments.layout, arguments.lines, arguments.seed, encoding=arguments.encoding):
        sys.stdout.buffer.write(piece)
    return DONE


def _server(arguments: argparse.Namespace, name: str, plan: FaultPlan) -> BillingServer:
    folder: Path = arguments.state
    ledger = Ledger(FileLines(folder / f"billing-{name}.jsonl"), FileLines(folder / f"cancelled-{name}.jsonl"))
    return BillingServer(
        name,
        Billing(ledger, Limits(arguments.least, arguments.most)),
        dialect(arguments.kind, arguments.secret),
        faults=plan.for_device(name),
        events=Events(FileLines(folder / f"events-{name}.jsonl")),
        password=arguments.password,
        seconds=arguments.seconds,
    )


def dialect(kind: str, secret: str = SECRET) -> Dialect:
    """By its name."""
    if kind == "json":
        return JsonDialect(secret)
    return OsmpDialect() if kind == "osmp" else SberbankDialect()


async def _serve(server: BillingServer, host: str, port: int) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            listening = await nursery.start(server.serve, host, port)
            print(f"ready: billing on {host}:{listening}", flush=True)
            async for _ in signals:
                nursery.cancel_scope.cancel()


def _plan(path: Path | None, seed: int, name: str) -> FaultPlan:
    if path is None:
        return FaultPlan()
    try:
        return FaultPlan.load(path, seed, {name}, COMMANDS.__contains__)
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}") from error


def _fail(code: int, line: str) -> int:
    print(f"kassanet sandbox: {line}", file=sys.stderr)
    return code
