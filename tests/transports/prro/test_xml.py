"""The XML of every document: there and back, judged by the published schemas, and what is refused."""

from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas.prro_answers import Ticket
from schemas.prro_check import Check
from schemas.prro_zrep import ZRep
from tests.transports.prro.published import FOLDER, complaints, needs_schemas, samples, schema
from tests.transports.prro.strategies import structs
from transports.prro.documents import decode, decode_ticket, encode_ticket, rules
from transports.prro.layouts import slots
from transports.prro.xml import Malformed, Unwritable, parse, read, write

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
INVALID = {"check01(Ломбард).xml", "check01(Часткова сплата Передплата Заокруглення).xml"}
HEAD = (
    "<DOCTYPE>0</DOCTYPE><DOCSUBTYPE>0</DOCSUBTYPE><UID>u</UID><TIN>12345678</TIN><ORGNM>О</ORGNM><POINTNM>Т</POINTNM>"
    "<ORDERDATE>18112015</ORDERDATE><ORDERTIME>201543</ORDERTIME><ORDERNUM>1</ORDERNUM><CASHDESKNUM>1</CASHDESKNUM>"
    "<CASHREGISTERNUM>4000000001</CASHREGISTERNUM><VER>1</VER>"
)


def check(rest: str = "", head: str = HEAD) -> bytes:
    text = f'<?xml version="1.0" encoding="windows-1251"?><CHECK><CHECKHEAD>{head}</CHECKHEAD>{rest}</CHECK>'
    return text.encode("windows-1251")


def wrong_paths(data: bytes) -> list[str]:
    with pytest.raises(Malformed) as caught:
        decode(data)
    return [error.path for error in caught.value.errors]


@RELAXED
@given(structs(Check))
def test_checks_there_and_back(document: Check) -> None:
    xml = write("CHECK", document)
    assert read(parse(xml), Check) == document
    assert complaints(xml) == []


@RELAXED
@given(structs(ZRep))
def test_reports_there_and_back(document: ZRep) -> None:
    xml = write("ZREP", document)
    assert read(parse(xml), ZRep) == document
    assert complaints(xml) == []


@RELAXED
@given(structs(Ticket))
def test_tickets_there_and_back(ticket: Ticket) -> None:
    xml = encode_ticket(ticket)
    assert decode_ticket(xml) == ticket


@needs_schemas
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_published_samples(path: Path) -> None:
    """What the schemas take we take, and write again so that they take it; what they refuse we refuse."""
    data = path.read_bytes()
    if path.name in INVALID:
        with pytest.raises(Malformed):
            decode(data)
        return
    if path.name.startswith("ticket"):
        assert decode_ticket(encode_ticket(decode_ticket(data))) == decode_ticket(data)
        return
    document = decode(data)
    assert rules(document) == ()
    again = write("CHECK" if isinstance(document, Check) else "ZREP", document)
    assert complaints(again) == []
    assert decode(again) == document


