"""What the fiscal server answers: tickets of documents, and the answers of commands.

Names of fields are the service's own. Answers are read tolerantly (:mod:`transports.prro.answers`): a number may come
as text, a sum as a decimal, a time in either of two spellings, and fields that a newer server adds are passed over.
"""

import datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from schemas.prro_values import Count, DocClass, DocType, Number, Percent, SubType, Sum, Text128


class Ticket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """TICKET (``ticket01.xsd``): the answer to a document. It is registered when ``error`` is absent or 0."""

    uid: str = field(name="UID")
    date: datetime.date = field(name="ORDERDATE")
    time: datetime.time = field(name="ORDERTIME")
    local_number: Number = field(name="ORDERNUM")
    fiscal_number: Text128 | None = field(default=None, name="ORDERTAXNUM")
    session: Number | None = field(default=None, name="OFFLINESESSIONID")
    seed: Number | None = field(default=None, name="OFFLINESEED")
    error: int | None = field(default=None, name="ERRORCODE")
    error_text: str | None = field(default=None, name="ERRORTEXT")
    version: int = field(default=1, name="VER")


class _Answer(Struct, frozen=True, kw_only=True, rename="pascal", omit_defaults=True):
    """An answer to a command, or a part of one."""


class ServerStateAnswer(_Answer, frozen=True, kw_only=True):
    """The server is there."""

    uid: str | None = field(default=None, name="UID")
    timestamp: datetime.datetime | None = None


class Registrar(_Answer, frozen=True, kw_only=True):
    """A register of a unit. ``closed``: registration cancelled while a shift is still open."""

    num_fiscal: int
    num_local: int
    name: str = ""
    closed: bool = False


class TaxObject(_Answer, frozen=True, kw_only=True):
    """A business unit with its registers. ``single_tax``: a sole trader on the single tax."""

    entity: int = 0
    tax_obj_guid: str | None = None
    tax_obj_id: int = 0
    single_tax: bool = False
    name: str = ""
    address: str = ""
    tin: str = ""
    ipn: str | None = None
    org_name: str = ""
    chief_cashier: bool = False
    transactions_registrars: tuple[Registrar, ...] = ()


class ObjectsAnswer(_Answer, frozen=True, kw_only=True):
    """What the signer may work with."""

    uid: str | None = field(default=None, name="UID")
    tax_objects: tuple[TaxObject, ...] = ()


class Operator(_Answer, frozen=True, kw_only=True):
    """A cashier of the entity."""

    subject_key_id: str
    reg_num: str = ""
    chief_cashier: bool = False


class OperatorsAnswer(_Answer, frozen=True, kw_only=True):
    """All cashiers of the entity that the signing certificate names."""

    uid: str | None = field(default=None, name="UID")
    tin: str = ""
    operators: tuple[Operator, ...] = ()


class RegistrarState(_Answer, frozen=True, kw_only=True):
    """TransactionsRegistrarState. ``Offline…`` are None when offline work is forbidden, or the signer may not know."""

    uid: str | None = field(default=None, name="UID")
    shift_state: int = 0
    shift_id: int | None = None
    open_shift_fiscal_num: str | None = None
    z_rep_present: bool = False
    testing: bool = False
    name: str | None = None
    subject_key_id: str | None = None
    first_local_num: int = 0
    next_local_num: int
    last_fiscal_num: str | None = None
    offline_supported: bool = False
    chief_cashier: bool = False
    offline_session_id: int | None = None
    offline_seed: int | None = None
    offline_next_local_num: int | None = None
    offline_session_duration: int | None = None
    offline_sessions_monthly_duration: int | None = None
    offline_session_rolled_back: bool | None = None
    offline_session_rollback_cmd_uid: str | None = field(default=None, name="OfflineSessionRollbackCmdUID")
    closed: bool = False
    tax_object: TaxObject | None = None

    @property
    def is_open(self) -> bool:
        return self.shift_state == 1


class Shift(_Answer, frozen=True, kw_only=True):
    """One shift of a register."""

    shift_id: int
    open_shift_fiscal_num: str
    close_shift_fiscal_num: str | None = None
    testing: bool = False
    opened: datetime.datetime | None = None
    open_name: str | None = None
    open_subject_key_id: str | None = None
    closed: datetime.datetime | None = None
    close_name: str | None = None
    close_subject_key_id: str | None = None
    z_rep_fiscal_num: str | None = None


class ShiftsAnswer(_Answer, frozen=True, kw_only=True):
    """The shifts of a period."""

    uid: str | None = field(default=None, name="UID")
    shifts: tuple[Shift, ...] = ()


class RegisteredDocument(_Answer, frozen=True, kw_only=True):
    """A document that the server holds."""

    num_fiscal: str
    num_local: int = 0
    doc_date_time: datetime.datetime | None = None
    doc_class: DocClass
    check_doc_type: DocType | None = None
    check_doc_sub_type: SubType | None = None
    revoked: bool = False
    storned: bool = False


