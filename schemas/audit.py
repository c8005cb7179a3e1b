"""The audit log as it is shown and exported: who did what, from where, and what came of it."""

from datetime import UTC, datetime

import msgspec

from schemas.receipts import Moment
from schemas.rows import StoredAudit


class AuditLine(msgspec.Struct, frozen=True):
    """One call that may have changed something.

    ``by`` is the token's number, the trusted address or the user of the command line. ``status`` is as HTTP has it;
    null: the asker had gone, or the service ended, before the outcome was known. ``before`` and ``after`` show a
    configuration, secrets as ``***``, where there was one to show.
    """

    id: int
    at: Moment
    by: str
    address: str | None
    method: str
    route: str
    target: str
    request_id: str
    status: int | None
    ended_at: Moment | None
    before: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    after: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class AuditPage(msgspec.Struct, frozen=True):
    """A page of the log, from new to old. ``next_cursor`` asks for the page after it; None: this was the last."""

    lines: tuple[AuditLine, ...]
    next_cursor: int | None


def shown_audit(stored: StoredAudit) -> AuditLine:
    """The line as admins see it."""
    return AuditLine(
        id=stored.id,
        at=_utc(stored.at),
        by=stored.by,
        address=stored.address,
        method=stored.method,
        route=stored.route,
        target=stored.target,
        request_id=stored.request_id,
        status=stored.status,
        ended_at=None if stored.ended_at is None else _utc(stored.ended_at),
        before=_raw(stored.before),
        after=_raw(stored.after),
    )


def _raw(json: bytes | None) -> msgspec.Raw | msgspec.UnsetType:
    return msgspec.UNSET if json is None else msgspec.Raw(json)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
