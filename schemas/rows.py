"""Rows: what a store answers to those who read it."""

from msgspec import Struct

from schemas.alarms import AlarmLevel
from schemas.circuits import Flag
from schemas.receipts import FdWindow, Fiscal, Kind, Status
from schemas.records import Role


class QueuedReceipt(Struct, frozen=True):
    """What a circuit needs of a waiting receipt. ``failed_on`` are registers that already failed on it."""

    id: int
    body: bytes
    accepted_at: float
    failed_on: tuple[str, ...] = ()


class OpenAttempt(Struct, frozen=True):
    """An attempt that has not ended: after a restart its outcome is unknown.

    ``unknown`` tells that the register's actor already said so.
    """

    id: int
    receipt_id: int
    eip: str
    fn: str
    fd_before: int
    at: float
    body: bytes
    unknown: bool = False


class StoredReceipt(Struct, frozen=True):
    """A receipt's row. ``body`` is empty once retention dropped it."""

    id: int
    circuit_id: int
    integration_id: int | None
    external_id: str
    status: Status
    revision: int
    kind: Kind
    total: int
    digest: bytes
    accepted_at: float
    changed_at: float
    body: bytes
    reason: str | None
    eip: str | None
    fiscal: Fiscal | None
    window: FdWindow | None


class HistoryLine(Struct, frozen=True):
    """One transition of a receipt."""

    revision: int
    status: Status
    at: float
    detail: str | None


class StoredExchange(Struct, frozen=True):
    """What went over the wire at an attempt. ``pieces`` is JSON; ``complete``: nothing was forgotten before."""

    attempt_id: int
    complete: bool
    pieces: bytes


class AttemptLine(Struct, frozen=True):
    """One attempt at making a receipt's document. ``fd_before`` is the FN's last document before its first byte.

    ``state``: ``open``, ``unknown``, ``fiscalized`` (as document ``fd``), ``returned``, ``refused`` or ``manual``.
    """

    id: int
    kkt: str
    fn: str
    fd_before: int
    state: str
    fd: int | None
    register_fault: bool
    reason: str | None
    at: float
    ended_at: float | None


class ReceiptFilter(Struct, frozen=True):
    """``before_id`` is the cursor of a listing that goes from new to old. ``kkt`` is the register that has it."""

    circuit_id: int | None = None
    inn: str | None = None
    status: Status | None = None
    external_id: str | None = None
    fn: str | None = None
    fd: int | None = None
    total: int | None = None
    kkt: str | None = None
    since: float | None = None
    until: float | None = None
    before_id: int | None = None
    limit: int = 50


class StoredKkt(Struct, frozen=True):
    """A register's row."""

    eip: str
    circuit_id: int
    type: str
    is_active: Flag
    serial: str | None
    fn: str | None
    state: bytes | None


class StoredIntegration(Struct, frozen=True):
    """An integration's row."""

    id: int
    circuit_id: int
    type: str
    param1: str | None
    param2: str | None
    params: bytes
    is_active: Flag
    callback_key: str | None


class StoredCircuit(Struct, frozen=True):
    """A circuit's row."""

    id: int
    inn: str
    number: int
    title: str
    max_wait: int | None

    @property
    def sinn(self) -> str:
        """The circuit's public identifier: ``5190114620-3``."""
        return f"{self.inn}-{self.number}"


class StoredToken(Struct, frozen=True):
    """A token's row; ``revoked_at`` None while it is good."""

    id: int
    token_hash: bytes
    role: Role
    inn: str | None
    integration_id: int | None
    created_at: float
    revoked_at: float | None


class StoredShift(Struct, frozen=True):
    """The open shift of an FN, as journalled."""

    fn: str
    number: int
    opened_at: float | None


class StoredCallback(Struct, frozen=True):
    """A notice owed to an integrator: at least once, in the order of revisions for each receipt.

    ``key`` signs it (the integration's callback key); ``next_at`` None means given up.
    """

    id: int
    receipt_id: int
    revision: int
    url: str
    body: bytes
    key: str | None
    tries: int
    next_at: float | None
    delivered_at: float | None
    last_error: str | None


class StoredAcknowledgement(Struct, frozen=True):
    """An alarm that somebody has taken on."""

    alarm: str
    by: str
    level: AlarmLevel
    note: str | None
    at: float


class StoredAudit(Struct, frozen=True):
    """A line of the audit log. ``status`` None: the outcome was never told. ``before`` and ``after`` are JSON."""

    id: int
    at: float
    by: str
    address: str | None
    method: str
    route: str
    target: str
    request_id: str
    before: bytes | None
    after: bytes | None
    status: int | None
    ended_at: float | None


class AuditFilter(Struct, frozen=True):
    """``before_id`` is the cursor of a listing that goes from new to old. ``until`` is not included.

    ``targets``: one of these.
    """

    by: str | None = None
    targets: tuple[str, ...] = ()
    method: str | None = None
    route: str | None = None
    target: str | None = None
    status: int | None = None
    since: float | None = None
    until: float | None = None
    before_id: int | None = None
    limit: int = 50
