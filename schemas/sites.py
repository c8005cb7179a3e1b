"""Sites as people and the live stream see them: local servers that dial in, their registers, commands sent to them.

``GET /api/v1/sites`` answers :class:`SiteState` objects, and the stream's topic ``sites`` carries the same under the
site's name. Registers of sites stand in ``GET /api/v1/kkt`` and on the topic ``kkt`` beside the service's own, under
``<site>/<eip>``, as :class:`SiteKkt`. What is not live any more says since when: ``stale_since``. Times are UNIX time.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schemas.kkt import (
    Concern,
    Condition,
    DeviceStatus,
    FnStatus,
    Identity,
    KktState,
    Level,
    OfdStatus,
    ShiftStatus,
)
from schemas.problems import Problem
from schemas.receipts import Inn

SiteName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
Policy = Literal["local", "central"]
"""Where a site's receipts are kept: with it alone, or (copied, and taken from there too) at the central server."""

SiteCondition = Literal["never", "connected", "away", "revoked"]
"""``never``: it has not dialled in yet. ``away``: it was there, and its link is cut. ``revoked``: its token is."""

CommandStatus = Literal["sent", "done", "unknown", "not_done"]
"""``sent``: the answer is waited for. ``unknown``: the link was cut before it came; it settles when the site is back.
``not_done``: the site never got it, or let its time pass."""

_QUALIFIED = re.compile(r"([a-z0-9][a-z0-9_-]{0,31})/(.+)\Z")


class NewSite(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/sites``. With an ``inn`` the site may show and serve that organisation only."""

    name: SiteName
    inn: Inn | None = None


class SiteAdded(Struct, frozen=True):
    """The only answer that tells the token."""

    id: int
    name: str
    inn: str | None
    token: str


class SiteState(Struct, frozen=True):
    """A site now.

    ``lag`` is how old what is shown of it may be, in seconds, while it is connected; ``rev`` up to where its states
    are known. ``commands`` are those that it permits. ``reconnects`` counts since this service started. ``owed`` are
    receipts that were posted here and have no result yet; ``behind`` are its own that it has still to copy here.
    """

    id: int
    name: str
    inn: str | None
    condition: SiteCondition
    connected_since: float | None = None
    away_since: float | None = None
    seen_at: float | None = None
    rev: str | None = None
    lag: float | None = None
    registers: int = 0
    version: str | None = None
    receipts: Policy | None = None
    commands: tuple[str, ...] = ()
    address: str | None = None
    reconnects: int = 0
    owed: int = 0
    behind: int = 0
    unknown_commands: int = 0


class SiteKkt(Struct, frozen=True):
    """A site's register: :class:`schemas.kkt.KktState` with ``eip`` as ``<site>/<its address there>``, and more.

    ``circuit_id`` is the circuit of this service that stands for the register's own, if there is one; ``receipt_id``
    is the site's number. ``stale_since`` is when the link was cut: what stands here was true then, and is not live.
    """

    eip: str
    type: str
    circuit_id: int | None
    condition: Condition
    site: str
    inn: str
    stale_since: float | None = None
    level: Level = "ok"
    reason: str | None = None
    concerns: tuple[Concern, ...] = ()
    read_at: float | None = None
    identity: Identity | None = None
    fn: FnStatus | None = None
    device: DeviceStatus | None = None
    ofd: OfdStatus | None = None
    shift: ShiftStatus | None = None
    shift_opened_at: float | None = None
    fn_expires: datetime | None = None
    receipt_id: int | None = None
    documents: int = 0


class SiteCircuit(Struct, frozen=True):
    """A circuit of a site as the site tells it. ``circuit_id`` is the circuit here whose receipts go there."""

    id: int
    sinn: str
    inn: str
    title: str
    circuit_id: int | None = None


class SiteDetails(Struct, frozen=True):
    """``GET /api/v1/sites/{id}``: the site, its circuits, its registers."""

    site: SiteState
    circuits: tuple[SiteCircuit, ...]
    registers: tuple[SiteKkt, ...]


class BindCircuitRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /api/v1/sites/{id}/circuits``: make a circuit here whose receipts go to the site's circuit ``remote``."""

    remote: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    title: Annotated[str, Meta(min_length=1, max_length=256)] | None = None


class SiteCommand(Struct, frozen=True, omit_defaults=True):
    """A command that was sent to a site's register. ``code`` is the site's answer, as HTTP would have it."""

    id: int
    site: str
    kkt: str
    name: str
    by: str
    at: float
    status: CommandStatus
    code: int | None = None
    result: Any = None
    problem: Problem | None = None
    ended_at: float | None = None


def qualified(site: str, eip: str) -> str:
    """A site's register as it is called here."""
    return f"{site}/{eip}"


def parted(eip: str) -> tuple[str, str] | None:
    """Site and address of a site's register; None for one of the service's own (``serial:/dev/…`` is one)."""
    found = _QUALIFIED.match(eip)
    return None if found is None else (found[1], found[2])


def site_kkt(site: str, inn: str, state: KktState, circuit_id: int | None, stale_since: float | None = None) -> SiteKkt:
    """A register's state as its site tells it, as it is shown here."""
    return SiteKkt(
        qualified(site, state.eip), state.type, circuit_id, state.condition, site, inn, stale_since, state.level,
        state.reason, state.concerns, state.read_at, state.identity, state.fn, state.device, state.ofd, state.shift,
        state.shift_opened_at, state.fn_expires, state.receipt_id, state.documents,
    )  # fmt: skip
