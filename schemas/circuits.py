"""Fiscal circuits: which registers and integrations work for one organisation.

Field names are those that integrators of cloud registers already use (``eip``, ``sinn``, ``frs``).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.receipts import Inn

Flag = Literal[0, 1]
Eip = Annotated[str, Meta(min_length=3, max_length=255)]


class CircuitKkt(Struct, frozen=True):
    """A register in its circuit. ``eip`` is ``host:port`` or ``serial:/dev/…``."""

    eip: str
    type: str
    is_active: Flag = 0


class Integration(Struct, frozen=True, omit_defaults=True):
    """A way into a circuit. ``param2`` is a secret. ``working`` is false while no channel serves this type."""

    id: int
    type: str
    param1: str | None
    param2: str | None
    is_active: Flag
    working: bool = True


class Circuit(Struct, frozen=True):
    """A fiscal circuit as ``GET /fcircuit/{inn}`` shows it."""

    id: int
    sinn: str
    title: str
    frs: tuple[CircuitKkt, ...] = ()
    integrations: tuple[Integration, ...] = ()


class NewCircuit(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /fcircuit``. ``max_wait`` in seconds bounds the time in the queue; none means for ever."""

    inn: Inn
    title: Annotated[str, Meta(min_length=1, max_length=256)]
    max_wait: Annotated[int, Meta(ge=1)] | None = None


class NewKkt(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /fcircuit/{id}/fr``."""

    type: Annotated[str, Meta(min_length=1, max_length=32)]
    eip: Eip


class NewIntegration(Struct, frozen=True):
    """``POST /fcircuit/{id}/int``; further ``paramN`` are kept as they came."""

    type: Annotated[str, Meta(min_length=1, max_length=32)]
    param1: Annotated[str, Meta(max_length=1024)] | None = None
    param2: Annotated[str, Meta(max_length=1024)] | None = None


class CircuitState(Struct, frozen=True):
    """The live state of a circuit: how much waits, since when, and what its registers do."""

    id: int
    sinn: str
    title: str
    queued: int
    oldest_at: float | None
    idle: int
    busy: int
    reserved: int
