"""The hashes that tie the documents of an offline session together (PREVDOCHASH).

Three points of the service's text are open, so they are settings: whether the message that ends a session carries a
hash (its published example does, its sample file does not); what is hashed (the signed document as prepared for
sending, by the text; one client hashes the bare XML, which the text allows only when nothing could sign); and whether
messages of shifts are links (the text excludes only the bounds of the session, yet begins the chain with the first
check or report).
"""

import hashlib
from typing import Literal, NamedTuple

from msgspec import Struct

from schemas.prro_check import Check
from schemas.prro_values import SERVICE_TYPES, DocType
from schemas.prro_zrep import ZRep

Hashed = Literal["signed", "xml"]


class ChainRules(Struct, frozen=True):
    """``end_carries_hash`` is about OfflineEnd, ``shift_links`` about OpenShift and CloseShift.

    Compression comes after hashing.
    """

    end_carries_hash: bool = False
    hashed: Hashed = "signed"
    shift_links: bool = True


class Link(NamedTuple):
    """A document of the chain: its XML, and the same signed."""

    xml: bytes
    signed: bytes


def link_hash(link: Link, rules: ChainRules) -> str:
    """Lower-case hexadecimal SHA-256."""
    return hashlib.sha256(link.signed if rules.hashed == "signed" else link.xml).hexdigest()


def is_link(document: Check | ZRep, rules: ChainRules) -> bool:
    """Documents that move money, reports, and messages of shifts; never the two that bound the session."""
    if not isinstance(document, Check) or document.head.doc_type not in SERVICE_TYPES:
        return True
    return rules.shift_links and document.head.doc_type in (DocType.OPEN_SHIFT, DocType.CLOSE_SHIFT)


def carries_hash(document: Check | ZRep, rules: ChainRules) -> bool:
    """Whether a document names its predecessor, provided the session has a link before it."""
    if isinstance(document, Check) and document.head.doc_type is DocType.OFFLINE_END:
        return rules.end_carries_hash
    return is_link(document, rules)
