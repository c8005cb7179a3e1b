"""How a circuit reads its queue: in pieces, ahead of its registers, and past what none of them can make."""

from pathlib import Path

from trio.testing import MockClock

from actors.circuit.actor import PIECE
from tests.actors.kkt.rack import running_rack


async def test_a_queue_longer_than_a_piece_is_made_in_order(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_rack(tmp_path) as rack:
        posted = [rack.post() for _ in range(2 * PIECE + 1)]
        assert set(await rack.ended(*posted)) == {"fiscalized"}
        made = [rack.receipt(each).fiscal for each in posted]
        documents = [fiscal.fd for fiscal in made if fiscal is not None]
        assert documents == sorted(documents)


async def test_many_that_nobody_can_make_delay_nobody(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The only register for patents is dead, and its receipts would fill the window many times."""
    async with running_rack(tmp_path) as rack:
        rack.registers[0].tax_systems = 1
        await rack.until(lambda: rack.state().condition == "ready")
        patents = [rack.post(tax_system="patent") for _ in range(1000)]
        ours = [rack.post(tax_system="osn") for _ in range(3)]
        assert await rack.ended(*ours) == ["fiscalized"] * 3
        assert rack.receipt(patents[0]).status == "queued"
