"""The host link lent to a pinpad: bytes verbatim, to allowed hosts only, with bounds on everything."""

from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from tests.transports.smartsale.device import Device, Wire
from tests.transports.smartsale.orders import SALE
from tests.transports.smartsale.vectors import BY_NAME
from transports.link import ByteStream
from transports.memory import Faults, MemoryDialer
from transports.pinpad import Place, Progress, Unknown
from transports.smartsale.client import SmartSale
from transports.smartsale.fields import DATA, MODE, MODE2, OPERATION, RESULT, STATUS
from transports.smartsale.frames import EOT
from transports.smartsale.message import Message
from transports.smartsale.profiles import default_profile, make_profile
from transports.smartsale.relay import HostRelay
from transports.smartsale.settings import HostLink

Clock = trio.testing.MockClock
Host = Callable[[ByteStream], Awaitable[None]]
ALLOW = ("127.0.0.1:5000", "bank.example:443", "[::1]:7")
OPEN, CLOSE, READ = (BY_NAME[name].message for name in ("open", "close", "read"))


async def echo(stream: ByteStream) -> None:
    while data := await stream.receive_some():
        await stream.send_all(data)


async def mute(stream: ByteStream) -> None:
    await trio.sleep_forever()


async def hangs_up(stream: ByteStream) -> None:
    await stream.receive_some()


class Bank:
    """Hosts in memory; ``dialled`` are those that were connected to."""

    def __init__(self, nursery: trio.Nursery, host: Host = echo) -> None:
        self.dialer = MemoryDialer(nursery, host)
        self.dialled: list[tuple[str, int]] = []
        self.reports: list[str] = []

    async def dial(self, host: str, port: int) -> ByteStream:
        self.dialled.append((host, port))
        return await self.dialer.dial()

    def relay(self, link: HostLink | None = None, allow: tuple[str, ...] = ALLOW) -> HostRelay:
        return HostRelay(allow, link or HostLink(), self.reports.append, self.dial)


def send(data: bytes) -> Message:
    return Message.of({OPERATION: 63, MODE: 0, MODE2: 17, DATA: data})


def opening(place: bytes) -> Message:
    return Message.of({OPERATION: 63, MODE: 1, MODE2: 16, DATA: place})


def result(message: Message) -> int | None:
    return message.get(RESULT)


