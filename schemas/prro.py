"""What a cash desk is asked to make: sales, returns, deposits, shifts and reports of a software register (ПРРО).

These are the operations as people and programs say them, in kopecks; the documents of the tax service that they become
are in :mod:`schemas.prro_check` and :mod:`schemas.prro_zrep`. Every operation names itself in ``kind``.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from schemas.masking import masked
from schemas.prro_values import Dkpp, Ipn, Tin, Uktzed

Kopecks = Annotated[int, Meta(ge=0, le=10**12)]
Signed = Annotated[int, Meta(ge=-(10**12), le=10**12)]
FiscalNumber = Annotated[str, Meta(min_length=1, max_length=128)]
Letters = Annotated[str, Meta(pattern=r"^[0-9A-Za-zА-ЯҐЄІЇа-яґєії]{0,15}\Z")]


class _Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What callers send: an unknown field is a mistake worth naming, never ignored."""


class TaxRate(_Said, frozen=True, kw_only=True):
    """One tax of a register's table. ``percent`` in hundredths (2000 is 20 %); ``added``: not included in prices."""

    letter: Annotated[str, Meta(min_length=1, max_length=1)]
    percent: Annotated[int, Meta(ge=0, le=100_00)]
    type: Annotated[int, Meta(ge=0, le=99)] = 0
    name: Annotated[str, Meta(min_length=1, max_length=64)] = "ПДВ"
    added: bool = False


class Desk(_Said, frozen=True, kw_only=True):
    """Whose register it is, where it stands and what it charges: the same on every document.

    ``register`` is its fiscal number, ``number`` the local one that the seller gave it.
    """

    register: Annotated[int, Meta(ge=1)]
    number: Annotated[int, Meta(ge=1)]
    tin: Tin
    org_name: Annotated[str, Meta(min_length=1, max_length=256)]
    point_name: Annotated[str, Meta(min_length=1, max_length=256)]
    point_address: Annotated[str, Meta(max_length=256)] | None = None
    ipn: Ipn | None = None
    taxes: tuple[TaxRate, ...] = ()
    testing: bool = False