class DocumentsAnswer(_Answer, frozen=True, kw_only=True):
    """The documents of a shift."""

    uid: str | None = field(default=None, name="UID")
    documents: tuple[RegisteredDocument, ...] = ()


class DocumentInfo(_Answer, frozen=True, kw_only=True):
    """DocumentInfoByLocalNum: the call that settles a lost answer."""

    uid: str | None = field(default=None, name="UID")
    num_fiscal: str
    doc_class: DocClass
    check_doc_type: DocType | None = None
    check_doc_sub_type: SubType | None = None
    revoked: bool = False
    storned: bool = False


class PayFormTotal(_Answer, frozen=True, kw_only=True):
    """One form of payment."""

    pay_form_code: int
    pay_form_name: str = ""
    sum: Sum = 0


class TaxTotal(_Answer, frozen=True, kw_only=True):
    """One tax at one rate."""

    type: int
    name: str = ""
    letter: str | None = None
    prc: Percent = 0
    sign: bool = False
    turnover: Sum = 0
    turnover_discount: Sum | None = None
    source_sum: Sum | None = None
    sum: Sum = 0


class OrderTotals(_Answer, frozen=True, kw_only=True):
    """All sales, or all returns, of a shift."""

    sum: Sum = 0
    pwn_sum_issued: Sum = 0
    pwn_sum_received: Sum = 0
    rnd_sum: Sum = 0
    no_rnd_sum: Sum = 0
    total_currency_sum: Sum = 0
    total_currency_commission: Sum = 0
    orders_count: Count = 0
    total_currency_cost: Count = 0
    pay_form: tuple[PayFormTotal, ...] | None = None
    tax: tuple[TaxTotal, ...] | None = None


class CashTotals(_Answer, frozen=True, kw_only=True):
    """Cash given out against cards."""

    sum: Sum = 0
    commission: Sum = 0
    orders_count: Count = 0


class CurrencyDetails(_Answer, frozen=True, kw_only=True):
    """One foreign currency; names as in :class:`schemas.prro_zrep.ZCurrency`."""

    val_cd: int
    val_sym_cd: str = ""
    buy_val_i: Sum = 0
    sell_val_i: Sum = 0
    buy_val_n: Sum = 0
    sell_val_n: Sum = 0
    stor_buy_val_i: Sum = 0
    stor_sell_val_i: Sum = 0
    stor_buy_val_n: Sum = 0
    stor_sell_val_n: Sum = 0
    c_in_val_i: Sum = 0
    c_out_val_i: Sum = 0
    commission: Sum = 0
    in_advance: Sum = 0
    in_attach: Sum = 0
    surr_collection: Sum = 0
    stor_c_in_val_i: Sum = 0
    stor_c_out_val_i: Sum = 0
    stor_commission: Sum = 0


class CurrencyTotals(_Answer, frozen=True, kw_only=True):
    """Operations with foreign currency."""

    total_in_advance: Sum = 0
    total_in_attach: Sum = 0
    total_surr_collection: Sum = 0
    commission: Sum = 0
    calc_docs_cnt: Count = 0
    accepted_n: Sum = 0
    issued_n: Sum = 0
    commission_n: Sum = 0
    transfers_cnt: Count = 0
    details: tuple[CurrencyDetails, ...] | None = None


class ShiftTotals(_Answer, frozen=True, kw_only=True):
    """The server's draft of the Z report. Parts that did not happen are None."""

    real: OrderTotals | None = None
    ret: OrderTotals | None = None
    cash: CashTotals | None = None
    currency: CurrencyTotals | None = None
    service_input: Sum = 0
    service_output: Sum = 0


class LastShiftTotalsAnswer(_Answer, frozen=True, kw_only=True):
    """The last shift; ``totals`` only while it is open."""

    uid: str | None = field(default=None, name="UID")
    shift_state: int = 0
    z_rep_present: bool = False
    testing: bool = False
    opened: datetime.datetime | None = None
    open_name: str | None = None
    open_subject_key_id: str | None = None
    closed: datetime.datetime | None = None
    close_name: str | None = None
    close_subject_key_id: str | None = None
    z_rep_fiscal_num: str | None = None
    totals: ShiftTotals | None = None


class DocumentAnswer(_Answer, frozen=True, kw_only=True):
    """CheckExt and ZRepExt. ``data`` is base64; ``result_code`` 0 ok, 1 absent, 2 reserved offline, 3 not reserved, 4
    register unknown."""

    uid: str | None = field(default=None, name="UID")
    data: str | None = None
    result_code: int = 0
    result_text: str | None = None
    cabinet_url: str | None = None


class OfflineSession(_Answer, frozen=True, kw_only=True):
    """The next offline session: its number and its secret seed."""

    offline_session_id: Annotated[int, Meta(ge=1)]
    offline_seed: Annotated[int, Meta(ge=1)]
