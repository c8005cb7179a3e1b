"""The taxes of a check from its lines, as the official samples compute them.

Taxes other than VAT come first and VAT is taken of what they leave (sample «Два податки»: 259.90 with 5 % excise and
20 % VAT included gives 12.38 of 259.90 and 41.25 of 247.52). Turnover is without discounts, the source sum with them
(sample «Знижки»); a check that is paid in parts is taxed on its part (sample «Остаточний розрахунок»: 14.17 of 85.00).
Sums are rounded half up for each set of letters together, not line by line.
"""

from collections.abc import Iterable, Sequence

from schemas.prro import Item, TaxRate
from schemas.prro_check import CheckTax

VAT = 0
_WHOLE = 100_00


class UnknownLetter(Exception):
    """A line names a tax that the register's table lacks."""


def taxes(
    items: Sequence[Item], table: Sequence[TaxRate], sources: Sequence[int] | None = None
) -> tuple[CheckTax, ...]:
    """One row for each tax that some line names, in the order of the table; raises :class:`UnknownLetter`.

    ``sources`` are the lines' taxed sums in kopecks where they are not their costs less their discounts.
    """
    if sources is None:
        sources = [item.cost - item.reduction for item in items]
    rates = {rate.letter: rate for rate in table}
    found: dict[str, list[int]] = {}
    for letters, (turnover, source) in _grouped(zip(items, sources, strict=True)).items():
        for rate, base, amount in _shares([_known(letter, rates) for letter in letters], source):
            sums = found.setdefault(rate.letter, [0, 0, 0])
            for place, value in enumerate((turnover, base, amount)):
                sums[place] += value
    return tuple(_row(rate, *found[rate.letter]) for rate in table if rate.letter in found)


def added(rows: Iterable[CheckTax]) -> int:
    """What taxes put on top of the prices."""
    return sum(row.sum for row in rows if row.added)


def _grouped(taxed: Iterable[tuple[Item, int]]) -> dict[str, tuple[int, int]]:
    """Turnover and taxed sum for each set of letters."""
    groups: dict[str, tuple[int, int]] = {}
    for item, taxed_sum in taxed:
        letters = "".join(sorted(item.letters))
        turnover, source = groups.get(letters, (0, 0))
        groups[letters] = turnover + item.cost, source + taxed_sum
    return groups


def _known(letter: str, rates: dict[str, TaxRate]) -> TaxRate:
    try:
        return rates[letter]
    except KeyError:
        raise UnknownLetter(letter) from None


def _shares(rates: Iterable[TaxRate], source: int) -> Iterable[tuple[TaxRate, int, int]]:
    """Each tax with the sum that it is taken of and its amount."""
    left = source
    for rate in sorted(rates, key=lambda rate: rate.type == VAT):
        base = left if rate.type == VAT else source
        amount = _amount(rate, base)
        if rate.type != VAT:
            left += amount if rate.added else -amount
        yield rate, base, amount


def _amount(rate: TaxRate, base: int) -> int:
    whole = _WHOLE if rate.added else _WHOLE + rate.percent
    return (2 * base * rate.percent + whole) // (2 * whole)


def _row(rate: TaxRate, turnover: int, source: int, amount: int) -> CheckTax:
    return CheckTax(
        type=rate.type,
        name=rate.name,
        letter=rate.letter,
        percent=rate.percent,
        added=rate.added,
        turnover=turnover,
        source=source,
        sum=amount,
    )
