"""The way to the bank: the terminal's own link (``kph``), or bytes that the cash register carries (``pkh``).

Either way there is a byte stream in the end, and one demand on it gets one answer. Two failures are kept apart, because
only one of them may have moved money: :class:`NoLink` - nothing went out; :class:`NoAnswer` - something did.
"""

from typing import Protocol

import trio

from kassanet.sandbox.smartsale.bank import Answer, Demand, HostDecoder, encode_demand
from kassanet.sandbox.smartsale.bank.messages import BadMessage
from kassanet.sandbox.smartsale.terminal.line import Line
from transports.link import ByteStream, Dialer
from transports.smartsale.fields import DATA, MODE, MODE2, OPERATION, RESULT
from transports.smartsale.message import Message
from transports.smartsale.values import Malformed

USER_COMMAND, LINK, BYTES = 63, 16, 17
CLOSE, OPEN, SEND, READ = 0, 1, 0, 1
MOST_AT_ONCE = 512


class NoLink(Exception):
    """The bank cannot be reached; it has heard nothing."""


class NoAnswer(Exception):
    """The bank may have heard the demand; what it decided is not known."""


class Way(Protocol):
    """Opens a stream to the bank; raises :class:`NoLink`."""

    async def connect(self) -> ByteStream: ...


class OwnWay:
    """The terminal's own network."""

    def __init__(self, dialer: Dialer, seconds: float) -> None:
        self._dialer = dialer
        self._seconds = seconds

    async def connect(self) -> ByteStream:
        with trio.move_on_after(self._seconds):
            try:
                return await self._dialer.dial()
            except OSError as error:
                raise NoLink from error
        raise NoLink


class CashWay:
    """Operation 63 with 65 = 16 and 17: the cash register opens, carries, fetches and closes."""

    def __init__(self, line: Line, bank: str, poll_seconds: float) -> None:
        self._line = line
        self._bank = bank
        self._poll_seconds = poll_seconds

    async def connect(self) -> ByteStream:
        host, _, port = self._bank.rpartition(":")
        answer = await self.command(LINK, OPEN, f"{host};{port}\0".encode())
        if not _is_good(answer):
            raise NoLink
        return _CashStream(self, self._poll_seconds)

    async def command(self, mode2: int, mode: int, data: bytes | None = None) -> Message | None:
        return await self._line.ask(Message.of({OPERATION: USER_COMMAND, MODE: mode, MODE2: mode2, DATA: data}))


class _CashStream:
    """A stream whose every byte travels in field 70."""

    def __init__(self, way: CashWay, poll_seconds: float) -> None:
        self._way = way
        self._poll_seconds = poll_seconds

    async def send_all(self, data: bytes) -> None:
        for start in range(0, len(data), MOST_AT_ONCE):
            if not _is_good(await self._way.command(BYTES, SEND, data[start : start + MOST_AT_ONCE])):
                raise trio.BrokenResourceError("the cash register could not send")

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        while True:
            answer = await self._way.command(BYTES, READ)
            if answer is None:
                raise trio.BrokenResourceError("the cash register does not answer")
            if _is_good(answer):
                return answer.raw(DATA.number) or b""
            await trio.sleep(self._poll_seconds)

    async def aclose(self) -> None:
        await self._way.command(LINK, CLOSE)


def _is_good(answer: Message | None) -> bool:
    try:
        return answer is not None and answer.get(RESULT) == 0
    except Malformed:
        return False


async def ask_bank(way: Way, demand: Demand, seconds: float) -> Answer:
    """One demand, one answer; raises :class:`NoLink` or :class:`NoAnswer`."""
    stream = await way.connect()
    try:
        with trio.move_on_after(seconds):
            return await _exchange(stream, demand)
    except (trio.BrokenResourceError, trio.ClosedResourceError, BadMessage) as error:
        raise NoAnswer from error
    finally:
        await stream.aclose()
    raise NoAnswer


async def _exchange(stream: ByteStream, demand: Demand) -> Answer:
    await stream.send_all(encode_demand(demand))
    decoder = HostDecoder()
    while data := await stream.receive_some():
        answers = decoder.answers(data)
        if answers:
            return answers[0]
    raise NoAnswer
