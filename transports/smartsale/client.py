"""One pinpad that speaks SA, as its actor knows it: :class:`transports.pinpad.Pinpad`."""

from math import inf

import trio
from msgspec import structs

from schemas.operations import CHARGES, PinpadAnswer
from transports.link import ByteStream, Dialer
from transports.pinpad import Intent, LastOperation, Order, Place, Progress, Tell, Unknown, Unreachable
from transports.smartsale.actions import Expected
from transports.smartsale.answers import foreign, read_answer
from transports.smartsale.conversation import Conversation
from transports.smartsale.exchange import Exchange
from transports.smartsale.fields import TERMINAL_ID
from transports.smartsale.last import read_last
from transports.smartsale.link import PinpadLink
from transports.smartsale.message import Message
from transports.smartsale.profile import TerminalProfile
from transports.smartsale.relay import Dial, HostRelay, dial_host
from transports.smartsale.requests import asks_for, decoded_request, request_for, variant_of
from transports.smartsale.values import Malformed


class SmartSale:
    """A pinpad behind ``dialer``. ``dial`` is how hosts are reached for it (wiring ``pkh``)."""

    def __init__(self, dialer: Dialer, place: Place, profile: TerminalProfile, dial: Dial = dial_host) -> None:
        self._place = place
        self._profile = profile
        self._dial = dial
        self._link = PinpadLink(dialer, profile.timers)
        self._busy = False
        self._former_rrn: str | None = None
        self._dialling: trio.CancelScope | None = None
        self._conversation: Conversation | None = None

    def intend(self, order: Order) -> Intent:
        """Raises NotConfigured or ValueError."""
        return Intent(order=order, request=request_for(self._placed(order), self._profile).frame())

    async def run(self, intent: Intent, tell: Tell) -> PinpadAnswer:
        """Raises Unreachable or Unknown; afterwards the result waits to be acknowledged."""
        order = intent.order
        message = await self._ask(intent, tell)
        try:
            operation = self._profile.operation(variant_of(order, self._profile))
            answer = read_answer(message, order.kind, operation, self._profile)
        except Malformed as error:
            await self.abandon()
            raise self._unknown(f"its result cannot be read: {error}") from error
        self._former_rrn = answer.rrn or self._former_rrn
        tell(Progress("result", answer.text))
        return answer

    async def acknowledge(self) -> None:
        """Raises Unknown when the pinpad cannot be told."""
        conversation, self._conversation = self._conversation, None
        if conversation is None:
            raise self._unknown("there is no result to be acknowledged")
        told = False
        try:
            await conversation.acknowledge()
            told = True
        except Unknown as error:
            raise self._unknown(error) from error
        finally:
            await self._give_back(conversation, clean=told)

    async def abandon(self) -> None:
        """Neither ACK nor EOT behind a result: its terminal will reverse it."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            await conversation.say_goodbye()
            await self._give_back(conversation, clean=False)

    async def interrupt(self) -> None:
        """While it is dialled: nothing is sent. Later: EOT, and what the pinpad makes of it."""
        if self._conversation is not None:
            await self._conversation.interrupt()
        elif self._dialling is not None:
            self._dialling.cancel()

    async def check(self) -> str | None:
        """Asked without naming a terminal that would be refused: a wrong id is answered with the real one."""
        message = await self._question(Order(kind="connection_check", number=0, at=""))
        try:
            return message.get(TERMINAL_ID)
        except Malformed as error:
            raise self._unknown(error) from error

    async def last_operation(self, order: Order | None = None) -> LastOperation | None:
        """By a copy of the last slip: the only query that is known."""
        at = "" if order is None else order.at
        message = await self._question(Order(kind="receipt_copy", number=0, at=at))
        try:
            return read_last(message, self._profile)
        except Malformed as error:
            raise self._unknown(error) from error

    async def aclose(self) -> None:
        """Give a serial port back; a result that waits is not acknowledged any more."""
        await self.abandon()
        await self._link.drop()

    # -- one exchange

    async def _question(self, order: Order) -> Message:
        """Something that moves no money: acknowledged at once, and no harm done where that fails."""
        try:
            intent = self.intend(order)
        except ValueError as error:
            raise Unreachable(f"{self._link.address}: cannot be asked: {error}") from error
        message = await self._ask(intent, lambda progress: None)
        try:
            await self.acknowledge()
        except Unknown:
            return message
        return message

    async def _ask(self, intent: Intent, tell: Tell) -> Message:
        if self._busy or self._conversation is not None:
            raise RuntimeError(f"two operations at once at {self._link.address}")
        self._busy = True
        try:
            exchange = self._exchange_for(intent)
            stream = await self._open(tell)
            self._conversation = self._converse(stream, exchange, tell)
            return await self._result(self._conversation)
        finally:
            self._busy = False

    async def _open(self, tell: Tell) -> ByteStream:
        tell(Progress("connecting"))
        stream: ByteStream | None = None
        with trio.CancelScope() as scope:
            self._dialling = scope
            try:
                stream = await self._link.open()
            finally:
                self._dialling = None
        if stream is not None and not scope.cancel_called:
            return stream
        await self._link.release(clean=False)
        raise Unreachable(f"{self._link.address}: interrupted before anything was sent")

    async def _result(self, conversation: Conversation) -> Message:
        try:
            return await conversation.result()
        except BaseException as error:
            self._conversation = None
            await self._give_back(conversation, clean=False)
            if isinstance(error, Unknown | Unreachable):
                raise type(error)(f"{self._link.address}: {error}") from error
            raise

    async def _give_back(self, conversation: Conversation, *, clean: bool) -> None:
        await (self._link.drop() if conversation.broken else self._link.release(clean=clean))

    def _exchange_for(self, intent: Intent) -> Exchange:
        order, profile = intent.order, self._profile
        variant = variant_of(order, profile)
        hard = min(profile.limit(variant), order.time_limit or inf)
        expected = self._expected(order, decoded_request(intent.request))
        return Exchange(intent.request, expected, profile.timers, hard=hard, idle=profile.operation(variant).idle)

    def _converse(self, stream: ByteStream, exchange: Exchange, tell: Tell) -> Conversation:
        relay = HostRelay(self._allowed, self._profile.host, lambda text: tell(Progress("host", text)), self._dial)
        return Conversation(stream, exchange, relay, tell, self._profile)

    def _expected(self, order: Order, request: Message) -> Expected:
        operation, mode2, number = asks_for(request)
        wanted = request.get(TERMINAL_ID) or self._place.terminal_id
        asked = None if order.kind == "connection_check" else wanted
        counted = number if self._profile.checks_number else None
        former = self._former_rrn if order.kind in CHARGES and order.original is None else None
        return Expected(
            operation=operation,
            mode2=mode2,
            complaint=lambda message: foreign(message, asked, counted, former),
            dialog_result=self._profile.dialog_result,
            needs_ack=self._profile.needs_ack,
        )

    def _placed(self, order: Order) -> Order:
        if order.terminal_id is not None or self._place.terminal_id is None:
            return order
        return structs.replace(order, terminal_id=self._place.terminal_id)

    @property
    def _allowed(self) -> tuple[str, ...]:
        """With the wiring ``kph`` a pinpad reaches its bank itself and nothing through us."""
        return self._place.allow if self._place.wiring == "pkh" else ()

    def _unknown(self, reason: object) -> Unknown:
        return Unknown(f"{self._link.address}: {reason}")
