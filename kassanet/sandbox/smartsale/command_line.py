"""``kassanet sandbox smartsale``: terminals and their bank's host, in one process or in two."""

import argparse
import gc
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
import trio

from kassanet.given import amount, count, port, port_or_any, whole
from kassanet.sandbox.faults import FaultPlan
from kassanet.sandbox.occasions import PlanError
from kassanet.sandbox.smartsale.bank import BankHost, BankSettings, host_faults, serve_bank
from kassanet.sandbox.smartsale.bank.server import NAME as HOST
from kassanet.sandbox.smartsale.cards import CardScript
from kassanet.sandbox.smartsale.fleet import Fleet, events_of, host_of, places
from kassanet.sandbox.smartsale.names import can_fire, is_operation
from kassanet.sandbox.smartsale.terminal import TerminalSettings, sandbox_profile
from kassanet.standing import allow_descriptors
from kassanet.store.lock import DirectoryHeld, DirectoryLock
from transports.smartsale.profile import TerminalProfile
from transports.smartsale.profiles import ProfileError, load_profiles

if TYPE_CHECKING:
    from kassanet.sandbox.command_line import Parser

DONE, FAILED, BAD_USAGE = 0, 1, 2
BANK = "bank."

Settings = TypeVar("Settings", TerminalSettings, BankSettings)


class Usage(Exception):
    """What is wrong with the command line, and what to do."""


