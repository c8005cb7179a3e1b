"""How long 2,000 shifts take to close by themselves before midnight, over real HTTP, from the first to the last.

Every closing is a Z report and the message after it: each signed and stamped by the agent, durable on both sides, and
registered by the tax service, which verifies it. The moments are scattered over the window that the settings say. The
floor closes as many with documents that were signed beforehand, by nothing but sockets.
"""

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from actors.prro.timetable import midnight_after
from bench.floor_fiscal import ReadySigned, closings_a_second
from bench.processes import cpu_seconds
from bench.result import NotReal, Result, rounded
from bench.tax_estate import TaxEstate

WITHIN = 60.0
AT_ONCE = 8
BEFORE = 5.0
"""Seconds from the start of the service to the first closing that is due."""

PATIENCE = 600.0
CLOSE_SHIFT = 101


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registers", type=int, default=2000)
    parser.add_argument("--keys", type=int, default=10, help="cashiers, each with a key of their own")
    parser.add_argument("--spread", type=float, default=25.0, help="the window, in seconds")
    parser.add_argument("--floor-registers", type=int, default=400)


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as name:
        folder = Path(name)
        estate = TaxEstate(folder, options.registers, options.keys, options.floor_registers)
        with estate.tax_service() as tax, estate.agent() as agent:
            floor = options.registers / _floor(estate)
            with estate.service():
                estate.build()
                estate.everywhere({"kind": "open_shift"}, "open")
            opens = _midnight_in(BEFORE + options.spread)
            before = [cpu_seconds(tax.pid), cpu_seconds(agent.pid)]
            with estate.service(opens + f"close_spread = {options.spread}\n") as service:
                closings = _wait(estate)
                used = [cpu_seconds(process.pid) for process in (tax, agent, service)]
        reports = estate.lines(lambda line: line["class"] == "ZRep")
        whole = estate.lines()
        took = _seconds(reports, closings)
        used = [used[0] - before[0], used[1] - before[1], used[2]]
        return Result(
            name="midnight",
            value=took,
            unit="s",
            floor=floor,
            direction="cost",
            limits={"seconds": (took, WITHIN)},
            details={
                "shifts": len(closings),
                "closings_s": rounded(len(closings) / took),
                "floor_closings_s": rounded(options.registers / floor),
                "spread_s": options.spread,
                "keys": options.keys,
                "made_offline": sum(line["offline"] for line in whole),
                "retried": _retried(folder / "service.log"),
                "cpu_s_tax_agent_service": [rounded(each) for each in used],
            },
        )


def _floor(estate: TaxEstate) -> float:
    maker = ReadySigned(estate.folder / "keys", estate.container(0))
    first = estate.registers
    shifts = [maker.shift(place) for place in range(first, first + estate.spare)]
    return closings_a_second(estate.tax_port, shifts, AT_ONCE)


def _midnight_in(seconds: float) -> str:
    """The settings that put the last moment of the window so far away."""
    now = time.time()
    before = midnight_after(now) - now - seconds
    if before < PATIENCE:
        raise NotReal("it is midnight in Kyiv: shifts would close today and tomorrow; wait a quarter of an hour")
    return f"close_before = {before:.1f}\n"


def _wait(estate: TaxEstate) -> list[dict[str, Any]]:
    deadline = time.perf_counter() + PATIENCE
    while True:
        found = estate.lines(lambda line: line["doctype"] == CLOSE_SHIFT)
        if len(found) == estate.registers:
            return found
        if time.perf_counter() > deadline:
            raise NotReal(f"{len(found)} of {estate.registers} shifts are closed after {PATIENCE:g} s")
        time.sleep(1.0)


def _seconds(reports: list[dict[str, Any]], closings: list[dict[str, Any]]) -> float:
    first, last = min(line["at"] for line in reports), max(line["at"] for line in closings)
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


def _retried(log: Path) -> int:
    """Closings that failed, were told, and came again."""
    return log.read_text(errors="replace").count("prro_tick")
