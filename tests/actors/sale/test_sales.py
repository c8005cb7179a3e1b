"""Sales that go well, that are refused, and that are taken back."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.runtime import AskTimedOut
from actors.sale import SaleSettings
from actors.sale.actor import LOOK
from schemas.operations import OperationRequest
from schemas.pinpad_commands import Submit
from schemas.records import Conflict
from schemas.sale_commands import AwaitSale
from schemas.sale_records import SaleFilter
from schemas.sales import Sale
from tests.actors.pinpad.scripted import Script
from tests.actors.sale.till import World, running_till
from transports.register import Lost, Refused

BAD_ITEM = Refused(0x58, "receipt", "VAT not allowed")


async def test_a_sale_is_one_payment_and_one_document(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        sale_id = till.begin()
        assert await till.ended(sale_id) == "done"
        assert till.steps(sale_id) == ["accepted", "charging", "charged", "fiscalizing", "done"]
        assert (till.charged, till.documents) == (50000, 1)
        sale = till.sale(sale_id)
        assert [each.id for each in till.operations()] == [sale.operation_id]
        assert [each.id for each in till.receipts()] == [sale.receipt_id]
        assert till.has_nobody_kept()
        shown = till.rack.hub.last("sales", str(sale_id))
        assert isinstance(shown, Sale)
        assert shown.fiscal is not None
        assert shown.fiscal.fd == till.receipts()[0].fiscal.fd  # type: ignore[union-attr]  # it is fiscalized


async def test_cash_needs_no_pinpad(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        assert await till.sell(payments={"cash": 50000}) == "done"
        assert (till.operations(), till.documents) == ([], 1)


async def test_the_card_pays_its_part_alone(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        assert await till.sell(payments={"cash": 20000, "cashless": 30000}) == "done"
        assert (till.charged, till.documents) == (30000, 1)


async def test_a_refused_card_makes_no_receipt(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.scripts.append(Script(verdict="refused"))
        assert await till.sell() == "refused"
        assert (till.charged, till.documents, till.receipts()) == (0, 0, [])
        assert await till.sell("sale-2") == "done"


async def test_a_refused_receipt_gives_the_money_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.rack.registers[0].fail("prepare", BAD_ITEM)
        sale_id = till.begin()
        assert await till.ended(sale_id) == "reversed"
        assert till.steps(sale_id)[-2:] == ["reversing", "reversed"]
        assert (till.charged, till.documents) == (0, 0)
        assert "VAT" in (till.sale(sale_id).reason or "")
        assert till.has_nobody_kept()


async def test_no_register_no_charge(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.rack.registers[0].fail("fn_status", Lost("off"), times=10_000)
        await till.until(lambda: till.rack.state().condition == "unreachable")
        sale_id = till.begin()
        assert await till.ended(sale_id) == "failed"
        assert till.operations() == []
        assert "no register" in (till.sale(sale_id).reason or "")


async def test_a_pinpad_that_others_use_is_told(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.scripts.append(Script(seconds=30))
        await till.pinpad.ask(Submit(OperationRequest(external_id="other", kind="payment", amount=100)))
        assert await till.sell() == "failed"
        assert await till.sell("sale-2", payments={"cash": 50000}) == "done"


async def test_the_register_is_kept_while_the_customer_pays(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path, registers=2) as till:
        till.terminal.scripts.append(Script(seconds=20))
        sale_id = till.begin()
        await till.until(lambda: till.sale(sale_id).status == "charging")
        others = [till.rack.post() for _ in range(60)]
        assert await till.ended(sale_id) == "done"
        ours = till.rack.receipt(till.sale(sale_id).receipt_id or 0)
        assert "queued" in {till.rack.receipt(each).status for each in others}, "it went before those who waited"
        made = [each for each in till.receipts() if each.status == "fiscalized" and each.id != ours.id]
        assert len(made) > 10
        assert ours.eip not in {each.eip for each in made if each.changed_at < ours.changed_at}
        assert set(await till.rack.ended(*others)) == {"fiscalized"}


async def test_who_asked_in_vain_is_not_kept_until_the_sale_ends(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.scripts.append(Script(seconds=100))
        sale_id = till.begin()
        ended: list[str] = []
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                ended.append(await till.ended(sale_id))

            nursery.start_soon(wait)
            for _ in range(3):
                with pytest.raises(AskTimedOut):
                    await till.actor.ask(AwaitSale(sale_id), timeout=1.0)
            await trio.sleep(LOOK + 1)
            assert till.facts() == {"open": 1, "waiting": 1}
        assert ended == ["done"]
        assert till.facts() == {"open": 0, "waiting": 0}


async def test_a_slow_receipt_frees_the_pinpad_and_is_made_later(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        register = till.rack.registers[0]
        till.terminal.scripts.append(Script(seconds=5))
        sale_id = till.begin()
        await till.until(lambda: till.sale(sale_id).status == "charging")
        register.fail("fn_status", Lost("off"), times=40)
        await till.until(lambda: till.sale(sale_id).status == "pending")
        assert (till.charged, till.documents) == (50000, 0)
        assert [each.until for each in till.rack.read.pinpad_holds(1)] == [None]  # the settlement waits for it
        other = OperationRequest(external_id="other", kind="payment", amount=100)
        await till.pinpad.ask(Submit(other), timeout=60.0)
        assert await till.ended(sale_id) == "done"
        assert (till.documents, till.has_nobody_kept()) == (1, True)


async def test_what_cannot_be_taken_back_waits_for_a_person(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The hold ran out, somebody else has paid, and now the receipt is refused."""
    async with running_till(tmp_path, settings=SaleSettings(hold_seconds=5)) as till:
        register = till.rack.registers[0]
        till.terminal.scripts.append(Script(seconds=5))
        sale_id = till.begin()
        await till.until(lambda: till.sale(sale_id).status == "charging")
        register.fail("fn_status", Lost("off"), times=40)
        register.fail("prepare", BAD_ITEM)
        await till.until(lambda: till.sale(sale_id).status == "pending")
        await till.pinpad.ask(Submit(OperationRequest(external_id="other", kind="payment", amount=100)), timeout=60.0)
        assert await till.ended(sale_id) == "manual"
        assert (till.charged, till.documents) == (50100, 0)
        assert "not the last" in (till.sale(sale_id).reason or "")


