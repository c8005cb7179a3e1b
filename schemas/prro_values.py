"""The kinds of value in documents of the Ukrainian tax service, with the limits of its published schemas.

Money is integer kopecks and every other decimal an integer of its smallest unit, because a fraction in binary is not a
sum of money. How a value is spelled on the wire follows from :class:`Places`; the struct only says what it may be.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

from msgspec import Meta


class Places(NamedTuple):
    """A decimal held as an integer: ``most`` digits after the point, ``exact`` when they are always all written."""

    most: int
    exact: bool


_LARGEST = 10**17 - 1

Sum = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST), Places(2, exact=True)]
"""Kopecks; a discount or a rounding may be negative."""

Percent = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST), Places(2, exact=True)]
"""Hundredths of a percent: 2000 is 20 %."""

Volume = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST), Places(2, exact=True)]
"""Hundredths of a millilitre of fuel."""

Quantity = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST), Places(3, exact=False)]
"""Thousandths: 1000 is one piece."""

Rate = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST), Places(8, exact=False)]
"""Hundred-millionths: a rate of exchange."""

Count = Annotated[int, Meta(ge=0)]
Number = Annotated[int, Meta(ge=1)]
UnitCode = Annotated[int, Meta(ge=1, le=99999)]
Text15 = Annotated[str, Meta(max_length=15)]
Text64 = Annotated[str, Meta(max_length=64)]
Text128 = Annotated[str, Meta(max_length=128)]
Text256 = Annotated[str, Meta(max_length=256)]
Letter = Annotated[str, Meta(max_length=1)]

_CAPITALS = "[АБВГДЕЄЖЗИІКЛМНОПРСТУФХЦЧШЩЮЯ]"
Tin = Annotated[str, Meta(pattern=rf"^([0-9]{{5,10}}|{_CAPITALS}{{2}}[0-9]{{6}})\Z")]
"""ЄДРПОУ, ДРФО or the number of a passport."""

Ipn = Annotated[str, Meta(pattern=rf"^(0|[0-9]{{6,12}}|{_CAPITALS}{{2}}[0-9]{{6}})\Z")]
"""The number of a payer of VAT; ``0`` for none."""

Uktzed = Annotated[str, Meta(pattern=r"^([0-9]{10}|[0-9]{8}|[0-9]{6}|00[0-9]{3}|[0-9]{4})\Z")]
"""A code of the foreign trade classification."""

Dkpp = Annotated[
    str,
    Meta(pattern=r"^[0-9]{2}\.[0-9]{2}(\.[0-9]{1,2}|\.[0-9]{2}-[0-9]{1,2}|\.[0-9]{2}-[0-9]{2}\.[0-9]{1,2})?\Z"),
]
"""A code of the classification of services: ``11.22`` to ``11.22.33-44.55``."""


class DocType(IntEnum):
    """DOCTYPE: what a check is. In answers a member is spelled ``SaleGoods``, in documents by its number."""

    SALE_GOODS = 0
    TRANSFER_FUNDS = 1
    CURRENCY_EXCHANGE = 2
    CASH_WITHDRAWAL = 3
    PAWNSHOP = 4  # named only in a comment of the schema
    OPEN_SHIFT = 100
    CLOSE_SHIFT = 101
    OFFLINE_BEGIN = 102
    OFFLINE_END = 103


class DocClass(IntEnum):
    """The class of a document, as answers name it."""

    CHECK = 0
    Z_REP = 1


class SubType(IntEnum):
    """DOCSUBTYPE: what a check of goods is."""

    CHECK_GOODS = 0
    CHECK_RETURN = 1
    SERVICE_DEPOSIT = 2
    ADDITIONAL_DEPOSIT = 3
    SERVICE_ISSUE = 4
    CHECK_STORNO = 5


SERVICE_TYPES = frozenset({DocType.OPEN_SHIFT, DocType.CLOSE_SHIFT, DocType.OFFLINE_BEGIN, DocType.OFFLINE_END})
"""Documents that move neither money nor goods: nothing but a head, and no links of the chain of hashes."""
