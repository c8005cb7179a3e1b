"""VAT: what the rates' codes mean and which tag carries the tax or the turnover of each."""

from collections.abc import Mapping

TAGS = {1: 1102, 2: 1103, 3: 1106, 4: 1107, 5: 1104, 6: 1105}
"""The receipt-level tag of each code of 1199. 1104 (0 %) and 1105 (no VAT) carry turnover, the others the tax."""

_SHARES = {1: (20, 120), 2: (10, 110), 3: (20, 120), 4: (10, 110)}


def tax_tags(taxable: Mapping[int, int]) -> dict[int, int]:
    """Tag → kopecks for the sums of each rate; rates without a sum, or that no tag is known for, are left out."""
    return {tag: _tax(code, taxable[code]) for code, tag in TAGS.items() if taxable.get(code)}


def _tax(code: int, kopecks: int) -> int:
    """The tax within a sum, rounded half up; the sum itself where the tag carries turnover."""
    if code not in _SHARES:
        return kopecks
    part, whole = _SHARES[code]
    return (2 * kopecks * part + whole) // (2 * whole)
