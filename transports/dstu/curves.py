"""The curves: y² + xy = x³ + ax² + b over GF(2^m), the base point G and its order n, by name and by parameters.

Certificates of Ukrainian authorities spell the parameters out; keys of other software name the curve. Both are taken,
and parameters that are not those of a known curve are refused: a curve of the sender's choice proves nothing.
"""

from functools import cached_property

from msgspec import Struct

from transports.dstu.errors import Malformed, Unsupported
from transports.dstu.field import Field

Point = tuple[int, int]
_ARC = "1.2.804.2.1.1.1.1.3.1.1.2."


class Curve(Struct, frozen=True, dict=True):
    """``a`` is 0 or 1; ``oid`` the name."""

    name: str
    oid: str
    m: int
    lower: tuple[int, ...]
    a: int
    b: int
    n: int
    gx: int
    gy: int

    @cached_property
    def field(self) -> Field:
        return Field(self.m, self.lower)

    @property
    def size(self) -> int:
        """Bytes of an element of the field, and of a compressed point."""
        return (self.m + 7) // 8

    @cached_property
    def scalar_size(self) -> int:
        """Bytes of r and of s in a signature."""
        return (self.n.bit_length() + 7) // 8

    @property
    def r_mask(self) -> int:
        """r has one bit less than n."""
        return (1 << self.n.bit_length() - 1) - 1

    @property
    def base(self) -> Point:
        return self.gx, self.gy

    def holds(self, point: Point) -> bool:
        """Whether the point is on the curve."""
        field, (x, y) = self.field, point
        xx = field.multiply(x, x)
        left = field.multiply(y, y ^ x)
        return left == field.multiply(xx, x) ^ self.a * xx ^ self.b

    def compress(self, point: Point) -> bytes:
        """Little-endian x whose lowest bit is the trace of y/x."""
        x, y = point
        if not x:
            return bytes(self.size)
        sign = self.field.trace(self.field.multiply(y, self.field.invert(x)))
        return (x & ~1 | sign).to_bytes(self.size, "little")

    def expand(self, compressed: bytes) -> Point:
        """Raises Malformed when no point of the curve looks like this."""
        value = int.from_bytes(compressed, "little")
        if len(compressed) != self.size or value >> self.m:
            raise Malformed(f"not a compressed point of {self.name}: {len(compressed)} bytes")
        field, sign, x = self.field, value & 1, value & ~1
        x ^= field.trace(x) != self.a
        if not x:
            raise Malformed("not a public key: the point of order two")
        beta = x ^ self.a ^ field.multiply(self.b, field.invert(field.multiply(x, x)))
        z = field.half_trace(beta)
        if field.multiply(z, z) ^ z != beta:
            raise Malformed(f"not a point of {self.name}")
        return x, field.multiply(x, z ^ (field.trace(z) != sign))


M257 = Curve(
    name="M257",
    oid=_ARC + "6",
    m=257,
    lower=(12,),
    a=0,
    b=0x1CEF494720115657E18F938D7A7942394FF9425C1458C57861F9EEA6ADBE3BE10,
    n=0x800000000000000000000000000000006759213AF182E987D3E17714907D470D,
    gx=0x2A29EF207D0E9B6C55CD260B306C7E007AC491CA1B10C62334A9E8DCD8D20FB7,
    gy=0x10686D41FF744D4449FCCF6D8EEA03102E6812C93A9D60B978B702CF156D814EF,
)
M431 = Curve(
    name="M431",
    oid=_ARC + "9",
    m=431,
    lower=(1, 3, 5),
    a=1,
    b=0x3CE10490F6A708FC26DFE8C3D27C4F94E690134D5BFF988D8D28AAEAEDE975936C66BAC536B18AE2DC312CA493117DAA469C640CAF3,
    n=0x3FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFBA3175458009A8C0A724F02F81AA8A1FCBAF80D90C7A95110504CF,
    gx=0x1A62BA79D98133A16BBAE7ED9A8E03C32E0824D57AEF72F88986874E5AAE49C27BED49A2A95058068426C2171E99FD3B43C5947C857D,
    gy=0x70B5E1E14031C1F70BBEFE96BDDE66F451754B4CA5F48DA241F331AA396B8D1839A855C1769B1EA14BA53308B5E2723724E090E02DB9,
)
CURVES = (M257, M431)


def named(oid: str) -> Curve:
    """The curve of this name; Unsupported for others."""
    for curve in CURVES:
        if curve.oid == oid:
            return curve
    raise Unsupported(f"the curve {oid} is not known here; M257 and M431 are")


def spelt_out(m: int, lower: tuple[int, ...], a: int, n: int) -> Curve:
    """The known curve of these parameters. What has an order of bytes, b and the base point, is compared elsewhere."""
    for curve in CURVES:
        if (curve.m, curve.lower, curve.a, curve.n) == (m, lower, a, n):
            return curve
    raise Unsupported(f"parameters of a curve over GF(2^{m}) that is not known here; M257 and M431 are")
