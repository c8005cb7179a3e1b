"""What buyers see: text by width, HTML, the tax link and its QR code."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.prro import Item, Operation
from schemas.prro_check import Check
from schemas.prro_zrep import ZRep
from tests.transports.prro.desks import COFFEE, DESK, EVERY, HEADING, paid
from transports.prro.composing import compose, made_offline
from transports.prro.documents import Document
from transports.prro.html import qr_svg, receipt_html
from transports.prro.links import LinkRules, tax_link
from transports.prro.paper import TESTING, link_of
from transports.prro.text import receipt_text
from transports.prro.totals import shift_totals


def registered(operation: Operation, number: str = "1000077") -> Document:
    document = compose(operation, DESK, HEADING)
    return msgspec.structs.replace(document, head=msgspec.structs.replace(document.head, fiscal_number=number))


@pytest.mark.parametrize("width", [20, 32, 42, 80])
@pytest.mark.parametrize("operation", EVERY.values(), ids=EVERY.keys())
def test_no_line_is_longer_than_the_paper(operation: Operation, width: int) -> None:
    text = receipt_text(registered(operation), width, link=False)
    assert max(map(len, text.splitlines())) <= width
    assert text.endswith("\n")
    assert "4000000001" in text


@given(st.text("абвгҐ ', \"", min_size=1, max_size=128), st.integers(20, 60))
def test_no_name_breaks_the_paper(name: str, width: int) -> None:
    item = Item(name=name, price=10**9, quantity="999.999", letters="А")
    document = registered(paid(item, due=item.cost))
    assert max(map(len, receipt_text(document, width, link=False).splitlines())) <= width


def test_a_receipt() -> None:
    lines = receipt_text(registered(EVERY["change"]), 32).splitlines()
    assert lines == [
        "         ТОВ «Приклад»",
        "            Магазин",
        "            м. Київ",
        "        ПН 400000012345",
        "         ФІСКАЛЬНИЙ ЧЕК",
        "-" * 32,
        "Кава                     45.00 А",
        "  гаряча",
        "-" * 32,
        "СУМА                       45.00",
        "ГОТІВКА                    45.00",
        "  Отримано                 50.00",
        "  Решта                     5.00",
        "ПДВ А 20.00 %               7.50",
        "Дякуємо",
        "-" * 32,
        "Касир: Касир",
        "22.11.2026              12:00:00",
        "ЧЕК ФН 1000077 ВН 5",
        "ПРРО ФН 4000000001 ВН 1",
        "ОНЛАЙН",
        lines[-1],
    ]
    assert lines[-1].startswith("https://cabinet.tax.gov.ua/cashregs/check?id=1000077&")


def test_offline_receipts_show_their_control_number() -> None:
    offline = made_offline(compose(EVERY["sale"], DESK, HEADING), 5001, 3, 12345, "ab" * 32)
    text = receipt_text(offline)
    control = (offline.head.fiscal_number or "").rpartition(".")[2]
    assert "ОФЛАЙН" in text
    assert f"Контрольне число {control}" in text
    assert "mac=" + "ab" * 32 in text


def test_test_documents_say_so() -> None:
    document = compose(EVERY["sale"], msgspec.structs.replace(DESK, testing=True), HEADING)
    assert receipt_text(document).count(TESTING) == 2


def test_reports() -> None:
    blank = compose(EVERY["z_report"], DESK, HEADING)
    assert isinstance(blank, ZRep)
    sale = registered(EVERY["sale"])
    assert isinstance(sale, Check)
    report = shift_totals([sale], blank.head)
    assert "X-ЗВІТ" in receipt_text(report, draft=True)
    assert "Z-ЗВІТ" in receipt_text(report)
    assert "304.90" in receipt_text(report)
    assert link_of(report) is None


def test_a_page() -> None:
    nasty = paid(msgspec.structs.replace(COFFEE, name="<script>alert('&')</script>"), due=4500)
    page = receipt_html(registered(nasty))
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in page
    assert page.count("<svg") == 1
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "<svg" not in receipt_html(registered(EVERY["open_shift"]))


def test_the_link() -> None:
    at = datetime(2020, 8, 20, 14, 23, 38)
    link = tax_link("5008.3.4758", 4_000_002_411, at, 12345, mac="ff")
    assert parse_qs(urlsplit(link).query) == {
        "id": ["5008.3.4758"],
        "date": ["20200820"],
        "time": ["14:23:38"],
        "fn": ["4000002411"],
        "sm": ["123.45"],
        "mac": ["ff"],
    }
    assert "time=142338&" in tax_link("1", 1, at, 0, rules=LinkRules(time_form="%H%M%S"))
    assert qr_svg(link).startswith("<svg")


def test_too_narrow() -> None:
    with pytest.raises(ValueError, match="width"):
        receipt_text(registered(EVERY["sale"]), 10)
