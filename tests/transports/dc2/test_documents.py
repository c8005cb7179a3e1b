"""DC2's XML: both directions, every encoding it comes in, and what is no such document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.dc2.documents import (
    Answer,
    BadDocument,
    Request,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from transports.smartsale.fields import AMOUNT, OPERATION, SLIPS, STATUS, TEXT
from transports.smartsale.message import Message

SALE = Message([(0, b"1200"), (4, b"643"), (25, b"1"), (27, b"50101700")])
TEXTS = st.text(st.characters(codec="cp1251", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


def test_a_request_as_tills_write_it() -> None:
    said = (
        '<?xml version="1.0" encoding="windows-1251"?><request><ipaddr>10.0.0.7:9000</ipaddr><timeout>120</timeout>'
        '<field id="00">1200</field><field id="04">643</field><field id="25">1</field><field id="27">50101700</field>'
        '<field id="19">Касса</field></request>'
    ).encode("cp1251")
    request = read_request(said)
    assert (request.address, request.com, request.timeout) == ("10.0.0.7:9000", None, 120)
    assert (request.message.get(AMOUNT), request.message.get(OPERATION), request.message.get(TEXT)) == (
        1200,
        1,
        "Касса",
    )


def test_a_request_there_and_back() -> None:
    request = Request(message=SALE, com=3, baud_rate=115200, timeout=180)
    assert read_request(write_request(request)) == request


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
@pytest.mark.parametrize("declared", ["windows-1251", "utf-8"])
def test_answers_that_are_not_in_the_encoding_they_declare(encoding: str, declared: str) -> None:
    fields = '<field id="39">1</field><field id="13">A12345</field><field id="19">ОДОБРЕНО</field>'
    said = f'<?xml version="1.0" encoding="{declared}"?><response><errorcode>0</errorcode>{fields}</response>'
    answer = read_answer(said.encode(encoding))
    assert (answer.code, answer.message.get(STATUS)) == (0, 1)


def test_an_answer_without_a_code() -> None:
    answer = read_answer(b'<response><field id="39">16</field></response>')
    assert (answer.code, answer.text, answer.message.get(STATUS)) == (None, None, 16)


@given(st.lists(st.tuples(st.sampled_from((0, 4, 13, 19, 90)), TEXTS), max_size=6), TEXTS)
def test_answers_there_and_back(fields: list[tuple[int, str]], text: str) -> None:
    items = [(number, said.encode("cp1251")) for number, said in fields]
    answer = Answer(message=Message(items), code=13, text=text.strip() or "x")
    assert read_answer(write_answer(answer)) == answer


def test_lines_of_a_slip_stay_lines() -> None:
    slip = "0xDF^^ОПЛАТА\r\nСУММА 12.00 <&>~".encode("cp1251")
    answer = read_answer(write_answer(Answer(message=Message([(90, slip)]))))
    assert answer.message.get(SLIPS) == slip


def test_bytes_have_no_place_here() -> None:
    assert b'id="70"' not in write_request(Request(message=Message([(25, b"1"), (70, b"\x00\x01"), (12, b"4000=")])))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"not xml",
        b"<request><field id='25'>1</field>",
        b"<request><field id='x'>1</field></request>",
        b"<request><field id='256'>1</field></request>",
        b"<request><field>1</field></request>",
        b"<request><timeout>3601</timeout></request>",
        b"<request><timeout>-1</timeout></request>",
        b"<request><ncom>one</ncom></request>",
        b"<request><ipaddr>a</ipaddr><ipaddr>b</ipaddr></request>",
        b"<request><field id='19'><b><c/></b></field></request>",
        b'<!DOCTYPE request [<!ENTITY a "b">]><request><field id="19">&a;</field></request>',
        "<request><field id='19'>漢</field></request>".encode(),
        b"<request>" + b"x" * 300_000 + b"</request>",
    ],
)
def test_what_is_no_request(document: bytes) -> None:
    with pytest.raises(BadDocument):
        read_request(document)


@given(st.binary(max_size=200))
def test_garbage_never_gets_through(data: bytes) -> None:
    for read in (read_request, read_answer):
        with pytest.raises(BadDocument):
            read(b"\x00" + data)
