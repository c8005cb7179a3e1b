"""Sums as exact decimals: text to kopecks and back, and nothing in between is a float.

A comma, a sign, an exponent, a blank, a third decimal or a digit of another alphabet is refused: whoever sends them
does not mean what we would read.
"""

import re

MOST = 10**12
"""Kopecks in one payment, the bound of every sum in kassanet."""

_SUM = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_LONG_SUM = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2})0{0,10})?")


def kopecks(text: str, *, padded: bool = False, most: int = MOST) -> int:
    """``"200.5"`` → 20050. ``padded`` lets zeros follow the kopecks (``100.000000``). Raises ValueError.

    ``most`` is the largest sum that makes sense: turnovers are larger than payments.
    """
    found = (_LONG_SUM if padded else _SUM).fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:32]!r} is not a sum in roubles with a point and at most two decimals")
    amount = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if amount > most:
        raise ValueError(f"{text[:32]} is more than one payment can be")
    return amount


def roubles(amount: int) -> str:
    """20050 → ``"200.50"``; a balance may be negative."""
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:02d}"
