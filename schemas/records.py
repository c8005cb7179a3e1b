"""Journal records: the writes that change durable state, and what each answers.

A write is a frozen struct; a store applies a batch of them in one transaction, each succeeding or failing
alone. Times are UNIX seconds (UTC). Every transition of a receipt adds one to its revision, adds a line to
its history and, where it ends in a state that integrators wait for, a callback: in the same transaction.
"""

from typing import Literal

from msgspec import Struct

from schemas.circuits import Flag
from schemas.messages import Answer, Request
from schemas.receipts import FdWindow, Fiscal, Kind, Status

Role = Literal["admin", "operator", "viewer", "integration"]


class Write(Request[Answer], frozen=True):
    """What the journal is asked to make durable, and what it answers once it is."""


class AcceptReceipt(Write["Accepted"], frozen=True):
    """Insert unless ``(circuit_id, external_id)`` exists. ``body`` is the canonical JSON, ``digest`` of its content.

    Answers :class:`Accepted`.
    """

    circuit_id: int
    integration_id: int | None
    external_id: str
    kind: Kind
    total: int
    digest: bytes
    body: bytes
    callback_url: str | None
    at: float


class AcceptReceipts(Write["list[Accepted]"], frozen=True):
    """Many at once; answers ``list[Accepted]`` in the same order."""

    receipts: tuple[AcceptReceipt, ...]


class Accepted(Struct, frozen=True):
    """``created`` false: the key existed; ``same`` then tells whether the content was equal."""

    receipt_id: int
    status: Status
    created: bool
    same: bool = True


class BeginAttempt(Write[int], frozen=True):
    """A register is about to make the receipt: FN serial and last FD as read from it. Answers the attempt's id.

    Fails (:class:`Conflict`) unless the receipt is queued.
    """

    receipt_id: int
    eip: str
    fn: str
    fd_before: int
    at: float


class Fiscalized(Write[None], frozen=True):
    """The document exists. Fails (:class:`Conflict` ``fd_taken``) when its (FN, FD) answers another receipt."""

    attempt_id: int
    fiscal: Fiscal
    at: float


class Returned(Write[None], frozen=True):
    """Proved absent: the receipt is queued again. ``register_fault`` counts towards poison."""

    attempt_id: int
    reason: str
    register_fault: bool
    at: float


class Refuse(Write[None], frozen=True):
    """A definite refusal that says why. ``attempt_id`` is None for a receipt that no register touched."""

    receipt_id: int
    attempt_id: int | None
    reason: str
    at: float


class BecameUnknown(Write[None], frozen=True):
    """The outcome of the attempt is not known; the attempt stays open until it is settled."""

    attempt_id: int
    reason: str
    at: float


class BecameManual(Write[None], frozen=True):
    """A person must decide. The attempt, if any, is closed and the window of FDs kept on the receipt."""

    receipt_id: int
    attempt_id: int | None
    reason: str
    window: FdWindow | None
    at: float


class Cancel(Write[None], frozen=True):
    """Cancel a receipt while it is queued; otherwise :class:`Conflict`."""

    receipt_id: int
    reason: str
    at: float


class Resolve(Write[None], frozen=True):
    """A person's verdict on a receipt in ``manual``; ``absent`` queues it again. ``by`` names the token."""

    receipt_id: int
    verdict: Literal["fiscalized", "absent", "cancelled"]
    fiscal: Fiscal | None
    reason: str
    by: str
    at: float


class CreateCircuit(Write[int], frozen=True):
    """Answers the circuit's id; ``sinn`` becomes ``inn-n`` with n counted per INN from 1."""

    inn: str
    title: str
    max_wait: int | None
    at: float


class AddKkt(Write[None], frozen=True):
    """:class:`Conflict` ``kkt_exists`` (with its circuit) when the eip stands in any circuit."""

    circuit_id: int
    eip: str
    type: str
    at: float


class SetKktActive(Write[None], frozen=True):
    eip: str
    active: Flag
    at: float


class SaveIdentity(Write[None], frozen=True):
    """Serial and FN as read at activation. :class:`Conflict` ``same_device`` when another *active* eip has them."""

    eip: str
    serial: str
    fn: str
    at: float


class RemoveKkt(Write[None], frozen=True):
    """:class:`Conflict` ``kkt_busy`` while an attempt on it is open."""

    eip: str
    at: float


class SaveShift(Write[None], frozen=True):
    """When the FN's current shift was opened; None when closed."""

    fn: str
    number: int
    opened_at: float | None


class SaveKktState(Write[None], frozen=True):
    """Last known state as JSON, for ``/frs`` after a restart."""

    eip: str
    state: bytes


class AddIntegration(Write[int], frozen=True):
    """Answers the integration's id. ``params`` is JSON of whatever further parameters came."""

    circuit_id: int
    type: str
    param1: str | None
    param2: str | None
    params: bytes
    callback_key: str | None
    token_hash: bytes | None
    at: float


class SetIntegrationActive(Write[None], frozen=True):
    integration_id: int
    active: Flag
    at: float


class AddToken(Write[int], frozen=True):
    """Answers the token's id. Only a hash is kept."""

    token_hash: bytes
    role: Role
    inn: str | None
    integration_id: int | None
    at: float


class RevokeToken(Write[None], frozen=True):
    token_id: int
    at: float


class CallbackDelivered(Write[None], frozen=True):
    callback_id: int
    at: float


class CallbackFailed(Write[None], frozen=True):
    """``next_at`` None: given up, kept visible until retried by hand."""

    callback_id: int
    error: str
    next_at: float | None
    at: float


class RetryCallback(Write[None], frozen=True):
    callback_id: int
    at: float


class Prune(Write[int], frozen=True):
    """Drop bodies, history and callbacks of receipts finished before ``before``; keys and results stay for ever.

    Works on at most ``limit`` receipts and answers how many it did.
    """

    before: float
    limit: int


class Conflict(Exception):
    """A write that contradicts what is stored. ``code`` is a stable word, ``holder`` who or what holds it."""

    def __init__(self, code: str, text: str, holder: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.holder = holder


class NotFound(Exception):
    """A write on something that does not exist."""
