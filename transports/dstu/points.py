"""Multiples of points. Secret scalars and public ones go different ways.

``secret_x`` and ``public_key`` multiply the base point by a secret: dstu_core where it is installed (M257 only), else a
ladder in C whose steps do not depend on the scalar, else Python. Python's integers are not constant-time; whoever can
measure this process closely must not be let near it while it signs by the fallback. ``combine`` verifies: all of its
numbers are public, and it is as quick as it can be.

Python works with López-Dahab coordinates (X/Z, Y/Z²; Z = 0 is infinity) in the field's spread form, with the multiples
of the base point in a table of six-bit windows (some 0.4 s to make, once), so that no doubling is left for it.
"""

from functools import cache
from typing import Final

from transports.dstu.backend import CORE, NATIVE
from transports.dstu.curves import M257, Curve, Point
from transports.dstu.field import Field

Projective = tuple[int, int, int]
WINDOW: Final = 6
_INFINITY: Projective = (1, 0, 0)


def secret_x(curve: Curve, scalar: int) -> int:
    """x of scalar·G for 0 < scalar < n."""
    if CORE and curve is M257:
        return _core_point(scalar)[0]
    if NATIVE:
        return _ladder_x(curve, scalar)
    return multiple_of_base(curve, scalar)[0]


def negative_multiple(curve: Curve, scalar: int) -> Point:
    """−scalar·G for 0 < scalar < n: the public key that goes with a secret one."""
    if CORE and curve is M257:
        return _core_point(scalar)
    x, y = multiple_of_base(curve, scalar)
    return x, x ^ y


def combine(curve: Curve, s: int, r: int, q: Point) -> Point | None:
    """s·G + r·Q, None for the point at infinity."""
    if NATIVE:
        return _native_combine(curve, s, r, q)
    arithmetic = Arithmetic(curve)
    total = arithmetic.base_multiple(s)
    if addend := arithmetic.affine(arithmetic.window_multiple(r, q)):
        total = arithmetic.add(total, *addend)
    return arithmetic.gathered(total)


def multiple_of_base(curve: Curve, scalar: int) -> Point:
    """scalar·G in Python."""
    arithmetic = Arithmetic(curve)
    point = arithmetic.gathered(arithmetic.base_multiple(scalar))
    assert point is not None, "a scalar below the order does not lead to infinity"
    return point


def _core_point(scalar: int) -> Point:
    """dstu_core answers −scalar·G, x and y of 33 bytes each, big-endian."""
    assert CORE is not None
    made = CORE.sign257_verifying_key(scalar.to_bytes(33, "big"))
    return int.from_bytes(made[:33], "big"), int.from_bytes(made[33:], "big")


def _native_field(curve: Curve) -> tuple[int, int, int, int]:
    padded = (0, 0, 0, *curve.lower)[-3:]
    return curve.m, padded[0], padded[1], padded[2]


def _ladder_x(curve: Curve, scalar: int) -> int:
    """With the order added once or twice, so that every scalar has the same length."""
    assert NATIVE is not None
    bits = curve.n.bit_length()
    fixed = scalar + curve.n
    fixed += curve.n * (fixed >> bits == 0)
    size = curve.size
    made = NATIVE.ladder_x(
        *_native_field(curve),
        curve.b.to_bytes(size, "little"),
        curve.gx.to_bytes(size, "little"),
        fixed.to_bytes(size + 1, "little"),
    )
    return int.from_bytes(made, "little")


def _native_combine(curve: Curve, s: int, r: int, q: Point) -> Point | None:
    assert NATIVE is not None
    size = curve.size
    numbers = (curve.b, s, curve.gx, curve.gy, r, *q)
    made = NATIVE.combine(*_native_field(curve), curve.a, *(number.to_bytes(size, "little") for number in numbers))
    if made is None:
        return None
    return int.from_bytes(made[0], "little"), int.from_bytes(made[1], "little")


