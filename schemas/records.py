"""Journal records: the writes that change durable state, and what each answers.

A write is a frozen struct; a store applies a batch of them in one transaction, each succeeding or failing
alone. Times are UNIX seconds (UTC). Every transition of a receipt adds one to its revision, adds a line to
its history and, where it ends in a state that integrators wait for, a callback: in the same transaction.

**Replay.** An asker who was told that the store is unavailable does not know whether the write became durable:
the power may have gone between the disk and the answer. So whoever must be sure sends *the same struct again*,
``at`` included, until it is answered, and every write answers its replay as it answered (or would have answered)
the first time: an accepted receipt by its key, an attempt by what it is for, an ended attempt by how it ended,
a verdict by its line in the history, and whatever has no key of its own by its ``at``.
"""

from typing import Literal

from msgspec import Struct

from schemas.alarms import AlarmLevel
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


class AcceptReceipts(Write["list[Accepted | Conflict | NotFound]"], frozen=True):
    """Many at once; answers one for each, in order. A bad row fails alone: its exception stands in its place."""

    receipts: tuple[AcceptReceipt, ...]


class Accepted(Struct, frozen=True):
    """``created`` false: the key existed; ``same`` then tells whether the content was equal."""

    receipt_id: int
    status: Status
    created: bool
    same: bool = True


class BeginAttempt(Write[int], frozen=True):
    """A register is about to make the receipt: FN serial and last FD as read from it. Answers the attempt's id.

    Fails (:class:`Conflict`) with ``status`` unless the receipt is queued, with ``fn_busy`` while another attempt
    on this FN is open: what is not settled comes first.
    """

    receipt_id: int
    eip: str
    fn: str
    fd_before: int
    at: float


class Fiscalized(Write[None], frozen=True):
    """The document exists.

    Fails (:class:`Conflict`) with ``fd_taken`` when its (FN, FD) answers another receipt, ``wrong_fn`` when it is
    not of the attempt's FN, ``fd_not_after`` when it stood in the FN before the attempt began, ``status`` when
    the attempt has ended otherwise.
    """

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
    """A definite refusal that says why. ``attempt_id`` is None for a receipt that waits in the queue."""

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
    """A person must decide. The attempt is closed and the window of FDs kept on the receipt.

    ``attempt_id`` is None for a receipt that waits in the queue (poison).
    """

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
    """A person's verdict on a receipt in ``manual``. ``by`` names the token.

    ``absent`` queues it again with a clean sheet: earlier register faults and the time already waited are forgotten.
    ``fiscalized`` needs ``fiscal`` and may fail with ``fd_taken``.
    """

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
    """Fails with ``same_device`` when another active eip has this one's saved serial or FN."""

    eip: str
    active: Flag
    at: float


class SaveIdentity(Write[None], frozen=True):
    """Serial and FN as read at activation. :class:`Conflict` ``same_device`` when another *active* eip has them."""

    eip: str
    serial: str
    fn: str
    at: float


class ForgetIdentity(Write[None], frozen=True):
    """What was known of this address is not there any more: whoever holds that device now may save it."""

    eip: str
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
    """:class:`Conflict` ``superseded`` when a later notice of the receipt has arrived: order is kept."""

    callback_id: int
    at: float


class BeginAudit(Write[int], frozen=True):
    """Somebody is about to change something; answers the line's id. Secrets are masked before it is written.

    ``before`` is JSON of the configuration that is to be changed. A replay is known by ``at`` and ``request_id``.
    """

    by: str
    address: str | None
    method: str
    route: str
    target: str
    request_id: str
    before: bytes | None
    at: float


class EndAudit(Write[None], frozen=True):
    """What came of it: the status as HTTP has it, and the configuration ``after``. The first outcome stays."""

    audit_id: int
    status: int
    after: bytes | None
    at: float


class Acknowledge(Write[None], frozen=True):
    """Somebody takes on an alarm, as bad as it is now; a later word takes the place of an earlier one."""

    alarm: str
    by: str
    level: AlarmLevel
    note: str | None
    at: float


class KeepExchange(Write[None], frozen=True):
    """What went over the wire at an attempt whose outcome was in doubt; a longer one takes the place of a shorter.

    ``pieces`` is JSON. An attempt that retention has dropped meanwhile keeps nothing.
    """

    attempt_id: int
    complete: bool
    pieces: bytes


class ForgetAcknowledgements(Write[None], frozen=True):
    """These alarms are over."""

    alarms: tuple[str, ...]


class Prune(Write[int], frozen=True):
    """Drop bodies, history and callbacks of receipts finished before ``before``; keys and results stay for ever.

    Works on at most ``limit`` receipts and answers how many it did. A notice still owed keeps its receipt whole.
    """

    before: float
    limit: int


class Conflict(Exception):
    """A write that contradicts what is stored. ``code`` is a stable word, ``holder`` who or what holds it.

    ``status`` (holder: the present status), ``fd_taken`` (the receipt's id), ``fn_busy`` (the attempt's id),
    ``wrong_fn`` (the FN), ``fd_not_after`` (the FD), ``kkt_exists`` (the circuit's id),
    ``kkt_busy`` (the attempt's id), ``same_device`` (the other eip), ``superseded`` (the callback's id),
    ``constraint`` (a value no row can hold).
    """

    def __init__(self, code: str, text: str, holder: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.holder = holder


class NotFound(Exception):
    """A write on something that does not exist."""
