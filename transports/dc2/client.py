"""A pinpad behind somebody's DC2 service: :class:`transports.pinpad.Pinpad` whose exchange is one HTTP request.

The service speaks SA with the pinpad and has acknowledged the result before we see it, so there is nothing left to
acknowledge; what gets lost between it and us is unknown like any other lost answer, and is looked for the same way.
"""

from contextlib import suppress

import trio
from msgspec import structs

from schemas.operations import PinpadAnswer
from transports.dc2.documents import Answer, BadDocument, Request, read_answer, write_request
from transports.dc2.posting import post
from transports.dc2.settings import Dc2Settings
from transports.link import ByteStream, Dialer
from transports.pinpad import Intent, LastOperation, Order, Place, Progress, Tell, Unknown, Unreachable
from transports.smartsale import answers
from transports.smartsale.fields import STATUS, TERMINAL_ID
from transports.smartsale.last import read_last
from transports.smartsale.message import Message
from transports.smartsale.profile import TerminalProfile
from transports.smartsale.requests import asks_for, decoded_request, request_for, variant_of
from transports.smartsale.values import Malformed


class Dc2Pinpad:
    """``dialer`` reaches the service; ``place.device`` says where that finds the pinpad (``ip:port`` or ``COM3``)."""

    def __init__(self, dialer: Dialer, place: Place, profile: TerminalProfile, settings: Dc2Settings) -> None:
        self._dialer = dialer
        self._place = place
        self._profile = profile
        self._settings = settings
        self._stream: ByteStream | None = None

    def intend(self, order: Order) -> Intent:
        """The SA request that the service is to make: it is the same, whoever sends it. Raises NotConfigured."""
        if order.terminal_id is None and self._place.terminal_id is not None:
            order = structs.replace(order, terminal_id=self._place.terminal_id)
        return Intent(order=order, request=request_for(order, self._profile).frame())

    async def run(self, intent: Intent, tell: Tell) -> PinpadAnswer:
        """Raises :class:`Unreachable` or :class:`Unknown`."""
        order = intent.order
        message = await self._ask(intent, tell)
        try:
            operation = self._profile.operation(variant_of(order, self._profile))
            answer = answers.read_answer(message, order.kind, operation, self._profile)
        except Malformed as error:
            raise Unknown(f"its result cannot be read: {error}") from error
        tell(Progress("result", answer.text))
        return answer

    async def acknowledge(self) -> None:
        """The service has done that."""

    async def abandon(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await stream.aclose()

    async def interrupt(self) -> None:
        """No way to say it is known; the service's own time limit ends the operation."""

    async def check(self) -> str | None:
        """The terminal id that is answered. Raises Unreachable or Unknown."""
        message = await self._question(Order(kind="connection_check", number=0, at=""))
        try:
            return message.get(TERMINAL_ID)
        except Malformed as error:
            raise Unknown(str(error)) from error

    async def last_operation(self, order: Order | None = None) -> LastOperation | None:
        """By a copy of the last slip."""
        at = "" if order is None else order.at
        message = await self._question(Order(kind="receipt_copy", number=0, at=at))
        try:
            return read_last(message, self._profile)
        except Malformed as error:
            raise Unknown(str(error)) from error

    async def aclose(self) -> None:
        await self.abandon()

    # -- one request

    async def _question(self, order: Order) -> Message:
        try:
            intent = self.intend(order)
        except ValueError as error:
            raise Unreachable(f"cannot be asked: {error}") from error
        return await self._ask(intent, lambda progress: None)

    async def _ask(self, intent: Intent, tell: Tell) -> Message:
        await self.abandon()
        request = decoded_request(intent.request)
        seconds = intent.order.time_limit or self._profile.limit(variant_of(intent.order, self._profile))
        body = write_request(self._document(request, seconds))
        tell(Progress("connecting"))
        self._stream = await self._dial()
        try:
            tell(Progress("sent"))
            said = await post(
                self._stream, self._dialer.address, self._settings.path, body, seconds + self._settings.grace
            )
            return self._judged(intent.order, request, _read(said))
        finally:
            with trio.CancelScope(shield=True):
                await self.abandon()

    def _document(self, request: Message, seconds: float) -> Request:
        device = self._place.device or ""
        com = device.upper().removeprefix("COM")
        return Request(
            message=request,
            address=device if ":" in device else None,
            com=int(com) if com.isascii() and com.isdigit() else None,
            timeout=min(round(seconds), 3600),
        )

    async def _dial(self) -> ByteStream:
        try:
            with trio.fail_after(self._settings.connect_seconds):
                return await self._dialer.dial()
        except (OSError, trio.TooSlowError) as error:
            raise Unreachable(str(error) or "the service does not answer") from error

    def _judged(self, order: Order, request: Message, answer: Answer) -> Message:
        """The fields, if they are an answer to this request; an approval is never believed against the code."""
        if answer.code:
            told = f"the service answered with code {answer.code}: {answer.text or 'no text'}"
            raise Unreachable(told) if answer.code in self._settings.not_sent else Unknown(told)
        try:
            operation, _, number = asks_for(request)
            wanted = None if order.kind == "connection_check" else request.get(TERMINAL_ID) or self._place.terminal_id
            said = answer.message.operation
            if said not in (None, operation):
                raise Unknown(f"an answer to operation {said} instead of {operation}")
            if answer.message.raw(STATUS.number) == b"-1":
                raise Unknown("the service has no answer of the pinpad")
            complaint = answers.foreign(answer.message, wanted, number if self._profile.checks_number else None)
        except Malformed as error:
            raise Unknown(f"the answer cannot be read: {error}") from error
        if complaint is not None:
            raise Unknown(complaint)
        return answer.message


def _read(body: bytes) -> Answer:
    try:
        return read_answer(body)
    except BadDocument as error:
        raise Unknown(f"the service's answer cannot be read: {error}") from error
