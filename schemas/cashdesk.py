"""What programs written for CashDesk ask of us. Names are theirs where they are public, see :mod:`transports.cashdesk`.

Money is whole kopecks. Fields that stand here beside unknown ones are read, the others are passed over, for programs
send more than the public text shows; nothing is lost by that, because the sums of a check must agree.
"""

from typing import Annotated

from msgspec import Meta, Struct

from schemas.prro import FiscalNumber, Kopecks, Signed

Register = Annotated[int, Meta(ge=1, le=2**63 - 1)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=128)]
Word = Annotated[str, Meta(min_length=1, max_length=64)]
Text64 = Annotated[str, Meta(max_length=64)]
Text128 = Annotated[str, Meta(max_length=128)]
Text256 = Annotated[str, Meta(max_length=256)]
Positive = Annotated[int, Meta(ge=1, le=10**12)]
Width = Annotated[int, Meta(ge=20, le=200)]


class Asked(Struct, frozen=True, kw_only=True):
    """What every request about a register says. ``api_token`` may also come as a header or in the query.

    ``width`` is of the text that the answer carries (characters a line), unless ``no_text_print``; ``no_qr`` leaves
    the picture of the QR code out. ``no_pdf`` is understood: there never is one.
    """

    num_fiscal: Register
    api_token: str | None = None
    external_id: ExternalId | None = None
    width: Width = 42
    no_text_print: bool = False
    no_qr: bool = False
    no_pdf: bool = True


class SignInAsked(Struct, frozen=True, kw_only=True):
    """``/authenticate``: ``email``, or ``login``."""

    password: Annotated[str, Meta(min_length=1, max_length=256)]
    email: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    login: Annotated[str, Meta(min_length=1, max_length=256)] | None = None

    def __repr__(self) -> str:
        return "SignInAsked(…)"


class ShiftAsked(Asked, frozen=True, kw_only=True):
    """``/shift``: ``action_type`` is ``OPEN_SHIFT`` or ``CLOSE_SHIFT``."""

    action_type: Word


class Product(Struct, frozen=True, kw_only=True):
    """A line. ``amount`` has at most three places; ``tax_prc`` in percent, null with or without a letter: no tax.

    ``cost``, where it is given, must be what price and amount come to.
    """

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    price: Kopecks
    amount: int | float | Text64 = 1
    cost: Kopecks | None = None
    discount_sum: Kopecks = 0
    letters: Annotated[str, Meta(max_length=15)] | None = None
    tax_prc: int | float | Text64 | None = None
    code: int | Text64 | None = None
    barcode: Text64 | None = None
    uktzed: Text64 | None = None
    dkpp: Text64 | None = None
    unit_code: Annotated[int, Meta(ge=1, le=99999)] | None = None
    unit_name: Text64 | None = None
    comment: Annotated[str, Meta(max_length=1024)] | None = None
    excise_labels: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Meta(max_length=1000)] = ()


class PaymentAsked(Struct, frozen=True, kw_only=True):
    """``code``: 0 cash, 1 card, 2 prepayment, 3 credit, …; ``provided`` is what the buyer gave, change included."""

    code: Annotated[int, Meta(ge=0, le=99)]
    sum: Kopecks
    provided: Kopecks | None = None
    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    payment_system: Text256 | None = None
    bank_name: Text256 | None = None
    terminal: Text128 | None = None
    card_mask: Text128 | None = None
    auth_code: Text64 | None = None
    rrn: Text128 | None = None


class SaleAsked(Asked, frozen=True, kw_only=True):
    """``/check/sale``: ``action_type`` is ``SALE`` or ``RETURN``, which names in ``order_ret_num`` what comes back.

    ``round_sum`` is what rounding adds (plus) or takes off (minus); left out, it follows from the payments.
    """

    products: Annotated[tuple[Product, ...], Meta(min_length=1, max_length=1000)]
    payments: Annotated[tuple[PaymentAsked, ...], Meta(min_length=1, max_length=20)]
    total_sum: Kopecks
    action_type: Word = "SALE"
    round_sum: Signed | None = None
    order_ret_num: FiscalNumber | None = None
    comment: Annotated[str, Meta(max_length=1024)] | None = None


class ServiceAsked(Asked, frozen=True, kw_only=True):
    """``/check/service``: ``action_type`` is ``SERVICE_INPUT`` or ``SERVICE_OUTPUT``."""

    action_type: Word
    total_sum: Positive


class StornoAsked(Asked, frozen=True, kw_only=True):
    """``/check/storno``: the last check was a mistake, ``order_storno_num`` is its fiscal number."""

    order_storno_num: FiscalNumber
