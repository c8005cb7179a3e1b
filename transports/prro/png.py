"""Receipts as pictures, for thermal printers, messengers and screens that take nothing else.

The lines are those of :mod:`transports.prro.text`, the tax link stands below them as a QR code. A character is
``6 x scale`` dots wide: at the usual scale of 2 it is 12 dots, so 32 characters fill the 384 dots of a 58 mm printer
and 48 the 576 of an 80 mm one.

The font is Cascadia Mono, from a package: the machine needs none of its own, and every machine draws the same. Pillow's
own font has no Cyrillic letters.
"""

from functools import lru_cache
from io import BytesIO

import segno
from PIL import Image, ImageDraw, ImageFont
from pymupdf_fonts import fontbuffers

from transports.prro.documents import Document
from transports.prro.links import LinkRules
from transports.prro.paper import link_of
from transports.prro.text import Line, laid_out

LARGEST_SCALE = 8
MOST_DOTS = 32_000_000
"""Dots of a picture, a byte each while it is drawn."""

LARGEST_CODE = 2000
"""Dots of the side of a QR code that stands alone."""

_CELL = 6
_EM = 2048 / 1200
"""The font's size for a character of one dot: its em and the advance of its characters, in its own units."""

_LEADING = 13
_MARGIN = 4
_QUIET = 4
"""Modules of white around a QR code, as its standard wants."""

_PAPER, _INK = 255, 0


class TooLarge(ValueError):
    """The picture would have more than :data:`MOST_DOTS`."""


def receipt_png(
    document: Document, width: int = 42, scale: int = 2, *, draft: bool = False, rules: LinkRules | None = None
) -> bytes:
    """A grey picture of ``width`` characters a line (20 at least). Raises :class:`TooLarge`."""
    if not 1 <= scale <= LARGEST_SCALE:
        raise ValueError(f"a scale is 1 to {LARGEST_SCALE}")
    lines = laid_out(document, width, draft=draft)
    address = link_of(document, rules)
    wide, high = width * _CELL * scale, (len(lines) * _LEADING + 2 * _MARGIN) * scale
    code = None if address is None else qr_code(address, wide, 3 * scale)
    if code is not None:
        wide, high = max(wide, code.width), high + code.height
    if wide * high > MOST_DOTS:
        raise TooLarge(f"{wide} x {high} dots are more than {MOST_DOTS}")
    picture = Image.new("L", (wide, high), _PAPER)
    _write(picture, lines, scale)
    if code is not None:
        picture.paste(code, ((wide - code.width) // 2, high - code.height))
    return _png(picture)


def qr_png(text: str, dots: int = 6) -> bytes:
    """A QR code alone, ``dots`` a module."""
    return _png(qr_code(text, LARGEST_CODE, dots))


def qr_code(text: str, widest: int, largest: int) -> Image.Image:
    """The same code as on the page: modules of at most ``largest`` dots, that fit into ``widest`` if any do."""
    code = segno.make(text, micro=False, error="m")
    rows = [[_INK if module else _PAPER for module in row] for row in code.matrix_iter(border=_QUIET)]
    modules = Image.new("L", (len(rows), len(rows)), _PAPER)
    modules.putdata([dot for row in rows for dot in row])
    side = min(max(widest // len(rows), 1), largest) * len(rows)
    return modules.resize((side, side), Image.Resampling.NEAREST)


def _write(picture: Image.Image, lines: tuple[Line, ...], scale: int) -> None:
    draw = ImageDraw.Draw(picture)
    regular, bold = _font("cascadia", scale), _font("cascadiab", scale)
    for place, line in enumerate(lines):
        top = (_MARGIN + place * _LEADING) * scale
        draw.text((0, top), line.text, fill=_INK, font=bold if line.place == "title" else regular)


@lru_cache(maxsize=2 * LARGEST_SCALE)
def _font(code: str, scale: int) -> ImageFont.FreeTypeFont:
    # The simple layout: one character, one cell. A library for complex scripts, where there is one, would join some.
    return ImageFont.truetype(BytesIO(fontbuffers[code]()), _CELL * scale * _EM, layout_engine=ImageFont.Layout.BASIC)


def _png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
