"""One terminal: a connection for each operation, one question at a time.

The terminal has no access control and minds no collisions, so nothing else may talk to it meanwhile. An operation is
one blocking request, answered when everything is over; its end needs no acknowledgement in this protocol.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
import trio

from schemas.operations import PinpadAnswer
from transports.link import ByteStream, Dialer, NothingWritten
from transports.pinpad import Intent, LastOperation, NotConfigured, Order, Place, Progress, Tell, Unknown, Unreachable
from transports.privatbank.composing import compose
from transports.privatbank.frames import END, Decoder, TooLong
from transports.privatbank.messages import Answer, Unreadable, read_answer, request
from transports.privatbank.profile import Profile
from transports.privatbank.reading import read_last, read_result, simple_verdict, verdict

log = structlog.get_logger(__name__)

_MONEY = ("payment", "refund", "void", "cash_withdrawal")
_OVER = ("0", "1")  # LastResult: success, failure; "2" is in progress, and whatever else does not say that it is over
_LAST_WORD_SECONDS = 0.5
"""How long a cancelled operation may take to tell the terminal so."""


class PrivatBankPinpad:
    """Implements :class:`transports.pinpad.Pinpad`."""

    def __init__(self, dialer: Dialer, place: Place, profile: Profile) -> None:
        self._dialer = dialer
        self._place = place
        self._profile = profile
        self._stream: ByteStream | None = None

    def intend(self, order: Order) -> Intent:
        """Raises :class:`NotConfigured`, or ``ValueError`` for what the protocol cannot carry."""
        return Intent(order=order, request=compose(order, self._profile))

    async def run(self, intent: Intent, tell: Tell) -> PinpadAnswer:
        """Raises :class:`Unreachable` or :class:`Unknown`."""
        await self.abandon()
        tell(Progress("connecting"))
        self._stream = stream = await self._connect()
        try:
            await self._send(stream, intent.request)
            tell(Progress("sent"))
            limit = intent.order.time_limit or self._profile.operation_seconds
            answer = await self._answer(stream, _method(intent.request), limit)
            return self._ours(intent.order, answer)
        except trio.Cancelled:
            with trio.move_on_after(_LAST_WORD_SECONDS, shield=True):
                await self.interrupt()
            await self.abandon()
            raise
        except BaseException:
            await self.abandon()
            raise

    def _ours(self, order: Order, answer: Answer) -> PinpadAnswer:
        recalled = order.kind == "receipt_copy"
        is_money = order.kind in _MONEY or recalled
        found = verdict(answer, self._profile, recalled=recalled) if is_money else simple_verdict(answer, self._profile)
        result = read_result(answer, found, self._profile)
        mine, theirs = self._place.terminal_id, result.terminal_id
        if mine is not None and theirs is not None and mine != theirs:
            raise Unknown(f"terminal {theirs} answered in the place of {mine}")
        return result

    async def acknowledge(self) -> None:
        """The protocol has no such thing: the terminal forgets nothing and reverses nothing by itself."""
        await self.abandon()

    async def abandon(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await stream.aclose()

    async def interrupt(self) -> None:
        """``interrupt`` travels on the connection on which the operation is waited for."""
        if self._stream is not None:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await self._stream.send_all(request("ServiceMessage", msgType="interrupt"))

    async def check(self) -> str | None:
        """A ping: whether the terminal answers. It does not tell its bank id."""
        async with self._connection() as stream:
            if not self._profile.ping:
                await self._ask(stream, request("PingDevice"))
        return None

    async def last_operation(self, order: Order | None = None) -> LastOperation | None:
        """GetLastResult says whether the terminal still works, GetReceiptInfo what the batch's last operation was."""
        copy = self._profile.methods.receipt_copy
        if copy is None:
            raise NotConfigured("methods.receipt_copy")
        async with self._connection() as stream:
            state = await self._ask(stream, request("ServiceMessage", msgType="getLastResult"))
            if str(state.params.get("LastResult")) not in _OVER:
                raise Unknown("the terminal is still at its last operation")
            await trio.sleep(self._profile.pause_seconds)
            return read_last(await self._ask(stream, request(copy, invoiceNumber="0")), self._profile)

    async def aclose(self) -> None:
        await self.abandon()

    # -- the connection ---------------------------------------------------------------------------

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[ByteStream]:
        await self.abandon()
        self._stream = await self._connect()
        try:
            yield self._stream
        finally:
            with trio.CancelScope(shield=True):
                await self.abandon()

    async def _connect(self) -> ByteStream:
        """Connected and greeted; a terminal that answers no ping was asked nothing that moves money."""
        stream = await self._dial()
        if not self._profile.ping:
            return stream
        try:
            await self._ask(stream, END + request("PingDevice"))
            await trio.sleep(self._profile.pause_seconds)
        except Unknown as silence:
            await stream.aclose()
            raise Unreachable(f"no answer to a ping: {silence}") from silence
        except BaseException:
            await stream.aclose()
            raise
        if not self._profile.reconnect:
            return stream
        await stream.aclose()
        return await self._dial()

    async def _dial(self) -> ByteStream:
        try:
            with trio.fail_after(self._profile.connect_seconds):
                return await self._dialer.dial()
        except (OSError, trio.TooSlowError) as error:
            raise Unreachable(str(error) or "no connection in time") from error

    async def _ask(self, stream: ByteStream, asked: bytes) -> Answer:
        await self._send(stream, asked)
        return await self._answer(stream, _method(asked), self._profile.service_seconds)

    async def _send(self, stream: ByteStream, asked: bytes) -> None:
        try:
            await stream.send_all(asked)
        except NothingWritten as error:
            raise Unreachable(str(error)) from error
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Unknown(f"the link broke while the request was written: {error}") from error

    async def _answer(self, stream: ByteStream, method: str, seconds: float) -> Answer:
        try:
            with trio.fail_after(seconds):
                return await _read_until(stream, method)
        except trio.TooSlowError:
            raise Unknown(f"no answer to {method} within {seconds:g} s") from None
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Unknown(f"the link broke before {method} was answered: {error}") from error
        except (TooLong, Unreadable) as error:
            raise Unknown(f"no answer of this protocol: {error}") from error


async def _read_until(stream: ByteStream, method: str) -> Answer:
    """The answer to ``method``; others (to an interrupt) are passed over."""
    decoder = Decoder()
    while True:
        data = await stream.receive_some()
        if not data:
            raise trio.BrokenResourceError("the terminal closed the connection")
        for piece in decoder.feed(data):
            answer = read_answer(piece)
            if answer.method == method:
                return answer
            log.info("pinpad_answer_passed_over", method=answer.method, waiting_for=method)


def _method(asked: bytes) -> str:
    """The method that a request of ours names."""
    return read_answer(asked.strip(END)).method
