"""What programs written for CashDesk hear from us. Money is whole kopecks; what is not there is null."""

from datetime import datetime
from typing import Literal

from msgspec import Struct, field

CheckStatus = Literal["DONE", "OFFLINE", "PENDING"]
"""``DONE``: the tax service has it. ``OFFLINE``: made while the tax service is away, it is delivered later.
``PENDING``: made, its outcome is being found out; the same request with the same ``external_id`` tells it.
"""


class Refusal(Struct, frozen=True):
    """Any answer that is an error. ``code`` is a stable word for programs; ``errors`` are texts by field, as the caller
    spelled it: ``products[0].price``.
    """

    code: str
    message: str
    errors: dict[str, tuple[str, ...]] = field(default_factory=dict)


class User(Struct, frozen=True):
    """A cashier."""

    id: str
    full_name: str
    tin: str


class SignedInAnswer(Struct, frozen=True):
    """``/authenticate``. ``opened_shift``: how many of the cashier's registers have a shift open."""

    token: str
    token_expires_at: datetime
    user: User
    developer_id: str
    active_rro: bool
    opened_shift: int

    def __repr__(self) -> str:
        return f"SignedInAnswer({self.user.id})"


class ShiftShown(Struct, frozen=True):
    """A register's shift."""

    state: Literal["OPENED", "CLOSED"]
    offline: bool
    open_date: datetime | None = None


class RegisterShown(Struct, frozen=True):
    """A register. ``available``: it works here, for this cashier; ``shift`` is null where it does not."""

    num_fiscal: int
    num_local: int
    name: str
    closed: bool
    available: bool
    shift: ShiftShown | None


class UnitShown(Struct, frozen=True):
    """A business unit with its registers, as the tax service has it."""

    id: str
    name: str
    address: str
    org_name: str
    tin: str
    ipn: str | None
    single_tax: bool
    registers: tuple[RegisterShown, ...]


class Units(Struct, frozen=True):
    """``/tax_objects``."""

    data: tuple[UnitShown, ...]


class RegisterStatus(Struct, frozen=True):
    """A register of this service."""

    id: str
    num_fiscal: int
    org_name: str
    name: str
    address: str | None
    tin: str
    ipn: str | None
    state: str
    shift: ShiftShown


class OneRegister(Struct, frozen=True):
    """``/tax_objects/{num_fiscal}``."""

    data: RegisterStatus


class CheckAnswer(Struct, frozen=True, kw_only=True):
    """A check that was made. ``text_print`` and ``qr`` (PNG) in Base64, null where they were not wanted or are not."""

    id: int
    num_fiscal: int
    status: CheckStatus
    fiscal_number: str | None
    local_number: int
    doc_type: str
    total_sum: int
    date: datetime
    offline: bool
    external_id: str | None = None
    link: str | None = None
    text_print: str | None = None
    qr: str | None = None


class Paid(Struct, frozen=True):
    """What was paid in one form."""

    code: int
    name: str
    sum: int


class Taxed(Struct, frozen=True):
    """One tax. ``tax_prc`` in percent."""

    letters: str | None
    tax_prc: float
    turnover: int
    sum: int


class Turnover(Struct, frozen=True):
    """Sales, or returns."""

    count: int = 0
    total_sum: int = 0
    payments: tuple[Paid, ...] = ()
    taxes: tuple[Taxed, ...] = ()


class ReportAnswer(Struct, frozen=True, kw_only=True):
    """An X report, or a Z report: then ``check`` is the document. ``text_print`` in Base64."""

    num_fiscal: int
    shift_open: bool
    sales: Turnover
    returns: Turnover
    service_input: int
    service_output: int
    check: CheckAnswer | None = None
    text_print: str | None = None
    qr: str | None = None


class ShiftAnswer(Struct, frozen=True, kw_only=True):
    """``/shift``: the document, and for a shift that was closed its Z report."""

    num_fiscal: int
    shift_open: bool
    check: CheckAnswer
    z_report: ReportAnswer | None = None


class LastCheck(Struct, frozen=True, kw_only=True):
    """``/shift/lastCheck``: of a service receipt the ``local_number`` is null, without any check everything is.

    One that is ``PENDING`` is made: who asks it again makes a second one.
    """

    id: int | None = None
    num_fiscal: int | None = None
    status: CheckStatus | None = None
    fiscal_number: str | None = None
    local_number: int | None = None
    doc_type: str | None = None
    total_sum: int | None = None
    date: datetime | None = None
    link: str | None = None


class PingAnswer(Struct, frozen=True):
    """``/shift/ping``. ``online``: the tax service has answered for this register just now."""

    num_fiscal: int
    online: bool
    shift_open: bool
