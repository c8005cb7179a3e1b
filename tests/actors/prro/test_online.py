"""Online: shifts by themselves, numbers without gaps, lost answers, refusals, and requests that come twice."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import trio
from trio.testing import MockClock

from actors.prro import PrroSettings
from kassanet.sandbox.fiscal_server.seals import PlainSeals, plain_envelope
from schemas.prro import (
    CloseShift,
    OfflineBegin,
    OpenShift,
    Operation,
    Payment,
    Refund,
    Sale,
    ServiceIn,
    Storno,
    ZReport,
)
from schemas.prro_commands import CannotBeMade, NotSigned, OutOfService, XReport
from schemas.prro_records import StoredDocument
from schemas.prro_zrep import ZRep
from schemas.records import Conflict
from tests.actors.prro.counter import MANUAL, Counter, open_counter, tax_service, wall
from tests.kassanet.sandbox.fiscal_server.till import CASHIER, COFFEE, DESK, REGISTER
from tests.transports.prro.unreliable import Step
from transports.prro.composing import Heading, compose
from transports.prro.documents import decode, encode

ONLINE = PrroSettings(tick=1e9, offline=False)


def kinds(counter: Counter) -> list[str]:
    return [document.kind for document in counter.documents()]


async def test_the_first_sale_opens_the_shift(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        sale = await counter.perform(COFFEE, "a")
        assert (sale.status, sale.local_number, sale.external_id) == ("registered", 2, "a")
        assert kinds(counter) == ["open_shift", "sale"]
        assert [entry.num_fiscal for entry in counter.registered()][1] == sale.fiscal_number
        state = counter.state
        assert (state.condition, state.shift_is_open, state.next_local) == ("online", True, 3)


async def test_a_whole_day(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The report is made before the closing, from what the shift came to."""
    async with open_counter(tmp_path) as counter:
        sale = await counter.perform(COFFEE, "a")
        wrong = await counter.perform(COFFEE, "b")
        await counter.perform(Storno(of=wrong.fiscal_number or ""), "c")
        await counter.perform(Refund(of=sale.fiscal_number or "", items=COFFEE.items, payments=COFFEE.payments), "d")
        await counter.perform(ServiceIn(sum=10_000), "e")
        draft = decode(await counter.ref.ask(XReport()))
        closed = await counter.perform(CloseShift(), "f")
        assert closed.status == "registered"
        assert kinds(counter)[-2:] == ["z_report", "close_shift"]
        report = decode(counter.documents()[-2].xml)
        assert isinstance(report, ZRep)
        assert isinstance(draft, ZRep)
        assert (report.sales, report.refunds, report.body) == (draft.sales, draft.refunds, draft.body)
        assert report.sales is not None
        assert (report.sales.count, report.sales.sum) == (1, 4500)
        assert len(counter.registered()) == 8
        assert not counter.state.shift_is_open


