"""What a pinpad offers to its actor, whatever protocol it speaks.

A driver translates; it never decides and never repeats a financial request (except where its protocol says that the
peer certainly did not take it: an explicit NAK before any ACK). Four things are told apart, because the rules of
"never charged twice" need them:

* an answer - a final frame came: :class:`schemas.operations.PinpadAnswer`, which may be a refusal,
* :class:`NotConfigured` - this terminal's profile does not say how to ask for that,
* :class:`Unreachable` - no byte of the request was written, so nothing can have happened,
* :class:`Unknown` - bytes were written and no definite answer came back.

One operation goes like this; the actor's part is in brackets::

    intent = pinpad.intend(order)           the bytes, before anything is connected
    [intent to disk]
    answer = await pinpad.run(intent, tell)
    [answer to disk]
    await pinpad.acknowledge()              the final ACK and EOT: only now the pinpad may forget it
    [acknowledgement to disk]

A pinpad whose result is not acknowledged reverses it at the bank by itself; :meth:`Pinpad.abandon` lets it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from schemas.operations import OperationKind, PinpadAnswer, Stage
from schemas.pinpads import Wiring
from schemas.problems import FieldError
from transports.link import Dialer


class NotConfigured(Exception):
    """The profile has no code or field for this operation; ``key`` is the one to set (``operations.balance.code``)."""

    def __init__(self, key: str) -> None:
        super().__init__(f"operation_not_configured: set {key} in the terminal's profile")
        self.key = key


class Unreachable(Exception):
    """No connection, or it broke before the first byte of the request was written."""


class Unknown(Exception):
    """Bytes of a request were written and no definite answer came back."""


class Original(Struct, frozen=True, kw_only=True):
    """The operation that is voided, refunded, completed or added to.

    ``request`` are the bytes it was asked with, where we asked: an emergency void repeats them with another code.
    """

    kind: OperationKind | None = None
    amount: int | None = None
    currency: str | None = None
    rrn: str | None = None
    auth_code: str | None = None
    number: int | None = None
    slip_number: str | None = None
    request: bytes | None = None


class Order(Struct, frozen=True, kw_only=True):
    """What is to be sent. ``number`` is our transaction number 0…999999 (SA field 26), ``at`` our local time as
    ``YYYYMMDDhhmmss`` (field 21); ``amount`` and ``original.amount`` in kopecks.
    """

    kind: OperationKind
    number: int
    at: str
    amount: int | None = None
    currency: str = "643"
    terminal_id: str | None = None
    original: Original | None = None
    receipt_number: int | None = None
    time_limit: float | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Where a pinpad stands: ``allow`` are the only ``ip:port`` it may reach through us (wiring ``pkh``).

    What it asked for beyond that is answered as failed and told as a :class:`Progress` of stage ``host``. ``device``
    is for go-betweens: where they find the pinpad.
    """

    terminal_id: str | None = None
    wiring: Wiring = "kph"
    allow: tuple[str, ...] = ()
    device: str | None = None


class Intent(Struct, frozen=True, kw_only=True):
    """An order as the exact bytes that will be written first. It holds no secret: it is journalled."""

    order: Order
    request: bytes


class Progress(Struct, frozen=True):
    """A step that the pinpad let us see; ``text`` is for people (its screen's message), never secret."""

    stage: Stage
    text: str | None = None


Tell = Callable[[Progress], None]
"""Told each step as it happens. Must not wait."""


class LastOperation(Struct, frozen=True, kw_only=True):
    """What the pinpad (or its last slip) says about its last operation; ``None`` where it does not tell.

    ``approved`` is None where the answer is not definite. ``at`` is local time ``YYYYMMDDhhmmss``.
    """

    approved: bool | None = None
    kind: OperationKind | None = None
    amount: int | None = None
    number: int | None = None
    at: str | None = None
    rrn: str | None = None
    auth_code: str | None = None
    slip: str | None = None


class Abilities(Struct, frozen=True, kw_only=True):
    """What this terminal's profile allows.

    ``missing`` names the profile's key for each kind that is not configured; a kind of which the protocol knows nothing
    stands in ``absent``.
    """

    missing: Mapping[OperationKind, str] = {}
    absent: frozenset[OperationKind] = frozenset()
    partial_void: bool = False
    partial_refund: bool = False


class Pinpad(Protocol):
    """One pinpad, one operation at a time. Its link is dialled for each operation or kept, as the protocol asks."""

    def intend(self, order: Order) -> Intent:
        """The bytes of ``order``; nothing is connected. Raises :class:`NotConfigured`, or ``ValueError`` for what the
        protocol cannot carry.
        """

    async def run(self, intent: Intent, tell: Tell) -> PinpadAnswer:
        """Write ``intent.request`` and serve the pinpad until its final answer, which is *not* acknowledged yet.

        Raises :class:`Unreachable` or :class:`Unknown`. Cancelled, it tells the pinpad that we gave up (SA: EOT), as
        far as that can be done in a moment, and closes the link. The time limits are the driver's settings.
        """

    async def acknowledge(self) -> None:
        """Tell the pinpad that its result is kept (SA: ACK and EOT), and end the exchange.

        Raises :class:`Unknown` when it cannot be told.
        """

    async def abandon(self) -> None:
        """End the exchange without acknowledging; never raises. Does nothing when there is none."""

    async def interrupt(self) -> None:
        """Ask the pinpad, from another task, to stop the running operation; never raises.

        No promise: ``run`` ends as the pinpad decides, with an answer or :class:`Unknown`.
        """

    async def check(self) -> str | None:
        """The connection check: the terminal id it answers with, if it tells. Raises Unreachable or Unknown."""

    async def last_operation(self, order: Order | None = None) -> LastOperation | None:
        """What it says of its last operation; None when it has none. ``order`` is the one in question (a hint for
        reading the slip). Raises Unreachable or Unknown, :class:`NotConfigured` where this terminal cannot be asked.
        """

    async def aclose(self) -> None:
        """Give the link back. Not to be used afterwards."""


class PinpadDriver(Protocol):
    """A device type under one profile: what is known before any pinpad is asked."""

    @property
    def abilities(self) -> Abilities: ...

    def objections(self, order: Order) -> Sequence[FieldError]:
        """Why this type can never carry the order (amount, text, number out of range); empty when it can."""

    def pinpad(self, dialer: Dialer, place: Place) -> Pinpad:
        """A pinpad of this type behind ``dialer``; its time limits are the driver's own settings."""
