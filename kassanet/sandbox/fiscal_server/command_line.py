"""``kassanet sandbox fiscal-server``: the tax service as a process, its time-stamp authority with it."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from kassanet import given
from kassanet.sandbox.books import FileLines
from kassanet.sandbox.faults import FaultPlan
from kassanet.sandbox.fiscal_server.registry import TEST_TIN, Registry
from kassanet.sandbox.fiscal_server.rules import ServerRules
from kassanet.sandbox.fiscal_server.seals import PlainSeals
from kassanet.sandbox.fiscal_server.server import SERVER, FiscalServer
from kassanet.sandbox.fiscal_server.service import MORE_ACTIONS, Service, Stamp, is_command
from kassanet.sandbox.occasions import PlanError
from kassanet.store.lock import DirectoryHeld, DirectoryLock
from transports.prro.errors import ErrorCode

if TYPE_CHECKING:
    from kassanet.sandbox.command_line import Parser
    from kassanet.sandbox.fiscal_server.seals import Seals

DONE, FAILED, BAD_USAGE = 0, 1, 2
CODES = frozenset(code.value for code in ErrorCode if code)
Clock = Callable[[], float]


def add_fiscal_server_command(devices: "argparse._SubParsersAction[Parser]") -> None:
    """The command, beside those of devices."""
    parser = devices.add_parser("fiscal-server", help="the Ukrainian tax service, with its time-stamp authority")
    parser.add_argument("--port", type=given.port, required=True, help="where it listens")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where it keeps memory and books")
    parser.add_argument("--keys", type=Path, metavar="DIR", help="what `sandbox keys` made; made anew in STATE/keys")
    parser.add_argument("--registers", type=given.count, default=8, help="registers of a new registry.json (8)")
    parser.add_argument("--tin", default=TEST_TIN, help=f"whose registers they are ({TEST_TIN})")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan, JSON lines")
    parser.add_argument("--seed", type=given.whole, default=0, help="other chances for faults with p (0)")
    parser.add_argument("--answer-seconds", type=given.amount, default=0.0, metavar="S", help="time for an answer (0)")
    parser.add_argument("--clock-skew", type=float, default=0.0, metavar="S", help="how far its clock is ahead (0)")
    parser.add_argument("--stamps", choices=("on", "off"), default="on", help="off: online documents may be BES")
    parser.add_argument("--errors", choices=("ticket", "http"), default="ticket", help="how documents are refused")
    parser.add_argument("--rollback", choices=("on", "off"), default="on", help="off: ended sessions stay ended")
    help_of_signatures = "plain: envelopes instead of signatures, for tests that are not about them"
    parser.add_argument("--signatures", choices=("dstu", "plain"), default="dstu", help=help_of_signatures)
    parser.set_defaults(run=run_fiscal_server)


def run_fiscal_server(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when it listens."""
    try:
        arguments.state.mkdir(parents=True, exist_ok=True)
        with DirectoryLock(arguments.state):
            trio.run(_serve, _service(arguments), arguments.host, arguments.port)
    except (PlanError, ValueError) as error:
        return _fail(BAD_USAGE, str(error))
    except DirectoryHeld:
        return _fail(FAILED, f"{arguments.state} is used by another sandbox; stop it, or choose another --state")
    return DONE


def _service(arguments: argparse.Namespace) -> Service:
    folder: Path = arguments.state
    skew: float = arguments.clock_skew

    def clock() -> float:
        return time.time() + skew

    registry = Registry.load(folder, arguments.registers, arguments.tin)
    devices = {SERVER, *(str(place.register.num_fiscal) for place in registry)}
    seals, stamp = _signing(arguments, clock)
    return Service(
        FiscalServer(registry, seals, rules=_rules(arguments), folder=folder, clock=clock),
        plan=_plan(arguments.faults, arguments.seed, devices),
        events=FileLines(folder / "events.jsonl"),
        stamp=stamp,
        seconds=arguments.answer_seconds,
    )


def _rules(arguments: argparse.Namespace) -> ServerRules:
    return ServerRules(stamps=arguments.stamps == "on", errors=arguments.errors, rollback=arguments.rollback == "on")


def _signing(arguments: argparse.Namespace, clock: Clock) -> "tuple[Seals, Stamp | None]":
    """Keys are loaded only where they are needed: the arithmetic behind them takes a moment to import."""
    if arguments.signatures == "plain":
        return PlainSeals(), None
    from kassanet.sandbox.fiscal_server.dstu import DstuSeals
    from kassanet.sandbox.keys.estate import load, make, usual

    folder: Path = arguments.keys or arguments.state / "keys"
    if not (folder / "keys.json").exists():
        url = f"http://{arguments.host}:{arguments.port}/tsp"
        make(folder, usual(), datetime.now(UTC), time_stamp_url=url)
    estate = load(folder, lambda: datetime.fromtimestamp(clock(), UTC))
    return DstuSeals(estate.server, (estate.authority,), clock), estate.time_stamps.respond


def _plan(path: Path | None, seed: int, devices: set[str]) -> FaultPlan:
    if path is None:
        return FaultPlan()
    try:
        plan = FaultPlan.load(path, seed, devices, is_command, MORE_ACTIONS)
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}") from error
    faults = [line.fault(MORE_ACTIONS) for line in plan.lines]
    unknown = [fault.error for fault in faults if fault.action == "error" and fault.error not in CODES]
    if unknown:
        raise PlanError(f"{path}: the tax service has no error {unknown[0]:02X}, only 01 to {max(CODES):02X}")
    return plan


async def _serve(service: Service, host: str, port: int) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            await nursery.start(service.serve, host, port)
            print(f"ready: fiscal server on http://{host}:{port}/fs", flush=True)
            async for _ in signals:
                nursery.cancel_scope.cancel()


def _fail(code: int, line: str) -> int:
    print(f"kassanet sandbox: {line}", file=sys.stderr)
    return code
