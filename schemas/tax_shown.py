"""What the tax service answers to questions, in the words of this service's own API. Money is in kopecks.

The seed of offline sessions is a secret between a register and the tax service: it is not shown.
"""

from datetime import datetime

from msgspec import Struct

from schemas.prro_answers import LastShiftTotalsAnswer, ObjectsAnswer, OrderTotals, RegistrarState, TaxObject


class ShownRegister(Struct, frozen=True, omit_defaults=True):
    """A register of a unit; ``prro_id`` where it was added here. ``closed``: its registration was cancelled."""

    register: int
    number: int
    name: str
    closed: bool = False
    prro_id: int | None = None


class ShownTaxObject(Struct, frozen=True, omit_defaults=True):
    """A business unit with its registers."""

    name: str
    address: str
    tin: str
    org_name: str
    registers: tuple[ShownRegister, ...]
    ipn: str | None = None
    chief_cashier: bool = False
    single_tax: bool = False


class ShownTaxState(Struct, frozen=True, omit_defaults=True):
    """A register as the tax service has it. ``operator``: who opened the shift."""

    shift_is_open: bool
    next_local: int
    first_local: int
    z_report_present: bool
    last_fiscal_number: str | None = None
    shift_fiscal_number: str | None = None
    operator: str | None = None
    subject_key_id: str | None = None
    offline_supported: bool = False
    offline_session: int | None = None
    chief_cashier: bool = False
    testing: bool = False
    closed: bool = False


class ShownTurnover(Struct, frozen=True):
    """All sales, or all returns, of a shift. ``payments`` by the name of the form."""

    sum: int
    count: int
    payments: dict[str, int]


class ShownTaxTotals(Struct, frozen=True, omit_defaults=True):
    """The tax service's own draft of a Z report; the sums are there while the shift is open."""

    shift_is_open: bool
    z_report_present: bool
    opened_at: datetime | None = None
    sales: ShownTurnover | None = None
    returns: ShownTurnover | None = None
    service_in: int = 0
    service_out: int = 0


def shown_objects(answer: ObjectsAnswer, added: dict[int, int]) -> list[ShownTaxObject]:
    """``added``: ids of the registers that are here, by fiscal number."""
    return [_shown_object(each, added) for each in answer.tax_objects]


def _shown_object(found: TaxObject, added: dict[int, int]) -> ShownTaxObject:
    registers = tuple(
        ShownRegister(each.num_fiscal, each.num_local, each.name, each.closed, added.get(each.num_fiscal))
        for each in found.transactions_registrars
    )
    return ShownTaxObject(
        name=found.name,
        address=found.address,
        tin=found.tin,
        org_name=found.org_name,
        registers=registers,
        ipn=found.ipn,
        chief_cashier=found.chief_cashier,
        single_tax=found.single_tax,
    )


def shown_state(state: RegistrarState) -> ShownTaxState:
    return ShownTaxState(
        shift_is_open=state.is_open,
        next_local=state.next_local_num,
        first_local=state.first_local_num,
        z_report_present=state.z_rep_present,
        last_fiscal_number=state.last_fiscal_num,
        shift_fiscal_number=state.open_shift_fiscal_num,
        operator=state.name,
        subject_key_id=state.subject_key_id,
        offline_supported=state.offline_supported,
        offline_session=state.offline_session_id,
        chief_cashier=state.chief_cashier,
        testing=state.testing,
        closed=state.closed,
    )


def shown_totals(answer: LastShiftTotalsAnswer) -> ShownTaxTotals:
    totals = answer.totals
    return ShownTaxTotals(
        shift_is_open=answer.shift_state == 1,
        z_report_present=answer.z_rep_present,
        opened_at=answer.opened,
        sales=None if totals is None else _turnover(totals.real),
        returns=None if totals is None else _turnover(totals.ret),
        service_in=0 if totals is None else totals.service_input,
        service_out=0 if totals is None else totals.service_output,
    )


def _turnover(found: OrderTotals | None) -> ShownTurnover | None:
    if found is None:
        return None
    payments = {each.pay_form_name or str(each.pay_form_code): each.sum for each in found.pay_form or ()}
    return ShownTurnover(found.sum, found.orders_count, payments)