@pytest.mark.parametrize("lost", ["drop_before", "drop_after", "silent_before", "silent_after", "500", "refuse"])
async def test_a_lost_answer_makes_one_document(tmp_path: Path, lost: Step, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(OpenShift())
        counter.expect(lost)
        sale = await counter.perform(COFFEE, "a")
        assert sale.status == "registered"
        assert len(counter.registered()) == 2


async def test_the_same_key_is_the_same_document(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        first = await counter.perform(COFFEE, "a")
        assert await counter.perform(COFFEE, "a") == first
        with pytest.raises(Conflict) as caught:
            await counter.perform(ServiceIn(sum=1), "a")
        assert caught.value.code == "other_content"
        assert len(counter.registered()) == 2


async def test_unknown_until_the_tax_service_answers(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Nothing else is made meanwhile; afterwards the same bytes go out, once."""
    async with open_counter(tmp_path, ONLINE) as counter:
        await counter.perform(OpenShift())
        counter.network.away = True
        sale = await counter.perform(COFFEE, "a")
        assert (sale.status, counter.state.condition) == ("stored", "settling")
        with pytest.raises(OutOfService):
            await counter.perform(COFFEE, "b")
        counter.network.away = False
        signed = counter.agent.signed
        again = await counter.perform(COFFEE, "a")
        assert (again.status, again.id, again.signed) == ("registered", sale.id, sale.signed)
        assert len(counter.registered()) == 2
        assert counter.agent.signed <= signed + 3


async def test_a_tick_settles_what_is_unknown(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path, PrroSettings(tick=30.0, offline=False, close_before=None)) as counter:
        await counter.perform(OpenShift())
        counter.network.away = True
        await counter.perform(COFFEE, "a")
        counter.network.away = False
        await counter.until(lambda: counter.documents()[-1].status == "registered")
        assert counter.state.condition == "online"


async def test_a_refusal_gives_the_number_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The key stays with the refused document; the next one takes its number."""
    async with open_counter(tmp_path) as counter:
        await counter.perform(COFFEE, "a")
        refused = await counter.perform(Storno(of="77"), "b")
        assert (refused.status, refused.code, refused.local_number) == ("refused", 9, 3)
        assert await counter.perform(Storno(of="77"), "b") == refused
        assert (await counter.perform(COFFEE, "c")).local_number == 3
        assert len(counter.registered()) == 3


async def test_what_cannot_be_made_is_located(tmp_path: Path, autojump_clock: MockClock) -> None:
    short = Sale(items=COFFEE.items, payments=(Payment(form=0, sum=1),))
    wrong: list[tuple[Operation, str]] = [(short, "payments"), (ZReport(), "kind"), (OfflineBegin(), "kind")]
    async with open_counter(tmp_path) as counter:
        for operation, path in wrong:
            with pytest.raises(CannotBeMade) as caught:
                await counter.perform(operation, "a")
            assert [error.path for error in caught.value.errors] == [path]
        assert counter.documents() == []


async def test_an_agent_that_is_away_leaves_nothing_half_done(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(OpenShift())
        counter.agent.away = True
        with pytest.raises(NotSigned, match="the agent is away"):
            await counter.perform(COFFEE, "a")
        assert kinds(counter) == ["open_shift"]
        counter.agent.away = False
        assert (await counter.perform(COFFEE, "a")).local_number == 2


async def test_a_key_that_is_refused_is_not_the_sales_fault(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The document is withdrawn, and its key is free for when things are right again."""
    async with open_counter(tmp_path) as counter:
        await counter.perform(OpenShift())
        counter.agent.stamps = False
        with pytest.raises(OutOfService, match="code 12"):
            await counter.perform(COFFEE, "a")
        counter.agent.stamps = True
        sale = await counter.perform(COFFEE, "a")
        assert (sale.status, sale.local_number) == ("registered", 2)


async def test_shifts_asked_for_twice(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        with pytest.raises(Conflict):
            await counter.perform(CloseShift())
        await counter.perform(OpenShift())
        with pytest.raises(Conflict):
            await counter.perform(OpenShift())
        await counter.perform(CloseShift())
        assert len(counter.registered()) == 3


async def test_somebody_else_wrote_for_the_register(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Its number was taken: numbers are read anew, and the sale is made under the next one."""
    async with open_counter(tmp_path) as counter:
        await counter.perform(OpenShift())
        foreign(counter)
        sale = await counter.perform(COFFEE, "a")
        assert (sale.status, sale.local_number) == ("registered", 3)
        assert len(counter.registered()) == 3


async def test_somebody_else_closed_the_shift(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(OpenShift())
        foreign(counter, ZReport())
        foreign(counter, CloseShift())
        sale = await counter.perform(COFFEE, "a")
        assert (sale.status, sale.local_number) == ("registered", 5)
        assert [entry.shift for entry in counter.registered()] == [1, 1, 1, 2, 2]


def foreign(counter: Counter, operation: Operation = COFFEE) -> None:
    """A document of another program, straight to the tax service."""
    register = counter.server.register(REGISTER)
    heading = Heading(uuid4(), datetime.fromtimestamp(wall(), UTC), register.standing.next_local)
    message = plain_envelope(encode(compose(operation, DESK, heading)), CASHIER)
    opened = PlainSeals().open(message)
    register.register(decode(opened.content), opened, message)


async def test_a_restart_in_the_middle(tmp_path: Path, autojump_clock: MockClock) -> None:
    """What was stored and perhaps sent is settled first."""
    server = tax_service()
    async with open_counter(tmp_path, ONLINE, server) as counter:
        await counter.perform(OpenShift())
        counter.expect("drop_after", commands=["refuse"] * 3)
        counter.network.steps += ["refuse"] * 2
        sale = await counter.perform(COFFEE, "a")
        assert sale.status == "stored"
    async with open_counter(tmp_path, MANUAL, server) as counter:
        await counter.until(lambda: counter.documents()[-1].status == "registered")
        found: StoredDocument = await counter.perform(COFFEE, "a")
        assert (found.id, found.status) == (sale.id, "registered")
        assert len(counter.registered()) == 2


async def test_a_register_that_worked_elsewhere(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The tax service is asked for the number to begin with."""
    server = tax_service()
    async with open_counter(tmp_path / "one", MANUAL, server) as counter:
        await counter.perform(COFFEE, "a")
        await counter.perform(CloseShift())
    async with open_counter(tmp_path / "two", MANUAL, server) as counter:
        assert (await counter.perform(COFFEE, "a")).local_number == 6


async def test_a_full_disk_stores_nothing_twice(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(OpenShift())
        counter.journal.away = True
        async with trio.open_nursery() as nursery:
            nursery.start_soon(counter.perform, COFFEE, "a")
            await trio.sleep(10)
            assert len(counter.registered()) == 1
            counter.journal.away = False
        assert len(counter.registered()) == 2
        assert kinds(counter) == ["open_shift", "sale"]
