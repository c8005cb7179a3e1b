"""A whole operation over a null modem: what is certain when it fails, at every byte and every moment it can fail."""

import msgspec
import pytest
import trio
from trio.testing import MockClock

from schemas.operations import OperationKind
from tests.transports.privatbank.terminal import SOLD, Terminal, envelope
from transports.memory import Faults, MemoryDialer
from transports.pinpad import NotConfigured, Order, Original, Pinpad, Place, Progress, Unknown, Unreachable
from transports.privatbank import Methods, PrivatBankDriver, Profile

PING_BYTES = 34
"""The greeting of a connection: a zero, the ping and its zero."""


def order(kind: OperationKind = "payment", amount: int | None = 1200, rrn: str | None = None) -> Order:
    original = None if rrn is None else Original(kind="payment", amount=1200, rrn=rrn, slip_number="17")
    return Order(kind=kind, number=7, at="20261122123000", amount=amount, currency="980", original=original)


class Desk:
    """A till with one terminal."""

    def __init__(self, nursery: trio.Nursery, profile: Profile | None = None, terminal_id: str = "S1KK0001") -> None:
        self.terminal = Terminal()
        self.dialer = MemoryDialer(nursery, self.terminal.serve)
        self.driver = PrivatBankDriver(profile)
        self.pinpad: Pinpad = self.driver.pinpad(self.dialer, Place(terminal_id=terminal_id))
        self.told: list[Progress] = []

    async def run(self, what: Order | None = None) -> str:
        answer = await self.pinpad.run(self.pinpad.intend(what or order()), self.told.append)
        await self.pinpad.acknowledge()
        return answer.verdict


@pytest.fixture
async def desk(nursery: trio.Nursery) -> Desk:
    return Desk(nursery)


async def test_a_payment(desk: Desk, autojump_clock: MockClock) -> None:
    assert await desk.run() == "approved"
    assert desk.terminal.methods == ["PingDevice", "Purchase"]
    assert desk.terminal.heard[0] == b'\x00{"method":"PingDevice","step":0}\x00'
    assert desk.terminal.requests[1]["params"] == {"amount": "12.00", "discount": "", "merchantId": "0"}
    assert [each.stage for each in desk.told] == ["connecting", "sent"]
    assert trio.current_time() == pytest.approx(1)  # the pause behind the ping


async def test_a_refund_names_the_payment(desk: Desk, autojump_clock: MockClock) -> None:
    assert await desk.run(order("refund", 500, "020123456789")) == "approved"
    assert desk.terminal.requests[1]["params"]["rrn"] == "020123456789"
    assert desk.terminal.requests[1]["params"]["amount"] == "5.00"


async def test_the_intent_is_what_goes_out(desk: Desk, autojump_clock: MockClock) -> None:
    intent = desk.pinpad.intend(order())
    await desk.pinpad.run(intent, desk.told.append)
    assert b"".join(desk.terminal.heard).endswith(intent.request)


