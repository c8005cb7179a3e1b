"""What a site and its central server say to each other over the uplink: JSON text, one object a message, tag ``t``.

The site dials, says :class:`Hello` with the versions that it speaks, and hears :class:`Welcome` with the one that was
chosen. Then either side speaks when it has something to say. Three rules make a cut harmless:

* States carry the site's revision; a site that comes back sends what changed since the last one the centre has.
* Receipts are repeated until they are answered, under a number that is the same at every repeat (``key``), and are
  copied in the order of the site's outbox, which forgets nothing before :class:`Copied` names it.
* A command is sent once. Whether it was carried out is asked afterwards by its number (:class:`Recall`).
"""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from schemas.kkt import KktState
from schemas.problems import Problem
from schemas.receipts import Inn, Receipt
from schemas.sites import Policy

VERSIONS = (1,)

LARGEST = 2**20
"""Bytes of one message, either way."""

PIECE = 2**19
"""Where a sender begins another message: one more receipt fits into the largest."""

Word = Annotated[str, Meta(max_length=300)]
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class _Said(Struct, frozen=True, tag_field="t", omit_defaults=True):
    """A message; what a later version adds is passed over."""


class LinkCircuit(Struct, frozen=True):
    """A circuit of the site."""

    id: Number
    sinn: Word
    inn: Inn
    title: Word


class LinkKkt(Struct, frozen=True):
    """A register of the site, and whose it is."""

    inn: Inn
    state: KktState


class Copy(Struct, frozen=True):
    """A receipt as it is at the site now."""

    inn: Inn
    receipt: Receipt


# From the site -----------------------------------------------------------------------------------


class Hello(_Said, frozen=True, tag="hello"):
    """``store`` names the site's journal, ``commands`` what it permits. ``heartbeat`` in seconds."""

    versions: tuple[int, ...]
    site: Word
    version: Word
    store: Annotated[str, Meta(min_length=8, max_length=64)]
    receipts: Policy
    commands: tuple[Word, ...]
    heartbeat: Annotated[float, Meta(ge=0.1, le=3600)]


class States(_Said, frozen=True, tag="states"):
    """What changed up to ``rev``. ``first`` begins a snapshot, which goes on until a message without ``more``."""

    rev: Word
    registers: tuple[LinkKkt, ...] = ()
    gone: tuple[Word, ...] = ()
    circuits: tuple[LinkCircuit, ...] | None = None
    first: bool = False
    more: bool = False


class Pong(_Said, frozen=True, tag="pong"):
    """``at`` is the ping's own; ``waiting`` receipts are still to be copied."""

    at: float
    waiting: Number = 0


class Carried(_Said, frozen=True, tag="carried"):
    """What became of a command. ``status`` as HTTP has it, 0: it never came, or came too late, and was not done."""

    id: Number
    status: Annotated[int, Meta(ge=0, le=599)]
    result: Any = None
    problem: Problem | None = None


class Taken(_Said, frozen=True, tag="taken"):
    """A receipt is durable at the site (no ``problem``), or was refused."""

    key: Word
    problem: Problem | None = None


class Copies(_Said, frozen=True, tag="copies"):
    """Receipts that changed, up to ``upto`` of the site's outbox."""

    upto: Number
    copies: tuple[Copy, ...]


class Page(_Said, frozen=True, tag="page"):
    """The answer to :class:`Read`."""

    id: Number
    result: Any = None
    problem: Problem | None = None


# From the central server ---------------------------------------------------------------------------


class Welcome(_Said, frozen=True, tag="welcome"):
    """``since`` is the last ``rev`` that is known, ``copied`` up to where that journal's outbox is durable here."""

    version: int
    name: Word
    central: Word
    since: Word | None = None
    copied: Number = 0


class Ping(_Said, frozen=True, tag="ping"):
    """``at`` is for who sent it."""

    at: float


class Carry(_Said, frozen=True, tag="carry"):
    """A command to a register, to be begun ``within`` so many seconds or not at all."""

    id: Number
    eip: Word
    name: Word
    args: dict[str, Any]
    by: Word
    within: Annotated[float, Meta(gt=0, le=3600)]


class Recall(_Said, frozen=True, tag="recall"):
    """What became of these commands?"""

    ids: tuple[Number, ...]


class Take(_Said, frozen=True, tag="take"):
    """A receipt for the site's circuit. ``receipt`` is its content; its ``external_id`` is the ``key``.

    Without ``receipt``: the site said before that it has it. A site that does not know it now (its journal was put back
    to an older state) must not accept it anew, for its document may exist; it answers 404, and a person decides.
    """

    key: Word
    circuit: Number
    receipt: Raw | UnsetType = UNSET


class Copied(_Said, frozen=True, tag="copied"):
    """Everything up to ``upto`` is durable here."""

    upto: Number


class Read(_Said, frozen=True, tag="read"):
    """Look for receipts at the site: one by ``receipt``, or those of a ``query`` as over HTTP."""

    id: Number
    receipt: Number | None = None
    query: dict[str, str] = {}
    inn: Inn | None = None


class Farewell(_Said, frozen=True, tag="farewell"):
    """The link is about to be closed. ``replaced``: the same site has dialled in anew."""

    reason: Word


FromSite = Hello | States | Pong | Carried | Taken | Copies | Page
FromCentral = Welcome | Ping | Carry | Recall | Take | Copied | Read | Farewell
