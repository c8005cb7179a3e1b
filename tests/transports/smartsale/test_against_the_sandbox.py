"""The client and a simulated terminal, written by different hands from one text: all fifteen operations."""

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

import pytest
import trio
import trio.testing
from msgspec.structs import replace

from kassanet.sandbox.smartsale.terminal import sandbox_profile, serve_terminal_stream
from schemas.operations import OperationKind, PinpadAnswer
from schemas.pinpads import Wiring
from tests.kassanet.sandbox.smartsale.counter import TID, Counter, quick
from transports.link import ByteStream
from transports.memory import Faults, MemoryDialer
from transports.pinpad import LastOperation, Order, Original, Place, Unknown, Unreachable
from transports.smartsale.client import SmartSale
from transports.smartsale.driver import SmartSaleDriver
from transports.smartsale.profile import TerminalProfile

Clock = trio.testing.MockClock
AT = "20261122120000"
BANK = ("127.0.0.1:5000",)


class Till:
    """A counter with our client at its terminal."""

    def __init__(self, counter: Counter, *, persistent: bool = False, profile: TerminalProfile | None = None) -> None:
        self.counter = counter
        serve = partial(serve_terminal_stream, counter.terminal, persistent=persistent)
        self.dialer = MemoryDialer(counter.nursery, serve, persistent=persistent)
        place = Place(terminal_id=TID, wiring=counter.wiring, allow=BANK)
        driver = SmartSaleDriver(profile or sandbox_profile(), self._dial_bank)
        self.pinpad: SmartSale = driver.pinpad(self.dialer, place)
        self.number = 500
        self.request = b""

    async def _dial_bank(self, host: str, port: int) -> ByteStream:
        assert (host, port) == ("127.0.0.1", 5000)
        return await self.counter.bank.dial()

    async def do(self, kind: OperationKind, amount: int | None = None, of: Original | None = None) -> PinpadAnswer:
        """One operation, acknowledged."""
        self.number += 1
        return await self.ask(Order(kind=kind, number=self.number, at=AT, amount=amount, original=of))

    async def ask(self, order: Order) -> PinpadAnswer:
        intent = self.pinpad.intend(order)
        self.request = intent.request
        answer = await self.pinpad.run(intent, lambda progress: None)
        await self.pinpad.acknowledge()
        return answer

    async def pay(self, amount: int = 1200, kind: OperationKind = "payment") -> Original:
        """What was paid, as the original of something."""
        answer = await self.do(kind, amount)
        assert (answer.verdict, answer.amount, answer.number) == ("approved", amount, self.number)
        return Original(
            kind=kind,
            amount=amount,
            rrn=answer.rrn,
            auth_code=answer.auth_code,
            number=self.number,
            slip_number=answer.slip_number,
            request=self.request,
        )


@pytest.fixture(params=["kph", "pkh", "serial"])
async def till(request: pytest.FixtureRequest) -> AsyncIterator[Till]:
    wiring: Wiring = "pkh" if request.param == "pkh" else "kph"
    async with Counter(wiring=wiring).open() as counter:
        yield Till(counter, persistent=request.param == "serial")


async def test_payment_and_void(autojump_clock: Clock, till: Till) -> None:
    paid = await till.pay()
    voided = await till.do("void", 1200, paid)
    assert (voided.verdict, till.counter.left()) == ("approved", 0)


async def test_parts_of_a_void_and_of_a_refund(autojump_clock: Clock, till: Till) -> None:
    paid = await till.pay()
    assert (await till.do("void", 200, paid)).verdict == "approved"
    paid = await till.pay(5000)
    assert (await till.do("settlement")).verdict == "approved"
    assert (await till.do("refund", 1500, paid)).verdict == "approved"
    assert till.counter.left() == 1000 + 3500


async def test_emergency_void(autojump_clock: Clock, till: Till) -> None:
    paid = await till.pay()
    assert (await till.do("emergency_void", None, paid)).verdict == "approved"
    assert till.counter.left() == 0


async def test_emergency_void_that_repeats_the_request(autojump_clock: Clock) -> None:
    profile = sandbox_profile()
    operations = profile.operations | {
        "emergency_void": replace(profile.operation("emergency_void"), repeats_request=True)
    }
    async with Counter().open() as counter:
        till = Till(counter, profile=replace(profile, operations=operations))
        assert (await till.do("emergency_void", None, await till.pay())).verdict == "approved"
        assert counter.left() == 0


async def test_preauthorisation_increment_and_completion(autojump_clock: Clock, till: Till) -> None:
    held = await till.pay(10_000, "preauthorisation")
    more = await till.do("preauthorisation", 2000, held)
    assert more.verdict == "approved"
    assert (await till.do("completion", 9000, held)).verdict == "approved"


