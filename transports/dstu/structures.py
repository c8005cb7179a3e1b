"""How DSTU 4145 keys are written: SubjectPublicKeyInfo, PKCS#8, and the parameters that both of them carry.

Authorities spell the curve out (b and the base point little-endian, the order as a number) and add the S-box of the
hash; other software names the curve. A base point is compressed, and must be that of the known curve.
"""

from asn1crypto import core

from transports.dstu import der
from transports.dstu.algorithms import DSTU4145
from transports.dstu.asn1 import Parsed, choice, is_absent, set_of, structure
from transports.dstu.curves import Curve, named, spelt_out
from transports.dstu.errors import Unsupported, reading
from transports.dstu.gost28147 import DKE1
from transports.dstu.keys import PrivateKey, PublicKey, expanded, private_key

KEY_ALGORITHMS = {DSTU4145}


_Pentanomial = structure("Pentanomial", ("k1", core.Integer), ("k2", core.Integer), ("k3", core.Integer))


_Middle = choice("Middle", ("one", core.Integer), ("three", _Pentanomial))


_BinaryField = structure("BinaryField", ("m", core.Integer), ("middle", _Middle))


_SpeltOut = structure(
    "SpeltOut",
    ("version", core.Integer, {"explicit": 0, "default": 0}),
    ("field", _BinaryField),
    ("a", core.Integer),
    ("b", core.OctetString),
    ("n", core.Integer),
    ("base", core.OctetString),
)


_CurveChoice = choice("CurveChoice", ("named", core.ObjectIdentifier), ("spelt_out", _SpeltOut))


_Parameters = structure(
    "Parameters",
    ("curve", _CurveChoice),
    ("sbox", core.OctetString, {"optional": True}),
    ("second_sbox", core.OctetString, {"optional": True}),
)


Algorithm = structure("Algorithm", ("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True}))
"""AlgorithmIdentifier, with parameters of any kind."""


_PublicKeyInfo = structure("PublicKeyInfo", ("algorithm", Algorithm), ("key", core.OctetBitString))


_Attribute = structure("Attribute", ("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any}))


_Attributes = set_of("Attributes", _Attribute)


_PrivateKeyInfo = structure(
    "PrivateKeyInfo",
    ("version", core.Integer),
    ("algorithm", Algorithm),
    ("key", core.OctetString),
    ("attributes", _Attributes, {"implicit": 0, "optional": True}),
)


def key_algorithm(info: bytes) -> str:
    """The algorithm of a SubjectPublicKeyInfo, in dots."""
    with reading("a public key"):
        return str(_PublicKeyInfo.load(info, strict=True)["algorithm"]["algorithm"].dotted)


def read_public_key(info: bytes) -> PublicKey:
    """SubjectPublicKeyInfo of DSTU 4145. Unsupported for other algorithms and curves."""
    with reading("a public key"):
        parsed = _PublicKeyInfo.load(info, strict=True)
        curve = _curve(parsed["algorithm"])
        return expanded(curve, der.content(parsed["key"].native))


def read_private_key(info: bytes) -> PrivateKey:
    """PKCS#8 of DSTU 4145: the secret is little-endian."""
    with reading("a private key"):
        parsed = _PrivateKeyInfo.load(info, strict=False)  # padding of block ciphers may follow
        curve = _curve(parsed["algorithm"])
        return private_key(curve, int.from_bytes(parsed["key"].native, "little"))


def private_key_algorithm(info: bytes) -> str:
    with reading("a private key"):
        return str(_PrivateKeyInfo.load(info, strict=False)["algorithm"]["algorithm"].dotted)


def private_key_attributes(info: bytes) -> dict[str, bytes]:
    """The attributes of a PKCS#8 key, the first value of each in DER."""
    with reading("attributes of a private key"):
        attributes = _PrivateKeyInfo.load(info, strict=False)["attributes"]
        if is_absent(attributes):
            return {}
        return {each["type"].dotted: each["values"][0].dump() for each in attributes if len(each["values"])}


def read_parameters(encoded: bytes) -> Curve:
    with reading("parameters of a curve"):
        return _parameters(_Parameters.load(encoded, strict=True))


def _curve(algorithm: Parsed) -> Curve:
    oid = algorithm["algorithm"].dotted
    if oid not in KEY_ALGORITHMS:
        raise Unsupported(f"keys of the algorithm {oid} are not known here")
    return _parameters(_Parameters.load(algorithm["parameters"].dump(), strict=True))


def _parameters(parameters: Parsed) -> Curve:
    sbox = parameters["sbox"].native
    if sbox not in (None, DKE1):
        raise Unsupported("a key with an S-box other than ДКЕ №1")
    choice = parameters["curve"]
    if choice.name == "named":
        return named(choice.chosen.dotted)
    return _spelt_out(choice.chosen)


def _spelt_out(parameters: Parsed) -> Curve:
    field = parameters["field"]
    middle = field["middle"].native
    lower = (middle,) if isinstance(middle, int) else tuple(sorted(middle.values()))
    curve = spelt_out(field["m"].native, lower, parameters["a"].native, parameters["n"].native)
    stated = (parameters["b"].native, parameters["base"].native)
    known = (curve.b.to_bytes(curve.size, "little"), curve.compress(curve.base))
    if stated not in (known, tuple(value[::-1] for value in known)):  # big-endian where a second key is kept
        raise Unsupported(f"a curve over GF(2^{curve.m}) that is not {curve.name}")
    return curve


def write_parameters(curve: Curve) -> bytes:
    """As the authorities do it: spelt out, with the S-box."""
    middle = der.sequence(*map(der.integer, sorted(curve.lower))) if curve.lower[1:] else der.integer(curve.lower[0])
    spelt = der.sequence(
        der.sequence(der.integer(curve.m), middle),
        der.integer(curve.a),
        der.octets(curve.b.to_bytes(curve.size, "little")),
        der.integer(curve.n),
        der.octets(curve.compress(curve.base)),
    )
    return der.sequence(spelt, der.octets(DKE1))


def write_public_key(key: PublicKey) -> bytes:
    return der.sequence(der.algorithm(DSTU4145, write_parameters(key.curve)), der.bits(der.octets(key.compressed)))


def write_curve_name(curve: Curve) -> bytes:
    """Parameters that name the curve, about which no two readers differ."""
    return der.sequence(der.oid(curve.oid))


def write_private_key(key: PrivateKey, attributes: bytes = b"") -> bytes:
    """PKCS#8; ``attributes`` are whole ones, for containers that keep a second key there."""
    return der.sequence(
        der.integer(0),
        der.algorithm(DSTU4145, write_parameters(key.curve)),
        der.octets(key.d.to_bytes(key.curve.size, "little")),
        der.inside(0, attributes) if attributes else b"",
    )
