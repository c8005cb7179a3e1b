"""Another key, another cashier, other words on the documents: between two of them, and never within a shift."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from actors.prro import PrroSettings
from kassanet.sandbox.fiscal_server.registry import OperatorEntry, Registry, default_unit
from kassanet.sandbox.fiscal_server.seals import PlainSeals, plain_envelope
from kassanet.sandbox.fiscal_server.server import FiscalServer
from kassanet.sandbox.http import Request
from schemas.prro import CloseShift, OpenShift, Operation, TaxRate, ZReport
from schemas.prro_change import Change, DeskChange, PrroChange
from schemas.prro_commands import GoOffline, GoOnline, OutOfService
from schemas.prro_records import ChangePrro, StoredPrro
from schemas.records import Conflict
from tests.actors.prro.counter import MANUAL, Counter, open_counter, tax_service, wall
from tests.kassanet.sandbox.fiscal_server.till import CASHIER, COFFEE, DESK
from transports.prro.composing import Heading, compose
from transports.prro.documents import decode, encode

ONLINE = PrroSettings(tick=1e9, offline=False)
NEW = "agent/b"
"""Its certificate is another one than the cashier's; that of ``AGAIN`` is the same."""
AGAIN = "other/a"


async def change(counter: Counter, key_id: str = NEW, subject: str | None = None) -> None:
    asked = Change(PrroChange(key_id=key_id), subject or key_id[-1] * 64)
    await counter.ref.ask(asked, timeout=600.0)


async def refused(counter: Counter, asked: Change | None = None, key_id: str = NEW) -> Conflict:
    """Nothing was changed."""
    before = counter.row
    with pytest.raises(Conflict) as caught:
        await (change(counter, key_id) if asked is None else counter.ref.ask(asked, timeout=600.0))
    assert counter.row == before
    return caught.value


def signers(counter: Counter) -> str:
    """Who signed each document, one letter each."""
    return "".join(entry.signatory.key_id[0] for entry in counter.registered())