class Arithmetic:
    """Points of one curve; every coordinate in spread form."""

    def __init__(self, curve: Curve) -> None:
        self.curve = curve
        self.field: Field = curve.field
        self._multiply = curve.field.spread_multiply
        self._b = curve.field.spread(curve.b)

    def double(self, point: Projective) -> Projective:
        multiply = self._multiply
        x, y, z = point
        zz, xx = multiply(z, z), multiply(x, x)
        bzzzz = multiply(self._b, multiply(zz, zz))
        doubled_z = multiply(xx, zz)
        doubled_x = multiply(xx, xx) ^ bzzzz
        inner = multiply(y, y) ^ bzzzz ^ self.curve.a * doubled_z
        return doubled_x, multiply(bzzzz, doubled_z) ^ multiply(doubled_x, inner), doubled_z

    def add(self, point: Projective, x2: int, y2: int) -> Projective:
        """A point and an affine one."""
        multiply = self._multiply
        x1, y1, z1 = point
        if not z1:
            return x2, y2, 1
        zz = multiply(z1, z1)
        a, b = multiply(y2, zz) ^ y1, multiply(x2, z1) ^ x1
        if not b:
            return _INFINITY if a else self.double(point)
        c = multiply(z1, b)
        z3, e = multiply(c, c), multiply(a, c)
        x3 = multiply(a, a) ^ multiply(multiply(b, b), c ^ self.curve.a * zz) ^ e
        y3 = multiply(e ^ z3, x3 ^ multiply(x2, z3)) ^ multiply(x2 ^ y2, multiply(z3, z3))
        return x3, y3, z3

    def affine(self, point: Projective) -> Point | None:
        """In spread form; None for infinity."""
        x, y, z = point
        if not z:
            return None
        inverse = self.field.spread(self.field.invert(self.field.gather(z)))
        return self._multiply(x, inverse), self._multiply(y, self._multiply(inverse, inverse))

    def gathered(self, point: Projective) -> Point | None:
        """As integers; None for infinity."""
        if (affine := self.affine(point)) is None:
            return None
        return self.field.gather(affine[0]), self.field.gather(affine[1])

    def all_affine(self, points: list[Projective]) -> list[Point]:
        """Many at the cost of one inversion; none of them infinity."""
        multiply, running = self._multiply, [1]
        for _, _, z in points:
            running.append(multiply(running[-1], z))
        inverse = self.field.spread(self.field.invert(self.field.gather(running.pop())))
        made = []
        for x, y, z in reversed(points):
            own = multiply(inverse, running.pop())
            inverse = multiply(inverse, z)
            made.append((multiply(x, own), multiply(y, multiply(own, own))))
        return made[::-1]

    def base_multiple(self, scalar: int) -> Projective:
        total = _INFINITY
        for row in _base_table(self.curve):
            if digit := scalar & (1 << WINDOW) - 1:
                total = self.add(total, *row[digit - 1])
            scalar >>= WINDOW
        return total

    def window_multiple(self, scalar: int, point: Point) -> Projective:
        """By windows of four bits, from the highest."""
        row = self.row((self.field.spread(point[0]), self.field.spread(point[1])), 15)
        total = _INFINITY
        for digit in f"{scalar:x}":
            for _ in range(4 * (total is not _INFINITY)):
                total = self.double(total)
            if digit != "0":
                total = self.add(total, *row[int(digit, 16) - 1])
        return total

    def row(self, point: Point, count: int) -> list[Point]:
        """1, 2, … ``count`` times this point."""
        multiples: list[Projective] = [(*point, 1)]
        for _ in range(count - 1):
            multiples.append(self.add(multiples[-1], *point))
        return self.all_affine(multiples)


@cache
def _base_table(curve: Curve) -> list[list[Point]]:
    """For each window its 63 multiples of the base point."""
    arithmetic = Arithmetic(curve)
    start: Point | None = (curve.field.spread(curve.gx), curve.field.spread(curve.gy))
    table = []
    for _ in range(0, curve.n.bit_length(), WINDOW):
        assert start is not None
        table.append(arithmetic.row(start, (1 << WINDOW) - 1))
        last: Projective = arithmetic.add((*table[-1][-1], 1), *start)  # 64 times
        start = arithmetic.affine(last)
    return table
