"""What a stop, a lost message or a pinpad that is gone leaves behind: none of it charges twice, or keeps anything."""

from pathlib import Path

import trio
from trio.testing import MockClock

from schemas.pinpad_commands import ActivatePinpad, DeactivatePinpad
from schemas.pinpad_records import HoldPinpad
from schemas.sale_records import AbortSale, MoveSale
from tests.actors.kkt.rack import wall
from tests.actors.pinpad.scripted import Script
from tests.actors.sale.till import Till, World, running_till
from transports.register import Refused

LONG = 3600.0
BAD_ITEM = Refused(0x58, "receipt", "VAT not allowed")


async def test_what_an_ended_sale_held_is_given_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Stopped after the last step was on disk and before the pinpad was released."""
    async with running_till(tmp_path) as till:
        sale_id = till.accept()
        ended = MoveSale(sale_id, "accepted", "failed", "no register", wall())
        till.rack.store.commit([HoldPinpad(1, f"sale/{sale_id}", wall() + 300, wall()), ended])
    async with running_till(tmp_path) as till:
        await till.until(till.has_nobody_kept)
        assert await till.sell("sale-2") == "done"


async def test_a_sale_nobody_was_told_of_is_found(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Its acceptance reached the disk and not the till, which repeats itself and begins nothing by that."""
    async with running_till(tmp_path) as till:
        sale_id = till.accept()
        await till.until(lambda: till.sale(sale_id).status == "done")
        assert (till.charged, till.documents) == (50000, 1)


async def test_what_nobody_was_told_of_can_be_taken_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        sale_id = till.accept()
        await till.take_back(sale_id)
        assert await till.ended(sale_id) == "aborted"
        assert till.operations() == []


async def test_nobody_is_charged_for_a_sale_of_the_hour_before(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        accepted = till.accept("sale-1")
        charging = till.accept("sale-2")
        cash = till.accept("sale-3", payments={"cash": 50000})
        till.rack.store.commit([MoveSale(charging, "accepted", "charging", None, wall())])
        till.rack.root.stop()
    await trio.sleep(LONG)
    async with running_till(tmp_path) as till:
        await till.until(lambda: all(till.sale(each).status in ("failed", "done") for each in (1, 2, 3)))
        assert [till.sale(each).status for each in (accepted, charging, cash)] == ["failed", "failed", "done"]
        assert (till.operations(), till.documents) == ([], 1)


async def test_what_was_taken_back_is_not_asked_for_after_a_start(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        sale_id = till.accept()
        moves = [MoveSale(sale_id, "accepted", "charging", None, wall()), AbortSale(sale_id, "token 3", wall())]
        till.rack.store.commit(moves)
        till.rack.root.stop()
    async with running_till(tmp_path) as till:
        await till.until(lambda: till.sale(sale_id).status == "aborted")
        assert till.operations() == []


async def test_a_payment_on_a_pinpad_that_is_gone_is_not_forgotten(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Its profile was taken out of the configuration: the card was charged all the same."""
    world = World()
    async with running_till(tmp_path, world) as till:
        sale_id = await _charged_without_a_saga(till)
    async with running_till(tmp_path, world, driven=False) as till:
        await till.until(lambda: till.sale(sale_id).status in ("done", "failed"))
        assert (till.sale(sale_id).status, till.charged, till.documents) == ("done", 50000, 1)


async def _charged_without_a_saga(till: Till) -> int:
    """The pinpad has done it; the sale was stopped before it wrote that down."""
    till.terminal.scripts.append(Script(seconds=5))
    sale_id = till.begin()
    await till.until(lambda: [each.status for each in till.operations()] == ["sending"])
    await till.rack.root.branch("kkts").stop_child("sales")
    await till.until(lambda: [each.status for each in till.operations()] == ["approved"])
    assert till.sale(sale_id).status == "charging"
    return sale_id


async def test_a_void_waits_for_a_pinpad_that_is_switched_off_for_a_moment(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running_till(tmp_path) as till:
        till.rack.registers[0].fail("prepare", BAD_ITEM)
        till.terminal.scripts.append(Script(seconds=5))
        sale_id = till.begin()
        await till.until(lambda: [each.status for each in till.operations()] == ["sending"])
        await till.pinpad.ask(DeactivatePinpad())
        await till.until(lambda: till.sale(sale_id).status in ("reversing", "manual"))
        await till.pinpad.ask(ActivatePinpad())
        assert (await till.ended(sale_id), till.charged) == ("reversed", 0)


async def test_the_pinpad_stays_kept_while_the_payment_is_taken_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Another payment in between would make the emergency void impossible."""
    async with running_till(tmp_path) as till:
        till.rack.registers[0].fail("prepare", BAD_ITEM)
        till.terminal.scripts.extend([Script(), *(Script(unreachable=True) for _ in range(8))])
        sale_id = till.begin()
        await till.until(lambda: till.sale(sale_id).status == "reversing")
        await trio.sleep(90)
        assert [each.holder for each in till.rack.read.pinpad_holds(1) if (each.until or 0) > wall()] == ["sale/1"]
        assert await till.ended(sale_id) == "reversed"
        assert (till.charged, till.has_nobody_kept()) == (0, True)