@needs_schemas
@pytest.mark.parametrize(("name", "kind"), [("check", Check), ("zrep", ZRep), ("ticket", Ticket)])
def test_structs_have_every_element_of_the_schemas(name: str, kind: type) -> None:
    """In the schemas' own order, none left out."""
    tree = etree.parse(str(FOLDER / "xsd" / f"{name}01.xsd"))
    xs = "{http://www.w3.org/2001/XMLSchema}"
    types = {found.get("name"): found for found in tree.iter(f"{xs}complexType")}

    def children(type_name: str) -> list[tuple[str, str]]:
        found = types[type_name].iter(f"{xs}element")
        return [(each.get("name") or "", each.get("type") or "") for each in found]

    def compare(struct: type, type_name: str) -> None:
        wanted = children(type_name)
        assert [slot.element for slot in slots(struct)] == [element for element, _ in wanted]
        for slot, (_, child) in zip(slots(struct), wanted, strict=True):
            if slot.part is not None:
                compare(slot.part, child)
            elif slot.rows is not None:
                ((_, row),) = children(child)
                compare(slot.rows, row)

    root = next(each for each in tree.getroot() if each.tag == f"{xs}element")
    compare(kind, root.get("type") or "")
    assert schema(name) is not None


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (check("<CHECKTOTAL><SUM>1.5</SUM></CHECKTOTAL>"), ["CHECKTOTAL.SUM"]),
        (check("<CHECKBODY><ROW ROWNUM='1'><UNITCD>0</UNITCD></ROW></CHECKBODY>"), ["CHECKBODY.ROW[1].UNITCD"]),
        (check("<CHECKBODY><ROW><CODE>1</CODE></ROW></CHECKBODY>"), ["CHECKBODY.ROW[1]@ROWNUM"]),
        (check("<CHECKPAY><LINE/></CHECKPAY>"), ["CHECKPAY.ROW[1]"]),
        (check("<CHECKTAX/><CHECKPAY/>"), ["CHECKPAY"]),
        (check("<CHECKTOTAL/><CHECKTOTAL/>"), ["CHECKTOTAL"]),
        (check("<SURPRISE/>"), ["SURPRISE"]),
        (check("words"), [""]),
        (check(head=HEAD.replace("<UID>u</UID>", "")), ["CHECKHEAD.UID"]),
        (check(head=HEAD.replace("18112015", "30022015")), ["CHECKHEAD.ORDERDATE"]),
        (check(head=HEAD.replace("201543", "20154")), ["CHECKHEAD.ORDERTIME"]),
        (check(head=HEAD.replace("<VER>1", "<VER>one")), ["CHECKHEAD.VER"]),
        (check(head=HEAD.replace("<DOCTYPE>0", "<DOCTYPE>77")), ["CHECKHEAD.DOCTYPE"]),
        (check(head=HEAD.replace("12345678<", "1234<")), ["CHECKHEAD.TIN"]),
        (check(head=HEAD.replace("<ORGNM>О", "<ORGNM>" + "О" * 257)), ["CHECKHEAD.ORGNM"]),
        (b"<OTHER/>", [""]),
        (b"no xml", [""]),
        (b"", [""]),
        (b'<?xml version="1.0"?><!DOCTYPE CHECK [<!ENTITY a "b">]><CHECK/>', [""]),
    ],
)
def test_mistakes_are_located(data: bytes, paths: list[str] | None) -> None:
    if paths is None:
        decode(data)
    else:
        assert wrong_paths(data) == paths


def test_entities_of_a_document_type_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE CHECK [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><CHECK>&b;</CHECK>'
    assert wrong_paths(bomb) == [""]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_malformed_and_nothing_else(data: bytes) -> None:
    for reader in (decode, decode_ticket):
        with pytest.raises(Malformed):
            reader(data)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 900), st.binary(min_size=1, max_size=3))
def test_damaged_documents_are_read_or_malformed(place: int, noise: bytes) -> None:
    data = check("<CHECKTOTAL><SUM>1.50</SUM></CHECKTOTAL>")
    with suppress(Malformed):
        decode(data[:place] + noise + data[place + len(noise) :])


@pytest.mark.parametrize("text", ["₴ 100", "emoji 🙂", "soft\x00", "\x0b"])
def test_text_that_cannot_be_spelled_is_located(text: str) -> None:
    document = decode(check())
    assert isinstance(document, Check)
    spoilt = msgspec.structs.replace(document, head=msgspec.structs.replace(document.head, org_name=text))
    with pytest.raises(Unwritable) as caught:
        write("CHECK", spoilt)
    assert [error.path for error in caught.value.errors] == ["CHECKHEAD.ORGNM"]


def test_markup_and_ends_of_lines_survive() -> None:
    document = decode(check())
    assert isinstance(document, Check)
    nasty = 'a <b> & "c" \r\n\td]]>'
    changed = msgspec.structs.replace(document, head=msgspec.structs.replace(document.head, comment=nasty))
    again = decode(write("CHECK", changed))
    assert again.head.comment == nasty  # type: ignore[union-attr]  # a check it is


def test_tickets_are_read_tolerantly() -> None:
    """Dates are declared numbers, so a zero in front may be missing; a newer server may say more."""
    ticket = decode_ticket(
        b"<TICKET><NEW>1</NEW><VER>1</VER><UID>u</UID><ORDERDATE>8112015</ORDERDATE><ORDERTIME>543</ORDERTIME>"
        b"<ORDERNUM>7</ORDERNUM><ERRORCODE>0</ERRORCODE></TICKET>"
    )
    assert (f"{ticket.date:%d%m%Y}", f"{ticket.time:%H%M%S}", ticket.error) == ("08112015", "000543", 0)