async def test_a_terminal_that_wants_a_new_connection_behind_the_ping(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    desk = Desk(nursery, Profile(reconnect=True, pause_seconds=5))
    assert await desk.run() == "approved"
    assert desk.dialer.dialled == 2


async def test_nobody_there(desk: Desk, autojump_clock: MockClock) -> None:
    desk.dialer.refusing = True
    with pytest.raises(Unreachable):
        await desk.run()


@pytest.mark.parametrize("silence", [None, ConnectionError])
async def test_no_answer_to_the_ping_asks_nothing(
    desk: Desk, autojump_clock: MockClock, silence: type[Exception] | None
) -> None:
    desk.terminal.answers["PingDevice"] = silence
    with pytest.raises(Unreachable):
        await desk.run()
    assert desk.terminal.methods == ["PingDevice"]


WIRE = PrivatBankDriver().pinpad(MemoryDialer, Place()).intend(order()).request  # type: ignore[arg-type]  # not dialled


@pytest.mark.parametrize("cut", range(PING_BYTES, PING_BYTES + len(WIRE) + 1))
async def test_a_request_cut_at_every_byte(desk: Desk, autojump_clock: MockClock, cut: int) -> None:
    desk.dialer.there = Faults(cut_at=cut)
    with pytest.raises((Unknown, Unreachable)) as failed:
        await desk.run()
    assert failed.type is (Unreachable if cut == PING_BYTES else Unknown)


async def test_an_answer_cut_anywhere_is_unknown(desk: Desk, autojump_clock: MockClock) -> None:
    ping, answer = desk.terminal.answers["PingDevice"], desk.terminal.answers["Purchase"]
    assert isinstance(ping, bytes)
    assert isinstance(answer, bytes)
    for cut in range(len(ping) + 1, len(ping) + len(answer), 7):
        desk.dialer.back = Faults(cut_at=cut)
        with pytest.raises(Unknown):
            await desk.run()


async def test_one_byte_at_a_time(desk: Desk, autojump_clock: MockClock) -> None:
    desk.dialer.there = desk.dialer.back = Faults(one_byte=True)
    assert await desk.run() == "approved"


async def test_silence_is_unknown_when_the_time_is_up(desk: Desk, autojump_clock: MockClock) -> None:
    desk.terminal.answers["Purchase"] = None
    with pytest.raises(Unknown, match="180 s"):
        await desk.run()
    assert trio.current_time() == pytest.approx(181)
    assert desk.terminal.methods.count("Purchase") == 1  # never asked again


@pytest.mark.parametrize(
    "answer",
    [b"\xff\xfe\x00", b"[]\x00", b'{"method":1}\x00', b"x" * 70_000, envelope("Purchase", {**SOLD, "terminalId": "X"})],
)
async def test_an_answer_that_is_none_or_anothers(desk: Desk, autojump_clock: MockClock, answer: bytes) -> None:
    desk.terminal.answers["Purchase"] = answer
    with pytest.raises(Unknown):
        await desk.run()


async def test_answers_to_something_else_are_passed_over(desk: Desk, autojump_clock: MockClock) -> None:
    late = envelope("ServiceMessage", {"msgType": "interruptTransmitted"})
    desk.terminal.answers["Purchase"] = late + envelope("Purchase", {"responseCode": "1001"}, error=True)
    assert await desk.run() == "refused"


async def test_an_interrupt_travels_beside_the_operation(desk: Desk, autojump_clock: MockClock) -> None:
    desk.terminal.answers["Purchase"] = None
    desk.terminal.answers["ServiceMessage"] = envelope("Purchase", {"responseCode": "1001"}, error=True)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def _interrupt() -> None:
            await trio.sleep(10)
            await desk.pinpad.interrupt()

        assert await desk.run() == "refused"
    assert desk.terminal.requests[-1]["params"] == {"msgType": "interrupt"}


async def test_a_cancelled_operation_tells_the_terminal(desk: Desk, autojump_clock: MockClock) -> None:
    desk.terminal.answers["Purchase"] = None
    with trio.move_on_after(10):
        await desk.run()
    await trio.testing.wait_all_tasks_blocked()
    assert desk.terminal.requests[-1]["params"] == {"msgType": "interrupt"}


async def test_the_last_operation(desk: Desk, autojump_clock: MockClock) -> None:
    last = await desk.pinpad.last_operation()
    assert last is not None
    assert (last.approved, last.amount, last.rrn) == (True, 1200, "020123456789")
    assert desk.terminal.methods == ["PingDevice", "ServiceMessage", "GetReceiptInfo"]
    assert desk.terminal.requests[-1]["params"] == {"invoiceNumber": "0"}


@pytest.mark.parametrize("said", [{"LastResult": "2"}, {}, {"LastResult": "7"}])
async def test_a_terminal_still_at_work_tells_nothing(
    desk: Desk, autojump_clock: MockClock, said: dict[str, str]
) -> None:
    """Nor does one that does not say that it is not."""
    desk.terminal.answers["ServiceMessage"] = envelope("ServiceMessage", said)
    with pytest.raises(Unknown):
        await desk.pinpad.last_operation()


async def test_checks(desk: Desk, autojump_clock: MockClock) -> None:
    assert await desk.pinpad.check() is None
    assert await desk.run(order("connection_check", None)) == "approved"
    desk.dialer.refusing = True
    with pytest.raises(Unreachable):
        await desk.pinpad.check()


def test_what_is_not_known_is_not_guessed() -> None:
    driver = PrivatBankDriver()
    pinpad = driver.pinpad(MemoryDialer, Place())  # type: ignore[arg-type]  # nothing is dialled
    with pytest.raises(NotConfigured, match=r"methods\.void"):
        pinpad.intend(order("void", 1200, "020123456789"))
    with pytest.raises(ValueError, match="emergency_void"):
        pinpad.intend(order("emergency_void"))
    assert driver.abilities.missing["settlement"] == "methods.settlement"
    assert set(driver.abilities.missing).isdisjoint(driver.abilities.absent)
    spelled = PrivatBankDriver(Profile(methods=Methods(void="Withdrawal")))
    intent = spelled.pinpad(MemoryDialer, Place()).intend(order("void", 1200, "020123456789"))  # type: ignore[arg-type]  # nothing is dialled
    assert msgspec.json.decode(intent.request[:-1])["params"]["invoiceNumber"] == "17"


@pytest.mark.parametrize(
    ("changes", "path"),
    [({"currency": "643"}, "currency"), ({"amount": 0}, "amount"), ({"amount": 10**12}, "amount")],
)
def test_objections(changes: dict[str, object], path: str) -> None:
    [objection] = PrivatBankDriver().objections(msgspec.structs.replace(order(), **changes))
    assert objection.path == path


def test_a_refund_needs_an_rrn_when_it_is_sent() -> None:
    driver = PrivatBankDriver()
    assert driver.objections(order("refund")) == []
    with pytest.raises(ValueError, match="RRN"):
        driver.pinpad(MemoryDialer, Place()).intend(order("refund"))  # type: ignore[arg-type]  # nothing is dialled
