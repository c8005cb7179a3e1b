"""Software registers and their documents as people and programs see them, and what is asked of them over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

from schemas.prro import (
    CashOut,
    CloseShift,
    Desk,
    OpenShift,
    Refund,
    Sale,
    ServiceIn,
    ServiceOut,
    Storno,
)
from schemas.prro_commands import PrroState
from schemas.prro_records import DocumentStatus, StoredDocument

KeyId = Annotated[str, Meta(min_length=3, max_length=160, pattern=r"^[a-z0-9_-]{1,32}/[\x21-\x7e]{1,127}\Z")]
CashierName = Annotated[str, Meta(min_length=1, max_length=128)]


class PrroSpec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A register to be added. ``key_id`` is ``AGENT/KEY``; ``cashier`` stands on documents that name no other."""

    desk: Desk
    key_id: KeyId
    cashier: CashierName | None = None


class ShownPrro(Struct, frozen=True, omit_defaults=True):
    """A register with its live state."""

    id: int
    desk: Desk
    key_id: str
    cashier: str | None
    state: PrroState


class PrroOrder(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked of a register. The same ``external_id`` with the same operation makes one document, ever."""

    external_id: Annotated[str, Meta(min_length=1, max_length=128)]
    operation: Sale | Refund | Storno | ServiceIn | ServiceOut | CashOut | OpenShift | CloseShift
    cashier: CashierName | None = None


class ShownDocument(Struct, frozen=True, omit_defaults=True):
    """A document. ``status``: ``registered`` (the tax service has it), ``offline`` (made, and on its way), ``refused``
    (``code``, ``reason``), ``stored`` (its outcome is being found out), ``owed`` and ``replaced`` (its answer was lost
    before an offline session). ``sum`` in kopecks; ``link`` is where a buyer finds it.
    """

    id: int
    prro_id: int
    local_number: int
    kind: str
    status: DocumentStatus
    sum: int
    made_at: datetime
    external_id: str | None = None
    fiscal_number: str | None = None
    is_offline: bool = False
    is_revoked: bool = False
    ended_at: datetime | None = None
    code: int | None = None
    reason: str | None = None
    link: str | None = None


class DocumentPage(Struct, frozen=True):
    """Documents that have a local number, from new to old; ``next_cursor`` asks for the page after, None: the last."""

    documents: tuple[ShownDocument, ...]
    next_cursor: int | None


def shown_document(stored: StoredDocument, link: str | None = None) -> ShownDocument:
    """Without the bytes that were signed."""
    return ShownDocument(
        id=stored.id,
        prro_id=stored.register_id,
        local_number=stored.local_number,
        kind=stored.kind,
        status=stored.status,
        sum=stored.sum,
        made_at=datetime.fromtimestamp(stored.made_at, UTC),
        external_id=stored.external_id,
        fiscal_number=stored.fiscal_number,
        is_offline=stored.session is not None,
        is_revoked=bool(stored.revoked),
        ended_at=None if stored.ended_at is None else datetime.fromtimestamp(stored.ended_at, UTC),
        code=stored.code,
        reason=stored.reason,
        link=link,
    )
