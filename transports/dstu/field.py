"""Arithmetic in GF(2^m), polynomial basis. An element is an integer whose bits are the coefficients.

Python has no multiplication without carries, but it multiplies long integers well. So each bit is given nine places
(:meth:`Field.spread`): sums of up to 511 products cannot reach the neighbour, and one mask takes their lowest bit,
which is what is wanted. Points (``points.py``) stay in that form all the way, where squares and reductions are as easy.
"""

from functools import cached_property

from transports.dstu.backend import NATIVE

SLOT = 9
_SPREAD = [sum(1 << SLOT * bit for bit in range(8) if byte >> bit & 1).to_bytes(SLOT, "little") for byte in range(256)]
_GATHER = {spread: byte for byte, spread in enumerate(_SPREAD)}


class Field:
    """The field of ``x^m + x^k1 + … + 1``; ``lower`` are the k."""

    def __init__(self, m: int, lower: tuple[int, ...]) -> None:
        self.m, self.lower = m, lower
        self.size = (m + 7) // 8
        self.polynomial = 1 << m | sum(1 << k for k in lower) | 1
        self.full = (1 << m) - 1
        self._native = (m, *(0,) * (3 - len(lower)), *sorted(lower))
        self._wide = sum(1 << SLOT * bit for bit in range(2 * m))
        self._low = (1 << SLOT * m) - 1
        self._high_shift = SLOT * m
        self._shifts = tuple(SLOT * k for k in lower)

    def spread(self, value: int) -> int:
        return int.from_bytes(b"".join(map(_SPREAD.__getitem__, value.to_bytes(self.size, "little"))), "little")

    def gather(self, spread: int) -> int:
        source = spread.to_bytes(self.size * SLOT, "little")
        return int.from_bytes(bytes([_GATHER[source[at : at + SLOT]] for at in range(0, len(source), SLOT)]), "little")

    def spread_multiply(self, left: int, right: int) -> int:
        """Both factors and the product in spread form."""
        wide = left * right & self._wide
        low, shift = self._low, self._high_shift
        while high := wide >> shift:
            wide = wide & low ^ high
            for k in self._shifts:
                wide ^= high << k
        return wide

    def multiply(self, left: int, right: int) -> int:
        if NATIVE:
            size = self.size
            made = NATIVE.multiply(*self._native, left.to_bytes(size, "little"), right.to_bytes(size, "little"))
            return int.from_bytes(made, "little")
        return self.gather(self.spread_multiply(self.spread(left), self.spread(right)))

    def invert(self, value: int) -> int:
        """Euclid's way. ZeroDivisionError for 0."""
        if not value:
            raise ZeroDivisionError("0 has no inverse")
        left, right, of_left, of_right = value, self.polynomial, 1, 0
        while left != 1:
            shift = left.bit_length() - right.bit_length()
            if shift < 0:
                left, right, of_left, of_right, shift = right, left, of_right, of_left, -shift
            left ^= right << shift
            of_left ^= of_right << shift
        return self._reduced(of_left)

    def _reduced(self, value: int) -> int:
        while high := value >> self.m:
            value = value & self.full ^ high
            for k in self.lower:
                value ^= high << k
        return value

    @cached_property
    def _trace_mask(self) -> int:
        """The bits whose powers of x have trace 1: power sums of the polynomial's roots, by Newton's identities."""
        terms = [self.m - k for k in self.lower]
        sums = [self.m & 1]
        for i in range(1, self.m):
            own = i & 1 if i in terms else 0
            sums.append(own ^ sum(sums[i - term] for term in terms if term < i) & 1)
        return sum(bit << place for place, bit in enumerate(sums))

    def trace(self, value: int) -> int:
        return (value & self._trace_mask).bit_count() & 1

    def half_trace(self, value: int) -> int:
        """Solves z² + z = value where the trace of ``value`` is 0; m is odd in every field here."""
        spread = total = self.spread(value)
        for _ in range((self.m - 1) // 2):
            spread = self.spread_multiply(spread, spread)
            spread = self.spread_multiply(spread, spread)
            total ^= spread
        return self.gather(total)