async def test_the_slip_is_printed_before_the_receipt(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        assert await till.sell(print_slip=True) == "done"
        calls = till.rack.registers[0].calls
        assert calls.index("print_text") < calls.index("commit")


async def test_a_slip_that_cannot_be_printed_gives_the_money_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.rack.registers[0].fail("print_text", Refused(0x40, "register", "printer"))
        assert await till.sell(print_slip=True) == "reversed"
        assert (till.charged, till.documents, till.receipts()) == (0, 0, [])


# -- taking back ----------------------------------------------------------------------------------


async def test_taken_back_while_the_customer_looks_for_a_card(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.scripts.append(Script(seconds=60))
        sale_id = till.begin()
        await till.until(lambda: till.sale(sale_id).status == "charging")
        await trio.sleep(5)
        await till.take_back(sale_id)
        assert await till.ended(sale_id) in ("aborted", "reversed")
        assert (till.charged, till.documents) == (0, 0)
        assert till.terminal.interrupted == 1


async def test_taken_back_between_payment_and_document(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.scripts.append(Script(seconds=5))
        sale_id = till.begin()
        await till.until(lambda: till.sale(sale_id).status == "charging")
        till.rack.registers[0].fail("fn_status", Lost("off"), times=40)
        await till.until(lambda: till.sale(sale_id).status == "fiscalizing")
        await till.take_back(sale_id)
        assert await till.ended(sale_id) == "reversed"
        assert (till.charged, till.documents) == (0, 0)
        assert [each.status for each in till.receipts()] == ["cancelled"]


async def test_a_document_in_the_making_is_not_taken_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.rack.registers[0].commit_seconds = 10
        sale_id = till.begin()
        await till.until(lambda: [each.status for each in till.receipts()] == ["assigned"])
        with pytest.raises(Conflict) as late:
            await till.take_back(sale_id)
        assert late.value.code == "too_late"
        assert await till.ended(sale_id) == "done"
        with pytest.raises(Conflict):
            await till.take_back(sale_id)
        assert (till.charged, till.documents) == (50000, 1)


async def test_taken_back_before_anything(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        sale_id = till.begin()
        await till.take_back(sale_id)
        assert await till.ended(sale_id) in ("aborted", "reversed")
        assert (till.charged, till.documents) == (0, 0)


# -- what is not known ----------------------------------------------------------------------------


@pytest.mark.parametrize("lose", ["before", "after"])
async def test_an_unknown_payment_is_settled_before_anything(
    tmp_path: Path, autojump_clock: MockClock, lose: str
) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.reverses_itself = False
        till.terminal.scripts.append(Script(lose=lose))  # type: ignore[arg-type]  # one of its two
        sale_id = till.begin()
        status = await till.ended(sale_id)
        assert (status, till.charged, till.documents) in (
            ("done", 50000, 1),
            ("failed", 0, 0),
            ("refused", 0, 0),
            ("reversed", 0, 0),
        )


async def test_a_person_decides_about_a_payment(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.reverses_itself = False
        till.terminal.tells = frozenset()
        till.terminal.scripts.append(Script(lose="after"))
        sale_id = till.begin()
        await till.until(lambda: [each.status for each in till.operations()][:1] == ["manual"])
        await till.until(lambda: till.sale(sale_id).status == "unknown")
        await till.verdict(till.operations()[0].id, "approved")
        assert await till.ended(sale_id) == "done"
        assert till.documents == 1


async def test_a_key_that_became_a_receipts_gives_the_money_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with running_till(tmp_path) as till:
        till.terminal.scripts.append(Script(seconds=20))
        sale_id = till.begin()
        await till.until(lambda: till.sale(sale_id).status == "charging")
        other = till.rack.post(external_id="sale-1", payments={"cash": 50000})
        assert await till.ended(sale_id) == "reversed"
        assert await till.rack.ended(other) == ["fiscalized"]
        assert (till.charged, till.documents) == (0, 1)


# -- restarts -------------------------------------------------------------------------------------

MOMENTS = ("accepted", "charging", "charged", "fiscalizing", "done")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("after", [0.0, 0.4, 1.3])
async def test_stopped_anywhere_it_ends_the_same(
    tmp_path: Path, autojump_clock: MockClock, moment: str, after: float
) -> None:
    world = World()
    with trio.move_on_after(10_000):
        async with trio.open_nursery() as killed:

            async def first_life() -> None:
                async with running_till(tmp_path, world) as till:
                    till.terminal.scripts.append(Script(seconds=1))
                    sale_id = till.begin()
                    await till.until(lambda: moment in till.steps(sale_id))
                    await trio.sleep(after)
                    killed.cancel_scope.cancel()
                    await trio.sleep(1)

            killed.start_soon(first_life)
    async with running_till(tmp_path, world) as till:
        [row] = till.rack.read.sales(SaleFilter())
        await till.until(lambda: till.sale(row.id).status in ("done", "failed", "refused", "reversed", "manual"))
        status = till.sale(row.id).status
        assert (status, till.charged, till.documents) in (
            ("done", 50000, 1),
            ("failed", 0, 0),
            ("refused", 0, 0),
            ("reversed", 0, 0),
        )
