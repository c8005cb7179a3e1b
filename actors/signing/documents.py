"""What a document says of itself: whose it is and which register's. It is read before it is signed.

Checks and Z reports are XML in windows-1251 with a head that names both; commands and registrations are JSON objects;
a packet is a row of signed documents, each behind its length. Every kind has a shape that the others have not, so
that nothing can be signed under the name of a kind with fewer rules.
"""

from typing import Literal
from xml.etree import ElementTree

import msgspec
from msgspec import Struct

from schemas.signing import DocumentKind

_NAMES = {"command": "Command", "registration": "Registration"}
_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
_DER_SEQUENCE = 0x30
_HEADS = {"check": ("CHECK", "CHECKHEAD"), "zrep": ("ZREP", "ZREPHEAD")}


class Unreadable(Exception):
    """It is not a document of the kind that it is said to be."""


class Facts(Struct, frozen=True):
    """None: the document does not say."""

    tins: frozenset[str] = frozenset()
    """Tax numbers, each of which the signer must be entitled to."""

    register: str | None = None


def read(kind: DocumentKind, data: bytes) -> Facts:
    """Raises Unreadable."""
    if kind in _HEADS:
        return _read_xml(kind, data)
    return _read_packet(data) if kind == "packet" else _read_json(_NAMES[kind], data)


def _read_xml(kind: str, data: bytes) -> Facts:
    root_name, head_name = _HEADS[kind]
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Unreadable("a document with a type declaration")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unreadable("not XML") from error
    heads = root.findall(head_name)
    if root.tag != root_name or len(heads) != 1:
        raise Unreadable(f"not a {root_name} with one {head_name}")
    tin, register = heads[0].findtext("TIN"), heads[0].findtext("CASHREGISTERNUM")
    if not tin or not register:
        raise Unreadable(f"{head_name} without TIN or CASHREGISTERNUM")
    return Facts(frozenset((tin.strip(),)), register.strip())


def _read_json(name: str, data: bytes) -> Facts:
    """NumFiscal is the register's number; a list of registers (Objects) names none."""
    try:
        said = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(said, dict) or not isinstance(said.get(name), str):
        raise Unreadable(f"a JSON object with {name} is needed")
    tin, register = said.get("Tin"), said.get("NumFiscal")
    return Facts(frozenset() if tin is None else frozenset((str(tin),)), None if register is None else str(register))


def _read_packet(data: bytes) -> Facts:
    """Either order of the four bytes: which of them the tax service means is known from others' code alone."""
    for order in _ORDERS:
        at = 0
        while len(data) - at > 4 and data[at + 4] == _DER_SEQUENCE:
            at += 4 + int.from_bytes(data[at : at + 4], order)
        if at == len(data):
            return Facts()
    raise Unreadable("not a row of signed documents, each behind its length")
