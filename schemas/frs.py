"""Registers as ``/frs`` shows them: the field names that integrators of cloud registers already read."""

from msgspec import Struct

from schemas.circuits import Flag

NO_DATE = "Invalid date"
"""What old clients see where nothing waits for the OFD."""


class FrsOfd(Struct, frozen=True):
    """Documents that wait for the OFD. ``fd_first_timestamp`` is ``dd.mm.yyyy HH:MM``."""

    number: int = 0
    fd_first: int = 0
    fd_first_timestamp: str = NO_DATE


class FrsFs(Struct, frozen=True):
    """The fiscal storage and the registration, numbers as the register gives them."""

    inn: str
    rnm: str
    phase: int
    sn: str
    flags: int
    shift_is_open: bool
    ofd: FrsOfd
    mode: int
    tax_system: int
    agent: int
    current_document: int


class FrsState(Struct, frozen=True):
    """The last known state. ``timestamp`` is the register's clock, ``dd.mm.yyyy HH:MM``; ``fs`` None: never read."""

    eip: str
    sn: str | None
    timestamp: str | None
    mcu_temperature: float | None
    fs: FrsFs | None


class NewApiIntegration(Struct, frozen=True):
    """The answer to making an integration of type ``api``: the only time its two secrets are shown."""

    id: int
    type: str
    param1: str | None
    param2: str | None
    is_active: Flag
    token: str
    callback_key: str
    working: bool = True