async def test_a_key_takes_over_between_shifts(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(COFFEE, "a")
        await counter.perform(CloseShift())
        await change(counter)
        assert (counter.row.key_id, counter.state.key_id) == (NEW, NEW)
        await counter.perform(COFFEE, "b")
        await counter.perform(CloseShift())
        assert signers(counter) == "aaaa" + "bbbb"


async def test_before_the_first_document(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await change(counter)
        await counter.perform(COFFEE, "a")
        assert signers(counter) == "bb"


async def test_not_within_a_shift_which_goes_on_as_before(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(COFFEE, "a")
        found = await refused(counter)
        assert (found.code, "close_shift" in found.text) == ("prro_busy", True)
        await counter.ref.ask(GoOffline())
        await counter.perform(COFFEE, "b")
        await counter.ref.ask(GoOnline())
        assert set(signers(counter)) == {"a"}


async def test_the_same_key_in_another_agent_goes_on_with_its_shift(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(COFFEE, "a")
        await change(counter, AGAIN)
        await counter.ref.ask(GoOffline())
        await counter.perform(COFFEE, "b")
        await counter.ref.ask(GoOnline())
        assert (counter.row.key_id, set(signers(counter))) == (AGAIN, {"a"})


async def test_not_offline_and_what_was_made_there_goes_out_as_it_is(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        await counter.perform(OpenShift())
        counter.network.away = True
        made = await counter.perform(COFFEE, "a")
        await counter.perform(CloseShift())
        assert "go-online" in (await refused(counter)).text
        counter.network.away = False
        assert "go-online" in (await refused(counter, key_id=AGAIN)).text
        await counter.ref.ask(GoOnline())
        await change(counter)
        await counter.perform(COFFEE, "b")
        assert signers(counter) == "a" * 6 + "bb"
        assert made.signed in [entry.signed for entry in counter.registered()]


async def test_what_is_not_settled_is_settled_first_with_its_own_bytes(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """The tax service is asked with the new key; the document was signed with the former one, and once."""
    async with open_counter(tmp_path, ONLINE) as counter:
        await counter.perform(OpenShift())
        counter.network.away = True
        sale = await counter.perform(COFFEE, "a")
        assert sale.status == "stored"
        before = counter.row
        with pytest.raises(OutOfService):
            await change(counter, AGAIN)
        assert (counter.row, counter.documents()[-1]) == (before, sale)
        counter.network.away = False
        await change(counter, AGAIN)
        settled = counter.documents()[-1]
        assert (settled.status, settled.signed) == ("registered", sale.signed)
        assert counter.registered()[-1].signed == sale.signed


async def test_a_key_that_may_not_work_there_is_refused(tmp_path: Path, autojump_clock: MockClock) -> None:
    known = OperatorEntry(CASHIER.key_id), OperatorEntry("c" * 64)
    server = FiscalServer(Registry((replace(default_unit(1), operators=known),)), PlainSeals(), clock=wall)
    async with open_counter(tmp_path, server=server) as counter:
        assert (await refused(counter)).code == "key_refused"
        await counter.perform(COFFEE, "a")
        await counter.perform(CloseShift())
        await change(counter, "agent/c")
        await counter.perform(COFFEE, "b")
        assert signers(counter) == "aaaa" + "cc"


async def test_a_key_that_does_not_sign_changes_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path) as counter:
        counter.agent.away = True
        with pytest.raises(OutOfService, match="not signed"):
            await change(counter)
        counter.agent.away = False
        assert counter.row.key_id == "key"
        await counter.perform(COFFEE, "a")
        assert signers(counter) == "aa"


async def test_a_shift_closed_at_the_tax_service_frees_the_register(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The way out when the former key ran out in the middle of a shift."""
    server = tax_service()
    async with open_counter(tmp_path, server=server) as counter:
        await counter.perform(COFFEE, "a")
        for number, operation in ((3, ZReport()), (4, CloseShift())):
            _by_another(server, operation, number)
        await change(counter)
        assert not counter.state.shift_is_open
        await counter.perform(COFFEE, "b")
        assert signers(counter) == "aaaabb"


def _by_another(server: FiscalServer, operation: Operation, number: int) -> None:
    """Somebody closes the shift, with the key that opened it, past this service."""
    heading = Heading(uuid4(), datetime.fromtimestamp(wall(), UTC), number, "Касир")
    document = compose(operation, DESK, heading)
    body = plain_envelope(encode(document), CASHIER)
    answer = server.answer(Request("POST", "/fs/doc", {"content-type": "application/octet-stream"}, body))
    assert answer.status == 200, answer.body


async def test_words_change_between_shifts_and_the_cashier_at_any_time(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    taxes = (TaxRate(letter="А", percent=1400),)
    words = Change(PrroChange(desk=DeskChange(point_name="Крамниця", taxes=taxes)))
    async with open_counter(tmp_path) as counter:
        await counter.perform(COFFEE, "a")
        assert "close_shift" in (await refused(counter, words)).text
        await counter.ref.ask(Change(PrroChange(cashier="Шевчук О. О.")))
        named = decode((await counter.perform(COFFEE, "b")).xml)
        assert named.head.cashier == "Шевчук О. О."
        await counter.perform(CloseShift())
        await counter.ref.ask(words)
        later = decode((await counter.perform(COFFEE, "c")).xml)
        assert (later.head.point_name, counter.row.desk.taxes) == ("Крамниця", taxes)
        assert (counter.row.desk.register, counter.row.key_id) == (DESK.register, "key")


@pytest.mark.parametrize("steps", range(1, 16))
async def test_killed_at_any_step(tmp_path: Path, steps: int, autojump_clock: MockClock) -> None:
    """What is on disk is what it works with in its next life."""
    server = tax_service()
    with trio.move_on_after(3600.0):
        async with open_counter(tmp_path, MANUAL, server) as counter:
            counter.fuse.steps = steps
            await change(counter)
            counter.fuse.steps = None
    async with open_counter(tmp_path, MANUAL, server) as counter:
        key = counter.row.key_id
        await counter.perform(COFFEE, "a")
        assert signers(counter) == ("bb" if key == NEW else "aa")


async def test_a_row_that_was_read_before_the_change_gives_way(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A register that failed between the disk and telling anybody: its next life is made from what was known then."""
    async with open_counter(tmp_path) as counter:
        before, told = counter.row, list[StoredPrro]()
        counter.store.commit([ChangePrro(counter.id, DESK, NEW, None, wall())])
        await counter.root.stop_child("prro/1")
        await counter.begin(before, told.append)
        await counter.perform(COFFEE, "a")
        assert signers(counter) == "bb"
        assert [(row.key_id, row.cashier) for row in told] == [(NEW, None)]
