"""Journal records of pinpads: the writes that make each step of a card payment durable, and the rows read back.

Like those of receipts (:mod:`schemas.records`) each write answers its replay as it answered the first time.
The steps stand apart on purpose. *Begun* is on disk before the first byte, *received* before the pinpad is told that
we know its result, and the end after it has been told: a gap between any two is *unknown* and must be settled.
"""

from typing import Literal

from msgspec import Struct

from schemas.circuits import Flag
from schemas.operations import OperationKind, OperationStatus
from schemas.pinpads import PinpadSpec
from schemas.records import Write


class AddPinpad(Write[int], frozen=True):
    """Answers the pinpad's id. :class:`Conflict` ``pinpad_exists`` (its id) when the address is another's."""

    spec: PinpadSpec
    at: float


class SetPinpadActive(Write[None], frozen=True):
    """:class:`Conflict` ``same_device`` (the other's id) while another active pinpad has this terminal id."""

    pinpad_id: int
    active: Flag
    at: float


class RemovePinpad(Write[None], frozen=True):
    """:class:`Conflict` ``pinpad_busy`` (the operation's id) while one is on its way or waits for a person."""

    pinpad_id: int
    at: float


class HoldPinpad(Write[None], frozen=True):
    """Keep it for ``holder`` alone until that time; again by the same holder: until the new time.

    :class:`Conflict` ``pinpad_held`` (the other holder) while somebody else keeps it.
    """

    pinpad_id: int
    holder: str
    until: float
    at: float


class ReleasePinpad(Write[None], frozen=True):
    """``is_open``: others may use it, but its settlement still waits for this sale. Else the sale is forgotten."""

    pinpad_id: int
    holder: str
    is_open: bool
    at: float


class AcceptOperation(Write["AcceptedOperation"], frozen=True):
    """Insert unless ``(pinpad_id, external_id)`` exists. ``body`` is the request's JSON, ``digest`` of its content.

    ``performed`` is the kind that will be sent, ``amount`` and ``of`` as they were found out, ``holder`` the sale that
    asks.
    """

    pinpad_id: int
    external_id: str
    kind: OperationKind
    performed: OperationKind | None
    amount: int | None
    currency: str
    of: int | None
    digest: bytes
    body: bytes
    at: float
    holder: str | None = None


class AcceptedOperation(Struct, frozen=True):
    """``created`` false: the key existed; ``same`` then tells whether the content was equal."""

    operation_id: int
    status: OperationStatus
    created: bool
    same: bool = True


class BeginOperation(Write[None], frozen=True):
    """The first byte is about to go out. From ``accepted``; from ``unknown`` where asking again is harmless."""

    operation_id: int
    request: bytes
    at: float


class ReceiveResult(Write[None], frozen=True):
    """The final answer (JSON of :class:`~schemas.operations.PinpadAnswer`); the pinpad is not told yet."""

    operation_id: int
    result: bytes
    at: float


class DoubtOperation(Write[None], frozen=True):
    """The outcome is not known; the operation stays open until it is settled."""

    operation_id: int
    reason: str
    at: float


End = Literal["approved", "refused", "failed", "cancelled", "manual", "reversed"]


class EndOperation(Write[None], frozen=True):
    """How it ended.

    What an approved reversal gives back is counted on its original in the same transaction; an approved settlement
    moves the pinpad's boundary.

    ``failed`` and ``cancelled`` are for what was never sent, or had no effect to lose.
    """

    operation_id: int
    status: End
    reason: str | None
    at: float


class ResolveOperation(Write[None], frozen=True):
    """A person's verdict on an operation in ``manual`` or ``unknown``. ``by`` names the token.

    It decides the emergency voids of the operation too, as far as nobody knows what came of them.
    """

    operation_id: int
    verdict: Literal["approved", "refused", "reversed"]
    reason: str
    by: str
    at: float


class StoredPinpad(Struct, frozen=True):
    """A pinpad's row."""

    id: int
    spec: PinpadSpec
    is_active: Flag
    settled_at: float | None
    added_at: float


class StoredHold(Struct, frozen=True):
    """Who keeps a pinpad; ``until`` None: only its settlement waits."""

    holder: str
    until: float | None


class StoredOperation(Struct, frozen=True):
    """An operation's row. ``voids`` counts the emergency voids of it that were begun."""

    id: int
    pinpad_id: int
    external_id: str
    kind: OperationKind
    performed: OperationKind | None
    status: OperationStatus
    revision: int
    amount: int | None
    currency: str
    of: int | None
    number: int
    returned: int
    accepted_at: float
    changed_at: float
    sent_at: float | None
    reason: str | None
    digest: bytes
    result: bytes | None
    request: bytes | None
    body: bytes
    holder: str | None
    voids: int

    @property
    def sent(self) -> OperationKind:
        """The kind that is or was asked of the pinpad."""
        return self.performed or self.kind


class OperationFilter(Struct, frozen=True):
    """``before_id`` is the cursor of a listing that goes from new to old."""

    pinpad_id: int | None = None
    status: OperationStatus | None = None
    kind: OperationKind | None = None
    external_id: str | None = None
    of: int | None = None
    since: float | None = None
    until: float | None = None
    before_id: int | None = None
    limit: int = 50
