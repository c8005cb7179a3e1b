"""Journal records of software registers: the writes that make each step of a document durable, and the rows read back.

Like those of receipts (:mod:`schemas.records`) each write answers its replay as it answered the first time. A document
is on disk with its signature before the first byte of it is sent, and its local number belongs to it until the tax
service has refused it or it is certain that nothing was sent.
"""

from typing import Literal

from msgspec import Struct

from schemas.prro import Desk
from schemas.records import Write

DocumentStatus = Literal["stored", "registered", "offline", "owed", "replaced", "refused", "withdrawn"]
"""``stored``: its outcome is not known. ``registered``: the tax service has it. ``offline``: it was made in an offline
session, and is on its way. ``owed``: its answer was lost when the register went offline; it is delivered before the
session. ``replaced``: the same, and it was made again offline, so it is revoked. ``refused``: by the tax service.
``withdrawn``: it was never sent, or its number was another's, and it was made anew."""

FREED: frozenset[str] = frozenset({"refused", "withdrawn"})
"""Statuses in which the local number is free again."""

UNDELIVERED: frozenset[str] = frozenset({"stored", "owed", "replaced"})


class AddPrro(Write[int], frozen=True):
    """Answers the register's id. :class:`Conflict` ``prro_exists`` (its id) when the fiscal number is another's."""

    desk: Desk
    key_id: str
    cashier: str | None
    at: float


class RemovePrro(Write[None], frozen=True):
    """Its documents stay. :class:`Conflict` ``prro_busy`` while it is offline, in a shift, or has one to settle."""

    register_id: int
    at: float


class ChangePrro(Write[None], frozen=True):
    """Who signs, who stands on documents, what they say. Another name of the cashier does at any time; anything else is
    :class:`Conflict` ``prro_busy`` while the register is offline, in a shift, or has a document to settle.

    ``in_shift``: the tax service knows the new key as the one that opened the shift, so it may go on with it.
    """

    register_id: int
    desk: Desk
    key_id: str
    cashier: str | None
    at: float
    in_shift: bool = False


class AdoptState(Write[None], frozen=True):
    """The register as the tax service has it. :class:`Conflict` ``undelivered`` (a document's id) while one is open."""

    register_id: int
    next_local: int
    shift_opened_at: float | None
    shift_first: int
    shift_reported: bool
    session: int | None
    seed: int | None
    at: float


class StoreDocument(Write[int], frozen=True):
    """A signed document takes its local number. Answers its id; the same ``uid`` again answers the first one.

    With ``session`` it is made offline: it counts at once, ``place`` and ``link_hash`` go on from it. :class:`Conflict`
    ``number`` (the next one) when it is not its turn.
    """

    register_id: int
    external_id: str | None
    kind: str
    local_number: int
    uid: str
    sum: int
    digest: bytes
    operation: bytes
    xml: bytes
    signed: bytes
    at: float
    session: int | None = None
    place: int | None = None
    fiscal_number: str | None = None
    link_hash: str | None = None
    is_money: bool = False


class EndDocument(Write[None], frozen=True):
    """What became of a document made online. :class:`Conflict` ``status`` when something else did.

    ``owed`` and ``replaced`` without a fiscal number say that it is delivered later, with one that it has been.
    ``session`` and ``seed`` came with the opening of a shift.
    """

    document_id: int
    status: DocumentStatus
    at: float
    fiscal_number: str | None = None
    session: int | None = None
    seed: int | None = None
    revoked: bool = False
    code: int | None = None
    reason: str | None = None


class SetAside(Struct, frozen=True):
    """A document whose answer was lost: ``owed``, ``replaced``, or ``withdrawn`` when nothing of it was ever sent."""

    document_id: int
    status: DocumentStatus
    reason: str


class BeginOffline(Write["list[int]"], frozen=True):
    """An offline session begins: at once or not at all. Answers the ids of ``documents``.

    What is open is set aside; ``documents`` are the beginning, and what is made again within the session. ``by_hand``:
    a person wants it, and ends it.
    """

    register_id: int
    aside: tuple[SetAside, ...]
    documents: tuple[StoreDocument, ...]
    at: float
    by_hand: bool = False


class SignAgain(Write[None], frozen=True):
    """The beginning of a session gets its last form before anything of the session is sent."""

    document_id: int
    xml: bytes
    signed: bytes
    at: float


class EndSession(Write[None], frozen=True):
    """All of an offline session has arrived: the register is online again, with the next session if there is one."""

    register_id: int
    session: int
    next_session: int | None
    next_seed: int | None
    at: float


class BlockPrro(Write[None], frozen=True):
    """A person must decide (``reason``), or has (None)."""

    register_id: int
    reason: str | None
    at: float


class StoredPrro(Struct, frozen=True):
    """A register as it is on disk."""

    id: int
    desk: Desk
    key_id: str
    cashier: str | None
    next_local: int
    shift_opened_at: float | None
    shift_first: int
    shift_reported: int
    session: int | None
    seed: int | None
    offline_since: float | None
    by_hand: int
    next_place: int
    last_hash: str | None
    blocked: str | None


class StoredDocument(Struct, frozen=True):
    """A document as it is on disk."""

    id: int
    register_id: int
    local_number: int
    external_id: str | None
    kind: str
    status: DocumentStatus
    uid: str
    sum: int
    digest: bytes
    operation: bytes
    xml: bytes
    signed: bytes
    session: int | None
    place: int | None
    fiscal_number: str | None
    revoked: int
    made_at: float
    ended_at: float | None
    code: int | None
    reason: str | None


class StoredSession(Struct, frozen=True):
    """An offline session; ``last_money`` None: nothing in it moved money."""

    session: int
    began: float
    last_money: float | None
    ended_at: float | None
