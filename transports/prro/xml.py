"""Documents as the tax service's XML in windows-1251, both ways.

The reader takes what the schemas take and nothing else: order, presence, form and range of every element are checked
and every mistake is located (``CHECKBODY.ROW[2].PRICE``). Document types and entities are refused: nobody sends them
in good faith.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, TreeBuilder, XMLParser

from msgspec import Struct

from schemas.problems import FieldError
from transports.prro.layouts import Slot, slots
from transports.prro.values import ENCODING, PADDED, Unfit, Whole

MOST_ERRORS = 100
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_ROW_NUMBER = Whole(1, 999_999)
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})

Kind = TypeVar("Kind", bound=Struct)


class Malformed(Exception):
    """Bytes that are not such a document. ``errors`` names every wrong place; an empty path is the whole."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.path or 'document'} {error.message}" for error in errors))
        self.errors = tuple(errors)


class Unwritable(Malformed):
    """A document that the format cannot say: a text too long, a letter that windows-1251 lacks, a row too many."""


def parse(data: bytes) -> Element:
    """The tree of an XML document; raises :class:`Malformed`."""
    parser = XMLParser(target=_Plain())
    try:
        parser.feed(data)
        root: Element = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Malformed([FieldError("", f"is not XML: {error}")]) from None
    return root


class _Plain(TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError(f"a document type ({name}) is not allowed")


def read(root: Element, kind: type[Kind], *, tolerant: bool = False) -> Kind:
    """The struct that an element tells; raises :class:`Malformed`.

    ``tolerant`` is for what a server answers: elements may come in any order, unknown ones are passed over, and dates
    may have lost their leading zeros.
    """
    reading = _Reading(tolerant)
    found = reading.part(root, kind, "")
    if reading.errors:
        raise Malformed(reading.errors)
    return found


class _Reading:
    def __init__(self, tolerant: bool) -> None:
        self._tolerant = tolerant
        self.errors: list[FieldError] = []

    def part(self, element: Element, kind: type[Kind], path: str) -> Kind:
        values: dict[str, Any] = {}
        children = self._children(element, kind, path)
        self._no_text(element, path)
        for slot in slots(kind):
            if slot.element in children:
                values[slot.attribute] = self._value(slot, children[slot.element], _under(path, slot.element))
            elif slot.required:
                self._wrong(_under(path, slot.element), "missing")
        return kind(**values) if not self.errors else _UNFINISHED

    def _children(self, element: Element, kind: type[Struct], path: str) -> dict[str, Element]:
        """The children by name, once each and in the order of the schema."""
        order = {slot.element: place for place, slot in enumerate(slots(kind))}
        found: dict[str, Element] = {}
        last = -1
        for child in element:
            place = order.get(child.tag)
            if place is None:
                if not self._tolerant:
                    self._wrong(_under(path, child.tag[:64]), "unknown element")
            elif child.tag in found:
                self._wrong(_under(path, child.tag), "given twice")
            elif place < last and not self._tolerant:
                self._wrong(_under(path, child.tag), "out of order")
            else:
                last = place
                found[child.tag] = child
        return found

    def _value(self, slot: Slot, element: Element, path: str) -> Any:  # noqa: ANN401 - as its slot says
        if slot.part is not None:
            return self.part(element, slot.part, path)
        if slot.rows is not None:
            rows = tuple(self._rows(element, slot.rows, path))
            if len(element) < slot.least:
                self._wrong(path, "has no rows", "at least one")
            return rows
        assert slot.codec is not None
        if len(element):
            self._wrong(path, "has children", "text")
        codec = PADDED.get(slot.codec, slot.codec) if self._tolerant else slot.codec
        try:
            return codec.read(element.text or "")
        except Unfit as error:
            self._wrong(path, error.message, error.expected)
            return None

    def _rows(self, element: Element, kind: type[Struct], path: str) -> Iterator[Struct]:
        self._no_text(element, path)
        for place, row in enumerate(element, 1):
            here = f"{path}.ROW[{place}]"
            if row.tag != "ROW":
                self._wrong(here, f"is {row.tag[:64]}", "ROW")
                continue
            try:
                _ROW_NUMBER.read(row.get("ROWNUM", ""))
            except Unfit as error:
                self._wrong(f"{here}@ROWNUM", error.message, error.expected)
            yield self.part(row, kind, here)

    def _no_text(self, element: Element, path: str) -> None:
        texts = [element.text, *(child.tail for child in element)]
        if any(text and text.strip() for text in texts):
            self._wrong(path, "has text of its own", "elements only")

    def _wrong(self, path: str, message: str, expected: str = "") -> None:
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(FieldError(path, message, expected))


_UNFINISHED: Any = None
"""Stands for parts of a document that is going to be refused."""


def write(root: str, document: Struct) -> bytes:
    """The document's bytes; raises :class:`Unwritable` with every place that cannot be said."""
    writing = _Writing()
    writing.part(type(document), document, "")
    if writing.errors:
        raise Unwritable(writing.errors)
    head = f'<?xml version="1.0" encoding="{ENCODING}"?>\n'
    opening = f'<{root} xmlns:xsi="{_SCHEMA_INSTANCE}" xsi:noNamespaceSchemaLocation="{root.lower()}01.xsd">'
    return f"{head}{opening}{''.join(writing.pieces)}</{root}>".encode(ENCODING)


def objections(document: Struct) -> tuple[FieldError, ...]:
    """Every place of a document that the format cannot say; empty when :func:`write` will do."""
    writing = _Writing()
    writing.part(type(document), document, "")
    return tuple(writing.errors)


class _Writing:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.errors: list[FieldError] = []

    def part(self, kind: type[Struct], part: Struct, path: str) -> None:
        for slot in slots(kind):
            value = getattr(part, slot.attribute)
            if value is None or (value == () and not slot.required):
                continue
            self.pieces.append(f"<{slot.element}>")
            self._value(slot, value, _under(path, slot.element))
            self.pieces.append(f"</{slot.element}>")

    def _value(self, slot: Slot, value: Any, path: str) -> None:  # noqa: ANN401 - as its slot says
        if slot.part is not None:
            self.part(slot.part, value, path)
        elif slot.rows is not None:
            self._rows(slot.rows, value, path)
        else:
            assert slot.codec is not None
            try:
                self.pieces.append(slot.codec.write(value).translate(_ESCAPES))
            except Unfit as error:
                self.errors.append(FieldError(path, error.message, error.expected))

    def _rows(self, kind: type[Struct], rows: Sequence[Struct], path: str) -> None:
        for number, row in enumerate(rows, 1):
            self.pieces.append(f'<ROW ROWNUM="{number}">')
            self.part(kind, row, f"{path}.ROW[{number}]")
            self.pieces.append("</ROW>")


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
