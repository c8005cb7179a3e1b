"""``kassanet sandbox …``: simulated devices as processes of their own."""

import argparse
import gc
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TypeVar

import trio

from kassanet.given import amount, count, port, whole
from kassanet.sandbox.billing.command_line import add_billing_commands
from kassanet.sandbox.faults import FaultPlan
from kassanet.sandbox.fiscal_server.command_line import add_fiscal_server_command
from kassanet.sandbox.fiscal_storage import Limits
from kassanet.sandbox.keys.command_line import add_key_commands
from kassanet.sandbox.occasions import PlanError
from kassanet.sandbox.privatbank.command_line import add_privatbank_command
from kassanet.sandbox.smartsale.command_line import add_smartsale_command
from kassanet.sandbox.terminalfa import DeviceSettings, Fleet, places
from kassanet.sandbox.terminalfa.names import is_command
from kassanet.sandbox.terminalfa.organisation import INN
from kassanet.sandbox.terminalfa.rnm import inn_is_plausible
from kassanet.standing import allow_descriptors
from kassanet.store.lock import DirectoryHeld, DirectoryLock

DONE, FAILED, BAD_USAGE = 0, 1, 2


Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def add_sandbox_commands(devices: "argparse._SubParsersAction[Parser]") -> None:
    """Add one command for each kind of device; their ``run`` takes the parsed arguments and returns an exit code."""
    parser = devices.add_parser("terminalfa", help="registers that speak the Терминал-ФА protocol")
    _add_places(parser)
    _add_behaviour(parser)
    parser.set_defaults(run=run_terminalfa)
    add_smartsale_command(devices)
    add_privatbank_command(devices)
    add_fiscal_server_command(devices)
    add_key_commands(devices)
    add_billing_commands(devices)


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=count, required=True, metavar="N", help="how many registers")
    parser.add_argument("--port", type=port, required=True, metavar="BASE", help="port of the first; the rest follow")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where they keep memory and books")
    parser.add_argument("--serial", action="store_true", help="serve serial lines too, as links DIR/pty-<n>")
    parser.add_argument("--inn", type=_inn, default=INN, help=f"whose registers they are when they are new ({INN})")


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--document-seconds", type=amount, default=1.0, metavar="S", help="time for a document (1)")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan, JSON lines")
    parser.add_argument("--seed", type=whole, default=0, help="other chances for faults with p (0)")
    parser.add_argument("--archive-mark", choices=("on", "off"), default="on", help="off: the archive drops tag 1192")
    parser.add_argument("--archive-limit", type=count, default=1024, help="longest archive answer in bytes (1024)")
    parser.add_argument("--ofd-seconds", type=_silence, default=2.0, metavar="S|off", help="until the OFD confirms (2)")
    parser.add_argument("--utc-offset", type=float, default=3.0, metavar="HOURS", help="zone of their clocks (3)")
    parser.add_argument("--keep-alive", action="store_true", help="leave connections open after an answer")


def run_terminalfa(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when all registers listen."""
    where = places(arguments.count, arguments.host, arguments.port)
    if where[-1].port > 65535:
        return _fail(BAD_USAGE, "the last port would be above 65535; choose a lower --port or --count")
    try:
        plan = _plan(arguments.faults, arguments.seed, {name for place in where for name in place.names})
        with DirectoryLock(arguments.state):
            allow_descriptors()
            fleet = Fleet(
                arguments.state,
                where,
                settings=_settings(arguments),
                limits=Limits(ofd_seconds=arguments.ofd_seconds, archive_mark=arguments.archive_mark == "on"),
                plan=plan,
                inn=arguments.inn,
            )
            trio.run(_serve, fleet, arguments.serial)
    except PlanError as error:
        return _fail(BAD_USAGE, str(error))
    except DirectoryHeld:
        return _fail(FAILED, f"{arguments.state} is used by another sandbox; stop it, or choose another --state")
    return DONE


async def _serve(fleet: Fleet, serial_lines: bool) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(fleet.serve, serial_lines=serial_lines))
            first = fleet.places[0]
            gc.collect()
            gc.freeze()  # a thousand devices are there to stay: the collector need not walk them again
            print(f"ready: {len(fleet.devices)} registers on {first.host}:{first.port}..", flush=True)
            async for _ in signals:
                nursery.cancel_scope.cancel()


def _settings(arguments: argparse.Namespace) -> DeviceSettings:
    return DeviceSettings(
        document_seconds=arguments.document_seconds,
        archive_limit=arguments.archive_limit,
        utc_offset=arguments.utc_offset,
        closes=not arguments.keep_alive,
    )


def _plan(path: Path | None, seed: int, devices: set[str]) -> FaultPlan:
    if path is None:
        return FaultPlan()
    try:
        return FaultPlan.load(path, seed, devices, is_command)
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}") from error


def _fail(code: int, line: str) -> int:
    print(f"kassanet sandbox: {line}", file=sys.stderr)
    return code


def _inn(text: str) -> str:
    if not inn_is_plausible(text):
        raise argparse.ArgumentTypeError("an INN has 10 or 12 digits")
    return text


def _silence(text: str) -> float | None:
    return None if text == "off" else amount(text)
