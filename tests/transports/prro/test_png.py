"""Receipts as pictures: every line is there and inside the paper, the letters are letters, a decoder reads the code."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image, ImageFont
from pymupdf_fonts import fontbuffers

from schemas.prro import Item
from tests.transports.prro.desks import COFFEE, DESK, EVERY, HEADING, WINE, paid
from tests.transports.prro.test_paper import registered
from transports.prro.composing import compose, made_offline
from transports.prro.documents import Document
from transports.prro.paper import link_of
from transports.prro.png import TooLarge, qr_png, receipt_png
from transports.prro.text import laid_out

LEADING, MARGIN = 13, 4
UKRAINIAN = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯабвгґдеєжзиіїйклмнопрстуфхцчшщьюя'’ʼ№«»—₴"


def picture(document: Document, width: int = 42, scale: int = 2) -> Image.Image:
    found = Image.open(BytesIO(receipt_png(document, width, scale)))
    assert (found.format, found.mode) == ("PNG", "L")
    return found


def has_ink(part: Image.Image) -> bool:
    return min(part.tobytes(), default=255) < 128


def ink(part: Image.Image) -> int:
    return sum(255 - dot for dot in part.tobytes())


@pytest.mark.parametrize(("width", "scale"), [(20, 1), (32, 2), (48, 2), (42, 3)])
@pytest.mark.parametrize("kind", ["sale", "card", "service_in", "open_shift"])
def test_each_line_has_its_place(kind: str, width: int, scale: int) -> None:
    document = registered(EVERY[kind])
    lines = laid_out(document, width)
    drawn = picture(document, width, scale)
    bottom = (len(lines) * LEADING + 2 * MARGIN) * scale
    assert drawn.width == width * 6 * scale
    assert (drawn.height > bottom) == (link_of(document) is not None)
    for place, line in enumerate(lines):
        top = (MARGIN + place * LEADING) * scale
        indent = (len(line.text) - len(line.text.lstrip())) * 6 * scale
        end = len(line.text) * 6 * scale
        assert has_ink(drawn.crop((indent, top, end, top + LEADING * scale))), line
        if indent:
            assert not has_ink(drawn.crop((0, top, indent - scale, top + LEADING * scale))), line
        if end < drawn.width:
            assert not has_ink(drawn.crop((end + scale, top, drawn.width, top + LEADING * scale))), line


def test_titles_are_bold() -> None:
    lines = laid_out(registered(EVERY["sale"]), 32)
    [title] = [place for place, line in enumerate(lines) if line.place == "title"]
    drawn = picture(registered(EVERY["sale"]), 32)
    top = (MARGIN + title * LEADING) * 2
    row = drawn.crop((0, top, drawn.width, top + LEADING * 2))
    above = drawn.crop((0, MARGIN * 2, drawn.width, (MARGIN + LEADING) * 2))
    assert ink(row) / len(lines[title].text.strip()) > 1.1 * ink(above) / len(lines[0].text.strip())


@pytest.mark.parametrize("font", ["cascadia", "cascadiab"])
def test_the_font_has_every_letter(font: str) -> None:
    face = ImageFont.truetype(BytesIO(fontbuffers[font]()), 20.48, layout_engine=ImageFont.Layout.BASIC)
    missing = bytes(face.getmask("\uffff"))
    assert [letter for letter in UKRAINIAN if bytes(face.getmask(letter)) == missing] == []
    assert {face.getlength(letter) for letter in UKRAINIAN} == {12.0}


@pytest.mark.parametrize(("width", "scale"), [(20, 1), (32, 1), (32, 2), (48, 2), (100, 4)])
def test_the_code_is_the_tax_link(width: int, scale: int) -> None:
    document = registered(EVERY["sale"])
    [found] = zxingcpp.read_barcodes(picture(document, width, scale))
    assert found.text == link_of(document)


def test_a_code_alone_has_white_around_it() -> None:
    alone = Image.open(BytesIO(qr_png("https://cabinet.tax.gov.ua/", 5)))
    [found] = zxingcpp.read_barcodes(alone)
    assert found.text == "https://cabinet.tax.gov.ua/"
    inked = Image.eval(alone, lambda dot: 255 - dot).getbbox()
    assert inked == (20, 20, alone.width - 20, alone.height - 20)


def test_the_code_of_an_offline_receipt() -> None:
    offline = made_offline(compose(EVERY["sale"], DESK, HEADING), 5001, 3, 12345, "ab" * 32)
    [found] = zxingcpp.read_barcodes(picture(offline, 32))
    assert found.text == link_of(offline)
    assert "mac=" in found.text


def test_what_no_buyer_sees_has_no_code() -> None:
    assert zxingcpp.read_barcodes(picture(registered(EVERY["open_shift"]))) == []


def test_no_picture_is_too_large_for_the_memory() -> None:
    many = tuple(Item(name=f"Товар {number}", price=1, quantity="2") for number in range(1000))
    document = registered(paid(*many, due=2000))
    assert picture(document, 32, 1).height > 1000 * LEADING
    with pytest.raises(TooLarge):
        receipt_png(document, 200, 8)


@pytest.mark.parametrize(("width", "scale"), [(10, 2), (42, 0), (42, 9)])
def test_impossible_sizes(width: int, scale: int) -> None:
    with pytest.raises(ValueError, match=r"width|scale"):
        receipt_png(registered(paid(COFFEE, WINE, due=30490)), width, scale)
