"""XML of the kind that channels and billings exchange: one element with a few texts in it, and nothing clever.

Read with expat, bounded in size and depth. A document type declaration ends the reading at once, so there are no
entities to expand, no files to include and nothing to fetch: neither a billion laughs nor a quadratic blow-up.
Encodings are the two that are met in the field; expat itself refuses bytes that do not fit the declared one.
"""

import re
from collections.abc import Iterable, Mapping
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

MOST_OF_A_DOCUMENT = 65_536
MOST_DEEP = 4
ENCODINGS = frozenset({"utf-8", "windows-1251"})
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BYTE_ORDER_16 = (b"\xfe\xff", b"\xff\xfe")


class BadXml(ValueError):
    """Not a document that we read; says why."""


class Element(Struct, frozen=True):
    """The outer element: its name, its children's texts by lower-case name, and the texts two levels down.

    ``nested`` holds ``(parent, name attribute or tag, text)`` of grandchildren, in order.
    """

    name: str
    texts: Mapping[str, str]
    nested: tuple[tuple[str, str, str], ...] = ()


def read_element(document: bytes) -> Element:
    """Raises :class:`BadXml`. A child that stands there twice is refused, for two readers would differ."""
    if len(document) > MOST_OF_A_DOCUMENT:
        raise BadXml(f"longer than {MOST_OF_A_DOCUMENT} bytes")
    if document.startswith(_BYTE_ORDER_16):
        raise BadXml("UTF-16 is not spoken here")
    reader = _Reader()
    try:
        reader.parser.Parse(document.strip(), True)
    except expat.ExpatError as error:
        raise BadXml(f"not well formed: {error}") from None
    except LookupError as error:
        raise BadXml(str(error)) from None
    return Element(reader.root, reader.texts, tuple(reader.nested))


class _Reader:
    def __init__(self) -> None:
        self.root = ""
        self.texts: dict[str, str] = {}
        self.nested: list[tuple[str, str, str]] = []
        self._open: list[tuple[str, str]] = []
        self._text: list[str] = []
        parser = self.parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            raise BadXml(f"the encoding {encoding[:32]!r} is not spoken here")

    def _doctype(self, *declared: object) -> None:
        raise BadXml("a document type declaration")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) == MOST_DEEP:
            raise BadXml(f"deeper than {MOST_DEEP} elements")
        self._open.append((name, attributes.get("name", name)))
        self._text.clear()

    def _end(self, name: str) -> None:
        _, label = self._open.pop()
        text = "".join(self._text).strip()
        self._text.clear()
        match len(self._open):
            case 0:
                self.root = name
            case 1:
                self._child(name.lower(), text)
            case 2:
                self.nested.append((self._open[1][0].lower(), label, text))

    def _child(self, name: str, text: str) -> None:
        if name in self.texts:
            raise BadXml(f"<{name}> stands there twice")
        self.texts[name] = text


class Markup(str):
    """Text that is XML already: made here, of escaped pieces."""

    __slots__ = ()


def labelled(pairs: Iterable[tuple[str, str]], kind: str) -> Markup:
    """``<field1 name="label" type="kind">text</field1>`` for each pair, counted from 1."""
    return Markup(
        "".join(
            f"<{name} name={quoteattr(_safe(label))} type={quoteattr(kind)}>{_markup(text)}</{name}>"
            for name, (label, text) in ((f"field{number}", pair) for number, pair in enumerate(pairs, 1))
        )
    )


def write_element(name: str, children: Iterable[tuple[str, str | None]]) -> bytes:
    """``<name><child>text</child>…</name>`` in UTF-8; children whose text is None are left out."""
    inner = "".join(f"<{child}>{_markup(text)}</{child}>" for child, text in children if text is not None)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{inner}</{name}>'.encode()


def _markup(text: str) -> str:
    return text if isinstance(text, Markup) else escape(_safe(text))


def _safe(text: str) -> str:
    """Without the characters that XML cannot carry."""
    return _UNPRINTABLE.sub("", text)
