"""From operations to documents: every kind, its sums and taxes, and what can never be made."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.prro import Item, Operation, PartPayment, Payment, Refund, Sale, TaxRate
from schemas.prro_check import Check
from schemas.prro_zrep import ZRep
from tests.transports.prro.desks import CASH, COFFEE, DESK, EVERY, HEADING, WINE, paid
from tests.transports.prro.published import complaints
from transports.prro.composing import compose, made_offline, sale_total
from transports.prro.documents import decode, encode
from transports.prro.numbers import parse_offline_number
from transports.prro.objections import objections
from transports.prro.totals import shift_totals


@pytest.mark.parametrize("operation", EVERY.values(), ids=EVERY.keys())
def test_every_kind_is_valid(operation: Operation) -> None:
    """By the published schemas, where they are here; and it survives the journey."""
    assert objections(operation, DESK) == ()
    document = compose(operation, DESK, HEADING)
    xml = encode(document)
    assert complaints(xml) == []
    assert decode(xml) == document
    offline = made_offline(document, 5001, 3, 12345, "ab" * 32)
    number = parse_offline_number(offline.head.fiscal_number)
    assert number is not None
    assert number[:2] == (5001, 3)
    assert complaints(encode(offline)) == []


def test_moments_are_of_kyiv() -> None:
    document = compose(EVERY["sale"], DESK, HEADING)
    assert (str(document.head.date), str(document.head.time)) == ("2026-11-22", "12:00:00")


def test_test_documents_are_marked() -> None:
    desk = msgspec.structs.replace(DESK, testing=True)
    assert compose(EVERY["sale"], desk, HEADING).head.testing
    assert compose(EVERY["offline_begin"], desk, HEADING).head.testing is None


def check(operation: Operation) -> Check:
    document = compose(operation, DESK, HEADING)
    assert isinstance(document, Check)
    return document


def taxes(operation: Operation) -> list[tuple[str | None, int, int | None, int]]:
    return [(tax.letter, tax.turnover, tax.source, tax.sum) for tax in check(operation).taxes]


def test_taxes_of_the_official_samples() -> None:
    """Excise before VAT; discounts in the source sum; a part taxed as a part; rounding aside."""
    assert taxes(paid(WINE, due=25990)) == [("А", 25990, 24752, 4125), ("Г", 25990, 25990, 1238)]
    discounts = Sale(
        items=(
            Item(name="морква", price=10000, letters="А", discount_percent=5000),
            Item(name="цибуля", price=20000, letters="Б", discount_percent=2000),
        ),
        payments=(Payment(form=CASH, sum=21000),),
    )
    assert taxes(discounts) == [("А", 10000, 5000, 833), ("Б", 20000, 16000, 1047)]
    reduced = check(discounts).total
    assert reduced is not None
    assert (reduced.sum, reduced.discount) == (21000, 9000)
    book = paid(Item(name="Книга", price=11500, letters="А"), due=8500, part=PartPayment(type=2, sum=8500, of="7"))
    assert taxes(book) == [("А", 11500, 8500, 1417)]
    total = check(book).total
    assert total is not None
    assert (total.sum, total.part_percent, total.part_sum) == (11500, 7391, 8500)
    rounded = check(EVERY["rounded"]).total
    assert rounded is not None
    assert (rounded.sum, rounded.rounding, rounded.unrounded) == (1260, -3, 1257)


def test_taxes_on_top_of_the_price() -> None:
    gold = Item(name="Каблучка", price=10_000, letters="Д")
    sale = paid(gold, due=10_750)
    assert sale_total(sale, DESK) == 10_750
    assert objections(sale, DESK) == ()
    assert taxes(sale) == [("Д", 10_000, 10_000, 750)]


ITEMS = st.lists(
    st.builds(
        Item,
        name=st.just("Товар"),
        price=st.integers(0, 10**7),
        quantity=st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3})?", fullmatch=True),
        letters=st.sampled_from(["", "А", "Б", "АГ", "Д", "ГА"]),
        discount_percent=st.none() | st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=5,
)


@given(ITEMS, st.integers(-5, 5), st.integers(0, 100))
def test_whatever_is_sold_adds_up(items: list[Item], rounding: int, part: int) -> None:
    bare = Sale(items=tuple(items), payments=(Payment(form=CASH, sum=0),))
    rounding = max(rounding, -sale_total(bare, DESK))
    bare = msgspec.structs.replace(bare, rounding=rounding)
    total = sale_total(bare, DESK)
    due = total * part // 100
    sale = msgspec.structs.replace(bare, payments=(Payment(form=CASH, sum=due),), part=PartPayment(type=1, sum=due))
    assert objections(sale, DESK) == ()
    document = check(sale)
    on_top = sum(tax.sum for tax in compose_whole(sale).taxes if tax.added)
    assert sum((line.cost or 0) - (line.discount or 0) for line in document.lines) + on_top + rounding == total
    if sum(item.cost - item.reduction for item in items):
        assert sum(line.part_sum or 0 for line in document.lines) == due


def compose_whole(sale: Sale) -> Check:
    return check(msgspec.structs.replace(sale, part=None))


@pytest.mark.parametrize(
    ("sale", "paths"),
    [
        (paid(COFFEE, due=4499), ["payments"]),
        (paid(msgspec.structs.replace(COFFEE, letters="Я"), due=4500), ["items[0].letters"]),
        (paid(COFFEE, msgspec.structs.replace(COFFEE, letters="АА"), due=9000), ["items[1].letters"]),
        (paid(msgspec.structs.replace(COFFEE, discount=4501), due=0), ["items[0].discount", "payments"]),
        (paid(msgspec.structs.replace(WINE, dkpp="11.22"), due=25990), ["items[0].dkpp"]),
        (paid(COFFEE, due=4600, part=PartPayment(type=1, sum=4600)), ["part.sum"]),
        (paid(COFFEE, due=100, part=PartPayment(type=3, sum=100)), ["part.of"]),
        (Sale(items=(COFFEE,), payments=(Payment(form=0, sum=4500, provided=4000),)), ["payments[0].provided"]),
        (paid(COFFEE, msgspec.structs.replace(COFFEE, name="₴"), due=9000), ["items[1].name"]),
        (paid(msgspec.structs.replace(COFFEE, excise_labels=("a", "₴")), due=4500), ["items[0].excise_labels"]),
        (Refund(of="₴", items=(COFFEE,), payments=(Payment(form=0, sum=4500),)), ["of"]),
        (msgspec.structs.replace(paid(COFFEE, due=4500), comment="₴"), ["comment"]),
    ],
)
def test_what_can_never_be_made_is_located(sale: Sale, paths: list[str]) -> None:
    assert [error.path for error in objections(sale, DESK)] == paths


def test_documents_that_are_too_large() -> None:
    """The tax service would refuse them: it is said before anything is signed."""
    many = tuple(msgspec.structs.replace(COFFEE, name="К" * 128) for _ in range(700))
    (error,) = objections(paid(*many, due=700 * 4500), DESK)
    assert (error.path, "bytes" in error.message) == ("items", True)


def test_operations_in_json_name_their_kind() -> None:
    for operation in EVERY.values():
        assert msgspec.json.decode(msgspec.json.encode(operation), type=Operation) == operation
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"kind":"sale","items":[],"payments":[]}', type=Operation)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"kind":"storno","of":"1","why":"x"}', type=Operation)


def numbered(operation: Operation, number: int) -> Check:
    document = check(operation)
    return msgspec.structs.replace(document, head=msgspec.structs.replace(document.head, fiscal_number=str(number)))


def test_what_a_shift_came_to() -> None:
    """A storno takes its check away; a revoked one is withdrawn by its number."""
    kinds = ["open_shift", "sale", "card", "return", "service_in", "additional", "service_out", "cash_out"]
    checks = [numbered(EVERY[kind], place) for place, kind in enumerate([*kinds, "rounded", "part"])]
    checks += [numbered(EVERY["sale"], 1000002), numbered(EVERY["storno"], 1000003), numbered(EVERY["sale"], 55)]
    blank = compose(EVERY["z_report"], DESK, HEADING)
    assert isinstance(blank, ZRep)
    report = compose(EVERY["z_report"], DESK, HEADING, shift_totals(checks, blank.head, {"55"}))
    assert complaints(encode(report)) == []
    assert isinstance(report, ZRep)
    assert report.sales is not None
    assert report.refunds is not None
    assert report.cash is not None
    assert report.body is not None
    assert (report.sales.count, report.sales.sum) == (4, 30490 + 4500 + 1260 + 1500)
    assert (report.sales.rounding, report.sales.unrounded) == (-3, 30490 + 4500 + 1257 + 1500)
    assert [(row.form, row.sum) for row in report.sales.payments] == [(0, 30490 + 1260 + 1500), (1, 4500)]
    assert {row.letter: row.turnover for row in report.sales.taxes} == {"А": 30490 + 4500 + 1257 + 4500, "Г": 25990}
    assert (report.refunds.sum, report.cash.sum, report.cash.commission) == (4500, 50_000, 500)
    assert (report.body.service_input, report.body.service_output) == (20_000, 5_000)


def test_an_empty_shift_has_a_report() -> None:
    blank = compose(EVERY["z_report"], DESK, HEADING)
    assert isinstance(blank, ZRep)
    assert complaints(encode(shift_totals([], blank.head))) == []


def test_rates_and_letters() -> None:
    table = (*DESK.taxes, TaxRate(letter="З", percent=0))
    desk = msgspec.structs.replace(DESK, taxes=table)
    document = compose(paid(msgspec.structs.replace(COFFEE, letters="З"), due=4500), desk, HEADING)
    assert isinstance(document, Check)
    assert [(tax.letter, tax.sum) for tax in document.taxes] == [("З", 0)]
