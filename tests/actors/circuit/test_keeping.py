"""Registers kept for receipts that are still to come: nobody else's come first, and nothing is made twice."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.circuit.actor import PIECE
from schemas.commands import KeepRegister, LetGo, MakeKept
from schemas.records import Conflict
from tests.actors.kkt.rack import Rack, running_rack
from tests.actors.receipts import receipt
from transports.register import Lost


async def keep(rack: Rack, key: str = "sale/1", seconds: float = 60.0) -> str:
    return await rack.root.ref("circuit/1").ask(KeepRegister(key, receipt(), seconds))


async def ready(rack: Rack) -> None:
    await rack.until(lambda: all(rack.state(n).condition == "ready" for n in range(len(rack.registers))))


async def test_the_kept_register_makes_what_it_was_kept_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    """However many receipts wait before it, read already or not."""
    async with running_rack(tmp_path, 2) as rack:
        await ready(rack)
        kept = await keep(rack)
        others = [rack.post() for _ in range(3 * PIECE)]
        await rack.ended(others[3])
        ours = rack.post()
        rack.root.ref("circuit/1").tell(MakeKept("sale/1", ours))
        assert await rack.ended(ours) == ["fiscalized"]
        assert rack.receipt(ours).eip == kept
        assert rack.receipt(others[-1]).status == "queued"
        assert set(await rack.ended(*others)) == {"fiscalized"}
        assert sum(len(register.made()) for register in rack.registers) == len(others) + 1


async def test_nothing_else_is_made_on_it_meanwhile(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await ready(rack)
        await keep(rack, seconds=30)
        other = rack.post()
        await trio.sleep(20)
        assert rack.receipt(other).status == "queued"
        rack.root.ref("circuit/1").tell(LetGo("sale/1"))
        assert await rack.ended(other) == ["fiscalized"]


async def test_a_keep_that_nobody_ends_ends_itself(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await ready(rack)
        await keep(rack, seconds=30)
        assert await rack.ended(rack.post()) == ["fiscalized"]


async def test_a_kept_register_that_fails_leaves_it_to_others(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path, 2) as rack:
        await ready(rack)
        kept = rack.eips.index(await keep(rack))
        rack.registers[kept].fail("prepare", Lost("cut"), times=5)
        ours = rack.post()
        rack.root.ref("circuit/1").tell(MakeKept("sale/1", ours))
        assert await rack.ended(ours) == ["fiscalized"]
        assert sum(len(register.made()) for register in rack.registers) == 1


async def test_a_circuit_without_a_register_keeps_none(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        await ready(rack)
        await keep(rack)
        with pytest.raises(Conflict) as none:
            await keep(rack, "sale/2")
        assert none.value.code == "no_register"


async def test_asked_again_it_is_the_same_register(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Whoever asks may not have heard the first answer: a second register would be kept for ever."""
    async with running_rack(tmp_path, 2) as rack:
        await ready(rack)
        assert await keep(rack) == await keep(rack)
        await keep(rack, "sale/2")
        assert await keep(rack) != await keep(rack, "sale/2")
        for key in ("sale/1", "sale/2"):
            rack.root.ref("circuit/1").tell(LetGo(key))
        assert {await keep(rack, "sale/3"), await keep(rack, "sale/4")} == set(rack.eips)
