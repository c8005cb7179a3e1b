"""Receipts that are queued anew and of which nobody told the circuit: it finds them by itself."""

from pathlib import Path

from trio.testing import MockClock

from schemas.records import Resolve
from tests.actors.kkt.rack import running_rack, wall
from transports.register import Refused

FN_FAULT = Refused(0x03, "check", "FN error")


async def test_a_verdict_that_nobody_told_is_found_in_the_store(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The asker hung up, or the mailbox was full: the receipt is queued on disk and in no memory."""
    async with running_rack(tmp_path, 3) as rack:
        for register in rack.registers:
            register.fail("prepare", FN_FAULT)
        poison = rack.post()
        assert await rack.ended(poison) == ["manual"]
        assert await rack.ended(rack.post()) == ["fiscalized"]
        rack.store.commit([Resolve(poison, "absent", None, "not its fault", "token 1", wall())])
        assert await rack.ended(poison) == ["fiscalized"]


async def test_a_register_that_vanished_gives_back_what_it_was_given(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Removed without a word to its circuit, with a receipt still in its mailbox."""
    async with running_rack(tmp_path, 2) as rack:
        await rack.until(lambda: all(rack.state(n).condition == "ready" for n in range(2)))
        for register in rack.registers:
            register.commit_seconds = 5.0
        numbers = [rack.post() for _ in range(6)]
        await rack.until(lambda: rack.state(0).condition == "busy")
        await rack.root.branch("kkts").stop_child(f"kkt/{rack.eips[0]}")
        assert set(await rack.ended(*numbers)) == {"fiscalized"}
        assert sum(len(register.made()) for register in rack.registers) == 6