async def test_the_worked_frames(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    async def hello(stream: ByteStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"\0\5HELLO")

    relay = Bank(nursery, hello).relay()
    assert (await relay.serve(OPEN)).frame() == BY_NAME["open or close done"].frame
    assert (await relay.serve(READ)).frame() == BY_NAME["nothing to read yet"].frame
    assert (await relay.serve(BY_NAME["send"].message)).frame() == BY_NAME["send done"].frame
    assert (await relay.serve(READ)).frame() == BY_NAME["data, 67 behind 70"].frame
    assert (await relay.serve(CLOSE)).frame() == BY_NAME["open or close done"].frame


@pytest.mark.parametrize("data", [bytes(range(256)), b"\2\5\0", b"\0", b"\x04\x06\x15" * 100])
async def test_bytes_are_passed_verbatim(autojump_clock: Clock, nursery: trio.Nursery, data: bytes) -> None:
    relay = Bank(nursery).relay(HostLink(chunk=100))
    await relay.serve(OPEN)
    await relay.serve(send(data))
    back = b""
    while len(back) < len(data):
        piece = (await relay.serve(READ)).get(DATA)
        assert piece is not None
        assert len(piece) <= 100
        back += piece
    assert back == data


@pytest.mark.parametrize("place", [b"127.0.0.1;5000", b"127.0.0.1;5000\0", b"BANK.example;443;1;x", b" ::1 ; 7 \0;"])
async def test_allowed_hosts(autojump_clock: Clock, nursery: trio.Nursery, place: bytes) -> None:
    bank = Bank(nursery)
    assert result(await bank.relay().serve(opening(place))) == 0
    assert bank.reports == [f"connected to {bank.dialled[0][0]}:{bank.dialled[0][1]}"]


@pytest.mark.parametrize(
    "place",
    [
        b"127.0.0.1;5001",
        b"127.0.0.2;5000",
        b"localhost;5000",
        b"127.0.0.1",
        b"\0",
        b";",
        b"127.0.0.1;",
        b"127.0.0.1;x",
        b"127.0.0.1;99999999999",
        b"127.0.0.1:5000",
        b"127.0.0.1;-1",
        b"\xff\xfe;1",
        b"127.0.0.1.;5000",
    ],
)
async def test_any_other_host_is_refused_and_reported(
    autojump_clock: Clock, nursery: trio.Nursery, place: bytes
) -> None:
    bank = Bank(nursery)
    relay = bank.relay()
    assert result(await relay.serve(opening(place))) == 1
    assert bank.dialled == []
    assert "is not on the pinpad's allow-list" in bank.reports[0]
    assert result(await relay.serve(send(b"x"))) == 1


async def test_several_connections_one_after_another(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bank = Bank(nursery)
    relay = bank.relay()
    await relay.serve(OPEN)
    await relay.serve(opening(b"bank.example;443"))
    await relay.serve(CLOSE)
    assert result(await relay.serve(CLOSE)) == 0
    await relay.serve(OPEN)
    await relay.aclose()
    assert bank.dialled == [("127.0.0.1", 5000), ("bank.example", 443), ("127.0.0.1", 5000)]
    assert result(await relay.serve(READ)) == 2


async def test_opening_another_connection_closes_the_one_before(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    closed: list[bytes] = []

    async def watching(stream: ByteStream) -> None:
        closed.append(await stream.receive_some())

    relay = Bank(nursery, watching).relay()
    await relay.serve(OPEN)
    assert result(await relay.serve(opening(b"127.0.0.1;1"))) == 1
    await trio.sleep(1)
    assert closed == [b""]


async def test_commands_while_nothing_is_open(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    relay = Bank(nursery).relay()
    assert result(await relay.serve(send(b"x"))) == 1
    assert result(await relay.serve(READ)) == 2
    assert result(await relay.serve(CLOSE)) == 0


@pytest.mark.parametrize(
    "command",
    [
        Message.of({OPERATION: 63, MODE: 1, MODE2: 18}),
        Message.of({OPERATION: 63, MODE: 7, MODE2: 16}),
        Message.of({OPERATION: 63}),
        Message(((25, b"63"), (65, b"x"))),
        Message(((25, b"63"), (65, b"16"), (65, b"17"))),
    ],
)
async def test_unknown_commands_are_refused(autojump_clock: Clock, nursery: trio.Nursery, command: Message) -> None:
    assert result(await Bank(nursery).relay().serve(command)) == 1


async def test_a_host_that_cannot_be_reached(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bank = Bank(nursery)
    bank.dialer.refusing = True
    assert result(await bank.relay().serve(OPEN)) == 1
    assert "127.0.0.1:5000 cannot be reached" in bank.reports[0]


async def test_a_host_that_does_not_answer_the_dial(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    async def hanging(host: str, port: int) -> ByteStream:
        await trio.sleep_forever()
        raise AssertionError

    reports: list[str] = []
    relay = HostRelay(ALLOW, HostLink(connect=3), reports.append, hanging)
    began = trio.current_time()
    assert result(await relay.serve(OPEN)) == 1
    assert trio.current_time() - began == pytest.approx(3)
    assert reports == ["127.0.0.1:5000 cannot be reached: no answer in time"]


@pytest.mark.parametrize("back", [Faults(), Faults(reset=True)])
async def test_a_host_that_hangs_up(autojump_clock: Clock, nursery: trio.Nursery, back: Faults) -> None:
    bank = Bank(nursery, hangs_up)
    bank.dialer.back = back
    relay = bank.relay()
    await relay.serve(OPEN)
    await relay.serve(send(b"x"))
    await trio.sleep(1)
    assert [result(await relay.serve(READ)) for _ in range(2)] == [2, 2]
    assert bank.reports[-1] == "127.0.0.1:5000 closed the connection"
    assert result(await relay.serve(send(b"x"))) == 1


async def test_a_host_that_takes_nothing_more(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    class Full:
        async def send_all(self, data: bytes) -> None:
            await trio.sleep_forever()

        async def receive_some(self, max_bytes: int | None = None) -> bytes:
            return b""

        async def aclose(self) -> None:
            return

    async def dial(host: str, port: int) -> ByteStream:
        return Full()

    reports: list[str] = []
    relay = HostRelay(ALLOW, HostLink(send=3), reports.append, dial)
    await relay.serve(OPEN)
    assert result(await relay.serve(send(b"x"))) == 1
    assert reports[-1] == "127.0.0.1:5000 takes nothing more: no answer in time"


async def test_a_broken_connection_cannot_be_sent_to(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bank = Bank(nursery)
    bank.dialer.there = Faults(cut_at=0)
    relay = bank.relay()
    await relay.serve(OPEN)
    assert result(await relay.serve(send(b"x"))) == 1


async def test_what_one_operation_may_carry_is_bounded(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bank = Bank(nursery)
    relay = bank.relay(HostLink(most=1024))
    await relay.serve(OPEN)
    assert result(await relay.serve(send(bytes(600)))) == 0
    assert result(await relay.serve(READ)) == 1, "600 there and 600 back"
    assert "more than 1024 bytes" in bank.reports[-1]


async def test_a_read_waits_no_longer_than_it_may(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    relay = Bank(nursery, mute).relay(HostLink(read=0.5))
    await relay.serve(OPEN)
    began = trio.current_time()
    assert result(await relay.serve(READ)) == 1
    assert trio.current_time() - began == pytest.approx(0.5)


# -- under the whole client


def wired(nursery: trio.Nursery, script: Callable[[Wire], Awaitable[None]], bank: Bank, place: Place) -> SmartSale:
    return SmartSale(MemoryDialer(nursery, Device(script).serve), place, default_profile(), bank.dial)


async def through_us(wire: Wire) -> None:
    """A terminal that has its sum approved by a host that it reaches through the cash register."""
    await wire.request()
    done = result(await wire.ask(OPEN)) == 0 and result(await wire.ask(send(b"1200"))) == 0
    answer = await wire.ask(READ) if done else Message()
    await wire.ask(CLOSE)
    approved = answer.get(DATA) == b"1200"
    await wire.say(Message.of({OPERATION: 1, STATUS: 1 if approved else 34}))
    await wire.control()


@pytest.mark.parametrize(
    ("place", "status"),
    [
        (Place(wiring="pkh", allow=ALLOW), 1),
        (Place(wiring="pkh", allow=("127.0.0.1:5001",)), 34),
        (Place(wiring="pkh"), 34),
        (Place(wiring="kph", allow=ALLOW), 34),
    ],
    ids=["allowed", "another port", "nothing allowed", "its own way"],
)
async def test_a_payment_through_our_network(
    autojump_clock: Clock, nursery: trio.Nursery, place: Place, status: int
) -> None:
    bank, told = Bank(nursery), list[Progress]()
    pinpad = wired(nursery, through_us, bank, place)
    answer = await pinpad.run(pinpad.intend(SALE), told.append)
    await pinpad.acknowledge()
    assert answer.status == status
    texts = [each.text for each in told if each.stage == "host"]
    assert texts == (
        ["connected to 127.0.0.1:5000"] if status == 1 else ["127.0.0.1:5000 is not on the pinpad's allow-list"]
    )


async def test_the_host_link_ends_with_the_operation(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    closed = trio.Event()

    async def watching(stream: ByteStream) -> None:
        assert await stream.receive_some() == b""
        closed.set()

    async def forgets_to_close(wire: Wire) -> None:
        await wire.request()
        await wire.ask(OPEN)
        await wire.say(Message.of({OPERATION: 1, STATUS: 1}))
        await wire.control()

    pinpad = wired(nursery, forgets_to_close, Bank(nursery, watching), Place(wiring="pkh", allow=ALLOW))
    await pinpad.run(pinpad.intend(SALE), lambda progress: None)
    with trio.fail_after(1):
        await closed.wait()
    await pinpad.acknowledge()


async def test_a_host_that_keeps_us_waiting_ends_with_the_hard_limit(
    autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    heard = list[int]()

    async def hanging(host: str, port: int) -> ByteStream:
        await trio.sleep_forever()
        raise AssertionError

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.say(OPEN)
        heard.append(await wire.control())

    profile = make_profile({"host": {"connect": 3600}})
    place = Place(wiring="pkh", allow=ALLOW)
    pinpad = SmartSale(MemoryDialer(nursery, Device(script).serve), place, profile, hanging)
    with pytest.raises(Unknown, match="no result within 300 s"):
        await pinpad.run(pinpad.intend(SALE), lambda progress: None)
    await trio.sleep(1)
    assert heard == [EOT]


async def test_no_report_shows_what_travels(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    bank = Bank(nursery, hangs_up)
    relay = bank.relay()
    await relay.serve(OPEN)
    await relay.serve(send(b"SECRET"))
    await trio.sleep(1)
    await relay.serve(READ)
    assert bank.reports
    assert "SECRET" not in "".join(bank.reports)
    assert "SECRET" not in repr(send(b"SECRET"))
