"""Writes and rows of sites: at the central server, what it knows of them; at a site, what it owes its centre.

As with all writes a replay is answered as the first time: a site by its token's hash, a forward by its receipt, a
command by its number, copies by their revisions.
"""

from msgspec import Struct

from schemas.receipts import Status
from schemas.records import Write
from schemas.site_link import Copy
from schemas.sites import CommandStatus, Policy

FORWARDED = "kassanet:"
"""How the ``external_id`` of a receipt begins that a central server has forwarded."""

# At the central server ---------------------------------------------------------------------------


class AddSite(Write[int], frozen=True):
    """Answers the site's id. :class:`Conflict` ``site_exists`` when the name is taken, by a revoked one too."""

    name: str
    inn: str | None
    token_hash: bytes
    at: float


class RenewSite(Write[None], frozen=True):
    """Another token in the place of the old one; a revoked site is one again."""

    site_id: int
    token_hash: bytes
    at: float


class RevokeSite(Write[None], frozen=True):
    site_id: int
    at: float


class SaveSite(Write[None], frozen=True):
    """What was last heard of a site: JSON of :class:`schemas.site_records.LastHeard`."""

    site_id: int
    seen_at: float
    said: bytes


class BindCircuit(Write[int], frozen=True):
    """A circuit is made whose receipts go to a site's circuit, both at once; answers it, also where it stands already.

    :class:`NotFound` without the site.
    """

    site_id: int
    remote_id: int
    inn: str
    title: str
    at: float


class BeginForward(Write[None], frozen=True):
    """A queued receipt is about to be sent to a site, under ``key``. :class:`Conflict` ``status`` unless queued."""

    receipt_id: int
    site_id: int
    key: str
    at: float


class ForwardTaken(Write[None], frozen=True):
    """It is durable at the site."""

    receipt_id: int
    at: float


class ForwardEnded(Write[None], frozen=True):
    """The site will not make it: ``refused`` for good, or ``manual`` because it cannot be told whether it did."""

    receipt_id: int
    status: Status
    reason: str
    at: float


class ApplyCopies(Write[int], frozen=True):
    """Keep what a site's journal ``source`` told, up to ``upto`` of its outbox. Answers the highest ``upto`` so far.

    What was forwarded moves the receipt here; everything else is kept as the site's own.
    """

    site_id: int
    site: str
    source: str
    upto: int
    copies: tuple[Copy, ...]
    at: float


class ArchiveReceipts(Write[int], frozen=True):
    """Keep receipts of another journal; answers how many were new or newer. Those of this journal are passed over."""

    source: str
    copies: tuple[Copy, ...]
    at: float


class BeginSiteCommand(Write[int], frozen=True):
    """A command is about to be sent; answers its number."""

    site_id: int
    kkt: str
    name: str
    by: str
    at: float


class EndSiteCommand(Write[None], frozen=True):
    """What came of it; ``answer`` is JSON of the result or the problem. A definite outcome stays."""

    command_id: int
    status: CommandStatus
    code: int | None
    answer: bytes | None
    at: float


# At a site -----------------------------------------------------------------------------------------


class AdoptCentral(Write[int], frozen=True):
    """This site's receipts go to that central server, which has them up to ``copied``. Answers how many are behind.

    Another centre, another policy, or a centre that has less than it acknowledged: everything is told again.
    """

    central: str
    receipts: Policy
    copied: int
    at: float


class FillOutbox(Write[bool], frozen=True):
    """Put the next ``limit`` older receipts into the outbox; answers whether there may be more."""

    limit: int


class ForgetOutbox(Write[None], frozen=True):
    """The central server has everything up to ``upto``."""

    upto: int


class BeginLinkCommand(Write["StoredLinkCommand | None"], frozen=True):
    """A command came from the central server; answers None, or what is known of it when it has come before."""

    central: str
    id: int
    name: str
    eip: str
    by: str
    at: float


class EndLinkCommand(Write[None], frozen=True):
    """What came of it; ``answer`` is JSON of the result or the problem."""

    central: str
    id: int
    status: int
    answer: bytes | None
    at: float


# Rows ----------------------------------------------------------------------------------------------


class LastHeard(Struct, frozen=True):
    """What is kept of a site for the time when neither side is up: as JSON, so that it may grow."""

    version: str = ""
    receipts: Policy = "local"
    commands: tuple[str, ...] = ()
    rev: str = ""
    registers: bytes = b"[]"
    circuits: bytes = b"[]"


class StoredSite(Struct, frozen=True):
    """``copied`` is how far the outbox of its journal ``source`` is durable here."""

    id: int
    name: str
    inn: str | None
    token_hash: bytes
    created_at: float
    revoked_at: float | None
    seen_at: float | None
    said: bytes | None
    source: str | None
    copied: int


class StoredBinding(Struct, frozen=True):
    """Receipts of ``circuit_id`` go to the site's circuit ``remote_id``."""

    circuit_id: int
    site_id: int
    remote_id: int


class OpenForward(Struct, frozen=True):
    """A receipt that a site has, or is to get, and that has not ended."""

    receipt_id: int
    circuit_id: int
    key: str
    body: bytes
    taken: bool


class StoredSiteCommand(Struct, frozen=True):
    id: int
    site_id: int
    kkt: str
    name: str
    by: str
    at: float
    status: CommandStatus
    code: int | None
    answer: bytes | None
    ended_at: float | None


class StoredLinkCommand(Struct, frozen=True):
    """``status`` None: it was begun, and its outcome is not known."""

    id: int
    status: int | None
    answer: bytes | None


class OutboxLine(Struct, frozen=True):
    """A receipt that changed; ``id`` is its own, what it is now is read with it."""

    seq: int
    receipt_id: int


class StoredArchived(Struct, frozen=True):
    """A receipt that another journal told; ``receipt`` is JSON of :class:`schemas.receipts.Receipt`."""

    id: int
    source: str
    site_id: int | None
    inn: str
    receipt: bytes


class ArchiveFilter(Struct, frozen=True):
    """As :class:`schemas.rows.ReceiptFilter`, of receipts that other journals told."""

    site_id: int | None = None
    origin_id: int | None = None
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
