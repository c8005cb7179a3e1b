"""A pinpad behind somebody's DC2 service: what its answers prove, and what is certain when the link fails."""

from contextlib import suppress

import h11
import pytest
import trio
from trio.testing import MockClock

from transports.dc2 import Dc2Driver
from transports.dc2.documents import Answer, Request, read_request, write_answer
from transports.link import ByteStream
from transports.memory import Faults, MemoryDialer
from transports.pinpad import Order, Original, Place, Unknown, Unreachable
from transports.smartsale.fields import OPERATION, SLIPS, STATUS
from transports.smartsale.message import Message
from transports.smartsale.slips import SlipData, write_slips

APPROVED = Message(
    [
        (0, b"1200"),
        (4, b"643"),
        (13, b"A12345"),
        (14, b"632612345678"),
        (25, b"1"),
        (26, b"12"),
        (27, b"50101700"),
        (39, b"1"),
    ]
)


class Service:
    """Answers every request with ``answer``; None is silence."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Answer | bytes | None = Answer(message=APPROVED, code=0)
        self.status = 200

    async def serve(self, stream: ByteStream) -> None:
        with suppress(h11.RemoteProtocolError):  # the request was cut
            await self._serve(stream)

    async def _serve(self, stream: ByteStream) -> None:
        connection = h11.Connection(h11.SERVER)
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive_some())
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
            elif isinstance(event, h11.ConnectionClosed):
                return
        self.requests.append(read_request(bytes(body)))
        if self.answer is None:
            await trio.sleep_forever()
        said = self.answer if isinstance(self.answer, bytes) else write_answer(self.answer)
        headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(said))), ("Connection", "close")]
        for each in (h11.Response(status_code=self.status, headers=headers), h11.Data(data=said), h11.EndOfMessage()):
            await stream.send_all(connection.send(each) or b"")


class Desk:
    def __init__(self, nursery: trio.Nursery) -> None:
        self.service = Service()
        self.dialer = MemoryDialer(nursery, self.service.serve, address="10.0.0.9:9015")
        self.driver = Dc2Driver()
        self.pinpad = self.driver.pinpad(self.dialer, Place(terminal_id="50101700", device="10.0.0.7:9000"))

    async def run(self, order: Order | None = None) -> str:
        intent = self.pinpad.intend(order or PAYMENT)
        answer = await self.pinpad.run(intent, lambda progress: None)
        await self.pinpad.acknowledge()
        return answer.verdict


PAYMENT = Order(kind="payment", number=12, at="20261122141800", amount=1200)


@pytest.fixture
def desk(nursery: trio.Nursery) -> Desk:
    return Desk(nursery)


async def test_a_payment(desk: Desk, autojump_clock: MockClock) -> None:
    assert await desk.run() == "approved"
    [request] = desk.service.requests
    assert (request.address, request.timeout) == ("10.0.0.7:9000", 300)
    assert request.message.items == (
        (0, b"1200"), (4, b"643"), (8, b"3"), (21, b"20261122141800"), (25, b"1"), (26, b"12"), (27, b"50101700"),
    )  # fmt: skip


async def test_an_emergency_void(desk: Desk, autojump_clock: MockClock) -> None:
    desk.service.answer = Answer(message=Message([(25, b"53"), (39, b"1")]), code=0)
    original = Original(kind="payment", amount=1200, request=desk.pinpad.intend(PAYMENT).request)
    assert await desk.run(Order(kind="emergency_void", number=13, at="20261122141900", original=original)) == "approved"
    assert desk.service.requests[0].message.get(OPERATION) == 53


@pytest.mark.parametrize("status", [b"16", b"34", b"53"])
async def test_refusals(desk: Desk, autojump_clock: MockClock, status: bytes) -> None:
    desk.service.answer = Answer(message=APPROVED.with_value(STATUS, int(status)), code=0)
    assert await desk.run() == "refused"


@pytest.mark.parametrize("code", [4, 6, 7, 8, 9, 10, 11, 16])
async def test_codes_that_say_that_nothing_was_sent(desk: Desk, autojump_clock: MockClock, code: int) -> None:
    desk.service.answer = Answer(message=APPROVED, code=code)
    with pytest.raises(Unreachable):
        await desk.run()


@pytest.mark.parametrize("code", [1, 2, 3, 12, 13, 14, 15, 101])
async def test_codes_that_prove_nothing(desk: Desk, autojump_clock: MockClock, code: int) -> None:
    desk.service.answer = Answer(message=APPROVED, code=code)
    with pytest.raises(Unknown):
        await desk.run()


@pytest.mark.parametrize(
    "message",
    [
        Message([(25, b"-1"), (39, b"-1")]),
        Message([(25, b"1"), (39, b"-1")]),
        APPROVED.with_value(OPERATION, 4),
        Message([(25, b"1"), (27, b"50101701"), (39, b"1")]),
        Message([(25, b"1"), (26, b"13"), (39, b"1")]),
    ],
)
async def test_answers_that_are_not_ours(desk: Desk, autojump_clock: MockClock, message: Message) -> None:
    desk.service.answer = Answer(message=message, code=0)
    with pytest.raises(Unknown):
        await desk.run()


async def test_an_answer_without_a_status_says_nothing(desk: Desk, autojump_clock: MockClock) -> None:
    desk.service.answer = Answer(message=Message([(25, b"1")]), code=0)
    assert await desk.run() == "undefined"


@pytest.mark.parametrize("answer", [b"", b"<html>", b"\xff" * 50])
async def test_no_document(desk: Desk, autojump_clock: MockClock, answer: bytes) -> None:
    desk.service.answer = answer
    with pytest.raises(Unknown):
        await desk.run()


async def test_another_status_than_200(desk: Desk, autojump_clock: MockClock) -> None:
    desk.service.status = 500
    with pytest.raises(Unknown):
        await desk.run()


async def test_silence(desk: Desk, autojump_clock: MockClock) -> None:
    desk.service.answer = None
    with pytest.raises(Unknown):
        await desk.run()
    assert trio.current_time() == pytest.approx(310)


async def test_nobody_there(desk: Desk, autojump_clock: MockClock) -> None:
    desk.dialer.refusing = True
    with pytest.raises(Unreachable):
        await desk.run()
    with pytest.raises(Unreachable):
        await desk.pinpad.check()


@pytest.mark.parametrize("cut", [0, 1, 40, 200])
async def test_a_cut_request(desk: Desk, autojump_clock: MockClock, cut: int) -> None:
    desk.dialer.there = Faults(cut_at=cut)
    with pytest.raises(Unknown if cut else Unreachable):
        await desk.run()


@pytest.mark.parametrize("cut", [1, 20, 120, 300])
async def test_a_cut_answer(desk: Desk, autojump_clock: MockClock, cut: int) -> None:
    desk.dialer.back = Faults(cut_at=cut)
    with pytest.raises(Unknown):
        await desk.run()


async def test_one_byte_at_a_time(desk: Desk, autojump_clock: MockClock) -> None:
    desk.dialer.there = desk.dialer.back = Faults(one_byte=True)
    assert await desk.run() == "approved"


async def test_what_settling_asks(desk: Desk, autojump_clock: MockClock) -> None:
    desk.service.answer = Answer(message=Message([(25, b"26"), (27, b"50101700"), (39, b"1")]), code=0)
    assert await desk.pinpad.check() == "50101700"
    slip = write_slips(SlipData(customer="ОПЛАТА\nСумма (Руб): 12.00\nRRN: 632612345678\nОДОБРЕНО"))
    copy = Message([(25, b"63"), (65, b"22")]).with_value(SLIPS, slip)
    desk.service.answer = Answer(message=copy, code=0)
    last = await desk.pinpad.last_operation(PAYMENT)
    assert last is not None
    assert (last.approved, last.amount, last.rrn) == (True, 1200, "632612345678")
