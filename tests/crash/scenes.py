"""What is done to the service while it sells, and how a run of it is played."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import trio

from tests.crash.farm import Farm, FarmPlan, running_farm
from tests.crash.shop import Shop
from tests.crash.verdict import Verdict, judge, settled_receipts

SHORT, FULL = "short", "full"
PATIENCE = 600.0

CUTS: tuple[dict[str, object], ...] = (
    {"device": "*", "on": "24", "p": 0.12, "do": "cut_reply", "at": 0},
    {"device": "*", "on": "24", "p": 0.06, "do": "cut_reply", "at": 5},
    {"device": "*", "on": "24", "p": 0.05, "do": "bad_crc"},
    {"device": "*", "on": "24", "p": 0.05, "do": "cut_request", "at": 6},
    {"device": "*", "on": "24", "p": 0.03, "do": "duplicate"},
    {"device": "*", "on": "2B", "p": 0.04, "do": "cut_reply", "at": 3},
    {"device": "*", "on": "2D", "p": 0.04, "do": "cut_request", "at": 9},
    {"device": "*", "on": "23", "p": 0.03, "do": "split", "at": 2, "seconds": 0.05},
    {"device": "*", "on": "08", "p": 0.02, "do": "delay", "seconds": 0.3},
    {"device": "*", "on": "22", "p": 0.3, "do": "cut_reply", "at": 0},
    {"device": "*", "on": "24", "p": 0.02, "do": "error:03"},
    {"device": "*", "on": "24", "p": 0.02, "do": "power_cycle", "at": 1, "seconds": 0.5},
)
"""Faults of the link and the device at every stage of a receipt."""


@dataclass(frozen=True)
class Scene:
    """One run. ``total`` None gives every receipt a total of its own; a number makes all equal."""

    name: str
    kills: dict[str, int]
    faults: dict[str, int] = field(default_factory=lambda: {SHORT: 0, FULL: 0})
    total: int | None = None
    sandbox_options: tuple[str, ...] = ()
    lines: tuple[dict[str, object], ...] = ()
    power_failures: int = 0


SCENES = (
    Scene("kills", {SHORT: 5, FULL: 25}),
    Scene("cuts", {SHORT: 0, FULL: 0}, {SHORT: 12, FULL: 60}, total=50_000, lines=CUTS),
    Scene(
        "blind",
        {SHORT: 2, FULL: 10},
        {SHORT: 5, FULL: 30},
        total=50_000,
        sandbox_options=("--archive-mark=off", "--archive-limit=200"),
        lines=CUTS,
        power_failures=1,
    ),
)


async def play(scene: Scene, folder: Path, kills: int, faults: int, seed: int = 1) -> Verdict:
    """Sell under faults until enough of them have happened, let everything settle, and judge."""
    plan = FarmPlan(faults=scene.lines, sandbox_options=(f"--seed={seed}", *scene.sandbox_options))
    async with running_farm(folder, plan) as farm:
        shop = Shop(farm, scene.total, ahead=8 * plan.registers)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(shop.sell)
            await _disturb(farm, Random(seed), kills, scene.power_failures)
            await _until_enough(farm, faults)
            shop.close()
        receipts = await settled_receipts(farm, len(shop.acknowledged), patience=300.0)
        return judge(farm, receipts, shop.acknowledged, shop.repeats)


async def _disturb(farm: Farm, random: Random, kills: int, power_failures: int) -> None:
    steps: list[Callable[[], Awaitable[None]]] = [farm.restart_service] * kills
    steps += [farm.restart_sandbox] * power_failures
    random.shuffle(steps)
    for step in steps:
        await _until_at_work(farm)
        await trio.sleep(random.uniform(0.0, 1.2))
        await step()


async def _until_at_work(farm: Farm) -> None:
    """Until documents are made again: what is struck earlier, on a machine that starts slowly, proves nothing."""
    wanted = farm.documents() + 2
    with trio.fail_after(PATIENCE):
        while farm.documents() < wanted:  # noqa: ASYNC110 - another process writes them to files
            await trio.sleep(0.05)


async def _until_enough(farm: Farm, faults: int) -> None:
    with trio.fail_after(PATIENCE):
        while farm.faults_so_far() < faults:  # noqa: ASYNC110 - another process writes them to a file
            await trio.sleep(0.2)