def add_smartsale_command(devices: "argparse._SubParsersAction[Parser]") -> None:
    """The command, beside those of other devices."""
    parser = devices.add_parser("smartsale", help="card terminals that speak SA, and their bank's host")
    _add_places(parser)
    _add_behaviour(parser)
    parser.set_defaults(run=run_smartsale)


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=count, default=1, metavar="N", help="how many terminals (1)")
    parser.add_argument(
        "--port", type=port_or_any, default=0, metavar="BASE", help="port of the first; the rest follow"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--host-port", type=port, required=True, metavar="P", help="port of the bank's host")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where they keep memory and books")
    parser.add_argument("--serial", action="store_true", help="serve serial lines too, as links DIR/pty-<n>")
    parser.add_argument("--wiring", choices=("kph", "pkh"), default="kph", help="pkh: tills carry the host's bytes")
    parser.add_argument("--only", choices=("terminals", "host"), help="leave the other to another process")


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--card-seconds", type=amount, default=1.0, metavar="S", help="time to present a card (1)")
    parser.add_argument("--cards", type=Path, metavar="FILE", help="a script of customers, JSON lines")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault plan, JSON lines")
    parser.add_argument("--seed", type=whole, default=0, help="other chances for whatever has a p (0)")
    parser.add_argument("--profiles", type=Path, metavar="FILE", help="terminal profiles to choose from")
    parser.add_argument("--profile", default="sandbox", metavar="NAME", help="which of them (sandbox)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any setting of terminal/settings.py, or with `bank.` before it one of bank/rules.py",
    )


def run_smartsale(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when everything listens."""
    try:
        _check(arguments)
        with ExitStack() as held:
            fleet = None if arguments.only == "host" else _fleet(arguments, held)
            bank = None if arguments.only == "terminals" else _bank(arguments, held)
            trio.run(_serve, arguments, fleet, bank)
    except (PlanError, ProfileError, Usage) as error:
        return _fail(BAD_USAGE, str(error))
    except DirectoryHeld:
        return _fail(FAILED, f"{arguments.state} is used by another sandbox; stop it, or choose another --state")
    return DONE


def _check(arguments: argparse.Namespace) -> None:
    if arguments.only == "host":
        return
    if not 0 < arguments.port <= 65536 - arguments.count:
        raise Usage("every terminal needs a port from 1 to 65535; choose --port and --count so")
    if arguments.host_port in range(arguments.port, arguments.port + arguments.count):
        raise Usage("--host-port is one of the terminals' ports; choose another")


def _fleet(arguments: argparse.Namespace, held: ExitStack) -> Fleet:
    where = places(arguments.count, arguments.host, arguments.port)
    names = {name for place in where for name in place.names}
    plan, cards = _plan(arguments, names), _cards(arguments, names)
    settings = _settings(arguments, "", TerminalSettings)
    settings.card_seconds = arguments.card_seconds
    held.enter_context(DirectoryLock(arguments.state / "memory"))
    allow_descriptors()
    return Fleet(
        arguments.state,
        where,
        f"{arguments.host}:{arguments.host_port}",
        profile=_profile(arguments),
        wiring=arguments.wiring,
        settings=settings,
        plan=plan,
        cards=cards,
    )


def _bank(arguments: argparse.Namespace, held: ExitStack) -> BankHost:
    names = {name for place in places(arguments.count, arguments.host, arguments.port) for name in place.names}
    plan, settings = _plan(arguments, names), _settings(arguments, BANK, BankSettings)
    held.enter_context(DirectoryLock(arguments.state / HOST))
    events = events_of(arguments.state, HOST)
    return host_of(arguments.state, settings=settings, faults=host_faults(plan, arguments.seed), events=events)


async def _serve(arguments: argparse.Namespace, fleet: Fleet | None, bank: BankHost | None) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            told = []
            if bank is not None:
                await nursery.start(serve_bank, bank, arguments.host, arguments.host_port)
                told.append(f"host on {arguments.host}:{arguments.host_port}")
            if fleet is not None:
                await nursery.start(_serve_fleet, fleet, arguments.serial)
                told.append(f"{len(fleet.terminals)} terminals on {arguments.host}:{arguments.port}..")
            gc.collect()
            gc.freeze()  # hundreds of terminals are there to stay: the collector need not walk them again
            print(f"ready: {', '.join(told)}", flush=True)
            async for _ in signals:
                nursery.cancel_scope.cancel()


async def _serve_fleet(fleet: Fleet, serial_lines: bool, *, task_status: trio.TaskStatus[None]) -> None:
    await fleet.serve(serial_lines=serial_lines, task_status=task_status)


def _plan(arguments: argparse.Namespace, names: set[str]) -> FaultPlan:
    if arguments.faults is None:
        return FaultPlan()
    try:
        plan = FaultPlan.load(arguments.faults, arguments.seed, names | {HOST}, is_operation)
    except OSError as error:
        raise PlanError(f"{arguments.faults}: {error.strerror}") from error
    for line in plan.lines:
        if not can_fire(line.device, line.on):
            raise PlanError(f"{arguments.faults}: {line.on!r} never happens at device {line.device!r}")
    return plan


def _cards(arguments: argparse.Namespace, names: set[str]) -> CardScript:
    if arguments.cards is None:
        return CardScript()
    try:
        return CardScript.load(arguments.cards, is_operation, arguments.seed, names)
    except OSError as error:
        raise PlanError(f"{arguments.cards}: {error.strerror}") from error


def _profile(arguments: argparse.Namespace) -> TerminalProfile:
    if arguments.profiles is None:
        if arguments.profile != "sandbox":
            raise Usage("--profile chooses from a file; name it with --profiles")
        return sandbox_profile()
    profiles = load_profiles(arguments.profiles)
    if arguments.profile not in profiles:
        raise Usage(f"{arguments.profiles} has no profile {arguments.profile!r}; it has {', '.join(profiles)}")
    return profiles[arguments.profile]


def _settings(arguments: argparse.Namespace, prefix: str, kind: type[Settings]) -> Settings:
    said = (text.partition("=") for text in arguments.set)
    table = {key.removeprefix(BANK): value for key, _, value in said if key.startswith(BANK) == bool(prefix)}
    try:
        return msgspec.convert(table, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Usage(f"--set: {error}") from error


def _fail(code: int, line: str) -> int:
    print(f"kassanet sandbox: {line}", file=sys.stderr)
    return code
