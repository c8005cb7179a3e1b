"""Pinpads: how one is reached and driven, and what the world is shown of it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.circuits import Eip, Flag
from schemas.operations import Currency, OperationKind, OperationStatus, Stage
from schemas.receipts import Inn

DriverName = Literal["smartsale", "privatbank", "dc2"]
Wiring = Literal["kph", "pkh"]
"""``kph``: the pinpad reaches the bank itself. ``pkh``: it borrows our network, to the hosts of its allow-list only."""

BusyPolicy = Literal["reject", "queue"]
OfflinePolicy = Literal["manual", "approved", "refused"]
"""What an operation done offline (SA 39 = 17) counts as."""

TerminalId = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,16}\Z")]
HostAddress = Annotated[str, Meta(pattern=r"^[0-9A-Za-z_.:\[\]-]{1,255}:[0-9]{1,5}\Z")]
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]


class PinpadSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``POST /api/v1/pinpads``: everything that is set about one pinpad.

    * ``address`` is ``host:port`` or ``serial:/dev/…``; ``baud_rate`` matters for the latter only. With the driver
      ``dc2`` it is the address of the DC2 service, and ``device`` says where that service finds the pinpad.
    * ``profile`` names a terminal profile of the configuration.
    * ``terminal_id`` is what the bank calls it; an answer that names another one is never taken for ours. Unset, it is
      the one that the terminal answers its connection check with.
    * ``allow`` are the only ``ip:port`` that the pinpad may reach through us (wiring ``pkh``).
    * ``settle_at`` is the local time of day ``HH:MM`` of the daily settlement, none for no automatic one.
    * ``busy`` says what a second till gets: ``reject`` (409) or ``queue``.
    * ``currencies`` are those it may be asked for (ISO 4217 numeric).
    * ``inn`` ties it to one organisation: tokens of another one do not see it.
    """

    address: Eip
    driver: DriverName = "smartsale"
    wiring: Wiring = "kph"
    profile: Annotated[str, Meta(min_length=1, max_length=64)] = "default"
    terminal_id: TerminalId | None = None
    title: Annotated[str, Meta(max_length=128)] = ""
    inn: Inn | None = None
    allow: Annotated[tuple[HostAddress, ...], Meta(max_length=64)] = ()
    settle_at: ClockTime | None = None
    busy: BusyPolicy = "reject"
    offline: OfflinePolicy = "manual"
    currencies: Annotated[tuple[Currency, ...], Meta(min_length=1, max_length=16)] = ("643",)
    baud_rate: Annotated[int, Meta(ge=300, le=4_000_000)] = 115_200
    device: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


class Pinpad(Struct, frozen=True, kw_only=True):
    """A pinpad as ``GET /api/v1/pinpads/{id}`` shows it."""

    id: int
    is_active: Flag
    spec: PinpadSpec
    state: "PinpadState"


Condition = Literal["inactive", "ready", "busy", "held", "settling", "blocked"]
"""``held``: a sale keeps it while its receipt is made. ``settling``: an outcome is unknown and being found out.

``blocked``: a person must decide about ``operation``; new charges are refused until then.
"""


class PinpadState(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The live state of one pinpad, as shown and streamed.

    ``operation`` is the one in hand, or the one that blocks. ``waiting`` counts those queued behind it, ``holds`` the
    open sales that settlement waits for. ``settled_at`` is the boundary between void and refund (UNIX seconds).
    """

    id: int
    address: str
    driver: DriverName
    condition: Condition
    terminal_id: str | None = None
    operation: int | None = None
    kind: OperationKind | None = None
    status: OperationStatus | None = None
    stage: Stage | None = None
    text: str | None = None
    reason: str | None = None
    waiting: int = 0
    holds: int = 0
    settled_at: float | None = None
    last_answer_at: float | None = None
