"""Receipts as plain text of a given width, for printers, messages and terminals."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from transports.prro.documents import Document
from transports.prro.links import LinkRules
from transports.prro.paper import Place, Row, link_of, paper

NARROWEST = 20


class Line(NamedTuple):
    """One line as it is printed; ``place`` is that of the row which it is of."""

    place: Place
    text: str


def receipt_text(
    document: Document, width: int = 42, *, draft: bool = False, link: bool = True, rules: LinkRules | None = None
) -> str:
    """At most ``width`` characters a line (20 at least); the tax link, which cannot be broken, is the exception."""
    lines = [line.text for line in laid_out(document, width, draft=draft)]
    address = link_of(document, rules) if link else None
    if address is not None:
        lines.append(address)
    return "\n".join(lines) + "\n"


def laid_out(document: Document, width: int, *, draft: bool = False) -> tuple[Line, ...]:
    """The lines without the tax link."""
    if width < NARROWEST:
        raise ValueError(f"a receipt needs a width of at least {NARROWEST}")
    return tuple(Line(row.place, text) for row in paper(document, draft=draft) for text in _lines(row, width))


def _lines(row: Row, width: int) -> Iterable[str]:
    if row.place == "rule":
        return ["-" * width]
    if row.place == "pair":
        return _pair(row.text, row.right, width)
    if row.place == "left":
        return _wrapped(row.text, width)
    return [line.center(width).rstrip() for line in _wrapped(row.text, width)]


def _wrapped(text: str, width: int) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip(" ")))
    return textwrap.wrap(text.strip(), width, initial_indent=indent, subsequent_indent=indent)


def _pair(text: str, right: str, width: int) -> Iterator[str]:
    """The right side stands in the last line of the left one, or alone below it when there is no room."""
    *above, last = _wrapped(text, width) or [""]
    yield from above
    if len(last) + 1 + len(right) <= width:
        yield last + right.rjust(width - len(last))
        return
    yield last
    yield from (line.rjust(width) for line in _wrapped(right, width))