async def test_the_other_operations_with_money(autojump_clock: Clock, till: Till) -> None:
    for kind in ("top_up", "cash_withdrawal"):
        await till.pay(700, kind)
    balance = await till.do("balance")
    assert balance.verdict == "approved"
    assert balance.balance is not None


async def test_questions_and_reports(autojump_clock: Clock, till: Till) -> None:
    assert await till.pinpad.check() == TID
    assert await till.pinpad.last_operation() is None
    paid = await till.pay()
    for kind in ("short_report", "full_report", "receipt_copy", "connection_check"):
        assert (await till.do(kind)).verdict == "approved"
    assert paid.slip_number is not None
    copy = await till.ask(Order(kind="receipt_copy", number=1, at=AT, receipt_number=int(paid.slip_number)))
    assert copy.slips.customer is not None
    card = await till.do("card_data")
    assert card.pan is not None
    assert card.pan.startswith("****")


async def test_the_last_operation_is_read_from_its_slip(autojump_clock: Clock, till: Till) -> None:
    paid = await till.pay()
    last = await till.pinpad.last_operation()
    assert last is not None
    assert replace(last, slip=None) == LastOperation(
        approved=True,
        kind="payment",
        amount=1200,
        number=till.number,
        at=last.at,
        rrn=paid.rrn,
        auth_code=paid.auth_code,
    )
    assert last.at is not None
    assert last.at.startswith("20261122")
    await till.do("emergency_void", None, paid)
    last = await till.pinpad.last_operation()
    assert last is not None
    assert last.approved is not True


async def test_a_refusal(autojump_clock: Clock, till: Till) -> None:
    answer = await till.do("payment", 999_900_51)
    assert (answer.verdict, answer.response_code) == ("refused", "51")
    assert till.counter.left() == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"terse": True},
        {"dialogs": True},
        {"slip_lines": 100},
        {"slip_lines": 100, "counts_upwards": True},
        {"packet_bytes": 100},
        {"wait_every": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("persistent", [False, True])
async def test_terminals_differ(autojump_clock: Clock, settings: dict[str, object], persistent: bool) -> None:
    async with Counter(settings=quick(**settings)).open() as counter:
        till = Till(counter, persistent=persistent)
        answer = await till.do("payment", 1200)
        assert (answer.verdict, answer.amount) == ("approved", 1200)
        assert answer.slips.customer is not None
        assert "ОДОБРЕНО" in answer.slips.customer
        assert counter.left() == 1200


async def test_an_answer_of_another_terminal(autojump_clock: Clock) -> None:
    async with Counter(settings=quick(answers_as="50109999")).open() as counter:
        with pytest.raises(Unknown, match="terminal 50109999 answered"):
            await Till(counter).do("payment", 1200)
        await counter.undone()
        assert counter.left() == 0, "the terminal reverses what was not acknowledged"


async def test_what_is_abandoned_is_reversed(autojump_clock: Clock, till: Till) -> None:
    intent = till.pinpad.intend(Order(kind="payment", number=7, at=AT, amount=1200))
    assert (await till.pinpad.run(intent, lambda progress: None)).verdict == "approved"
    await till.pinpad.abandon()
    await trio.sleep(60)
    await till.pinpad.check()
    if till.counter.wiring == "kph":
        await till.counter.undone()
        assert till.counter.left() == 0


@pytest.mark.parametrize("cut", [*range(0, 60, 7), *range(60, 75)])
async def test_cut_lines_never_charge_unseen(autojump_clock: Clock, cut: int) -> None:
    async with Counter(settings=quick(slip_lines=0)).open() as counter:
        till = Till(counter)
        till.dialer.there = Faults(cut_at=cut)
        seen = False
        with suppress(Unknown, Unreachable):
            await till.do("payment", 1200)
            seen = True
        await counter.undone()
        assert counter.left() == (1200 if seen else 0) or cut >= 60, "acknowledged, and we could not know it"


@pytest.mark.parametrize("seed", range(8))
async def test_a_noisy_serial_line(autojump_clock: Clock, seed: int) -> None:
    """What is approved stands; what is unknown is found out by asking when the line is quiet again."""
    async with Counter(settings=quick(packet_bytes=200)).open() as counter:
        till = Till(counter, persistent=True)
        till.dialer.back = Faults(loss=0.01, seed=seed)
        try:
            answer = await till.do("payment", 1200)
        except Unknown:
            return
        assert answer.verdict == "approved"
        assert counter.left() == 1200