class Item(_Said, frozen=True, kw_only=True):
    """One line. ``quantity`` is a decimal string with at most three places, ``discount`` comes off its cost."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    price: Kopecks
    quantity: Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?\Z")] = "1"
    letters: Letters = ""
    discount: Kopecks = 0
    discount_percent: Annotated[int, Meta(ge=0, le=100_00)] | None = None
    code: Annotated[str, Meta(max_length=64)] | None = None
    barcode: Annotated[str, Meta(max_length=64)] | None = None
    uktzed: Uktzed | None = None
    dkpp: Dkpp | None = None
    unit_code: Annotated[int, Meta(ge=1, le=99999)] | None = None
    unit: Annotated[str, Meta(max_length=64)] | None = None
    comment: Annotated[str, Meta(max_length=1024)] | None = None
    excise_labels: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...], Meta(max_length=1000)] = ()

    @property
    def thousandths(self) -> int:
        """The quantity as an integer."""
        whole, _, fraction = self.quantity.partition(".")
        return int(whole) * 1000 + int(fraction.ljust(3, "0") or "0")

    @property
    def cost(self) -> int:
        """Price × quantity in kopecks, rounded half up, without the discount."""
        return (self.price * self.thousandths + 500) // 1000

    @property
    def reduction(self) -> int:
        """The discount in kopecks, a percentage rounded half up."""
        if self.discount_percent is None:
            return self.discount
        return (self.cost * self.discount_percent + 5000) // 10000


class Slip(_Said, frozen=True, kw_only=True):
    """What a card terminal printed. A whole card number in ``card`` is masked as soon as it is read."""

    acquirer: Annotated[str, Meta(max_length=256)] | None = None
    acquirer_tin: Annotated[str, Meta(max_length=128)] | None = None
    system: Annotated[str, Meta(max_length=256)] | None = None
    terminal: Annotated[str, Meta(max_length=128)] | None = None
    card: Annotated[str, Meta(max_length=128)] | None = None
    authorization: Annotated[str, Meta(max_length=64)] | None = None
    transaction: Annotated[str, Meta(max_length=128)] | None = None
    slip: Annotated[str, Meta(max_length=128)] | None = None
    commission: Kopecks | None = None

    def __post_init__(self) -> None:
        if self.card is not None:
            force_setattr(self, "card", masked(self.card))


class Payment(_Said, frozen=True, kw_only=True):
    """``form``: 0 cash, 1 card, 2 prepayment, 3 credit, … ``provided`` is what the buyer gave, change included."""

    form: Annotated[int, Meta(ge=0, le=99)]
    sum: Kopecks
    provided: Kopecks | None = None
    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    slip: Slip | None = None


class PartPayment(_Said, frozen=True, kw_only=True):
    """A sale paid in parts. ``type``: 1 prepayment, 2 final settlement, 3 next part; ``of`` names the prepayment."""

    type: Literal[1, 2, 3]
    sum: Kopecks
    of: FiscalNumber | None = None


class _Goods(_Said, frozen=True, kw_only=True):
    """``rounding`` is what rounding adds (plus) or takes off (minus), in kopecks."""

    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=1000)]
    payments: Annotated[tuple[Payment, ...], Meta(min_length=1, max_length=20)]
    rounding: Signed = 0
    part: PartPayment | None = None
    comment: Annotated[str, Meta(max_length=1024)] | None = None


class Sale(_Goods, frozen=True, kw_only=True, tag="sale", tag_field="kind"):
    """Goods or services against money."""


class Refund(_Goods, frozen=True, kw_only=True, tag="return", tag_field="kind"):
    """Goods come back. ``of`` is the fiscal number of the sale."""

    of: FiscalNumber


class Storno(_Said, frozen=True, kw_only=True, tag="storno", tag_field="kind"):
    """The last check was a mistake. ``of`` is its fiscal number."""

    of: FiscalNumber


class ServiceIn(_Said, frozen=True, kw_only=True, tag="service_in", tag_field="kind"):
    """Cash is put into the drawer; ``additional``: a reinforcement during the shift."""

    sum: Annotated[int, Meta(ge=1, le=10**12)]
    additional: bool = False


class ServiceOut(_Said, frozen=True, kw_only=True, tag="service_out", tag_field="kind"):
    """Cash is taken out: service issue, collection."""

    sum: Annotated[int, Meta(ge=1, le=10**12)]


class CashOut(_Said, frozen=True, kw_only=True, tag="cash_out", tag_field="kind"):
    """Cash is given out against a card."""

    sum: Annotated[int, Meta(ge=1, le=10**12)]
    commission: Kopecks = 0
    recipient: Annotated[str, Meta(max_length=256)] | None = None
    slip: Slip | None = None


class OpenShift(_Said, frozen=True, kw_only=True, tag="open_shift", tag_field="kind"):
    """A shift begins."""


class CloseShift(_Said, frozen=True, kw_only=True, tag="close_shift", tag_field="kind"):
    """A shift ends; its Z report comes before."""


class ZReport(_Said, frozen=True, kw_only=True, tag="z_report", tag_field="kind"):
    """What the shift came to; the register knows."""


class OfflineBegin(_Said, frozen=True, kw_only=True, tag="offline_begin", tag_field="kind"):
    """The server is away. ``revoke_last``: the last online document was made again offline and must not count twice."""

    revoke_last: bool = False


class OfflineEnd(_Said, frozen=True, kw_only=True, tag="offline_end", tag_field="kind"):
    """The server is back."""


Operation = (
    Sale
    | Refund
    | Storno
    | ServiceIn
    | ServiceOut
    | CashOut
    | OpenShift
    | CloseShift
    | ZReport
    | OfflineBegin
    | OfflineEnd
)
"""Everything that becomes a document with a local number."""
