"""Fiscal numbers composed offline and the chain of hashes, by the service's published example."""

import hashlib
import zlib
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.prro_check import Check, CheckHead, CheckTotal
from schemas.prro_values import DocType, SubType
from transports.prro.chain import ChainRules, Link, carries_hash, is_link, link_hash
from transports.prro.numbers import (
    OfflineNumber,
    control_number,
    control_text,
    offline_number,
    parse_offline_number,
)

PREVIOUS = "cdd68bb111f8993f3603f0179341571b35b73a07d5acee9b28fbfb714698e1b3"
PUBLISHED = f"179625192271939,20082020,142338,10,4000002411,10,{PREVIOUS}"
NONE = ["1234567", "", None, "1.2", "1.2.3.4", "0.1.1", "1.0.1", "1.1.0", "1.1.01", "1.1.12345", "a.b.c", "1.1.1 "]


def head(kind: DocType, sub: SubType | None = None, previous: str | None = None) -> CheckHead:
    return CheckHead(
        doc_type=kind,
        sub_type=sub,
        uid="795E22D9-D6C8-4B0E-8FAC-F4C42CBA9ABE",
        tin="44082020",
        org_name="ТОВ Тестова організація",
        point_name="Кафе",
        date=date(2020, 8, 20),
        time=time(14, 23, 38),
        local_number=10,
        desk=10,
        register=4_000_002_411,
        previous_hash=previous,
    )


def test_the_published_example() -> None:
    document = Check(head=head(DocType.OFFLINE_END, previous=PREVIOUS))
    assert control_text(document, 179625192271939) == PUBLISHED
    assert str(offline_number(document, 5008, 3, 179625192271939)) == "5008.3.4758"


def test_sum_and_hash_count_only_where_the_document_has_them() -> None:
    bare = Check(head=head(DocType.OFFLINE_BEGIN))
    assert control_text(bare, 1) == "1,20082020,142338,10,4000002411,10"
    sale = Check(head=head(DocType.SALE_GOODS, SubType.CHECK_GOODS, PREVIOUS), total=CheckTotal(sum=123405))
    assert control_text(sale, 1) == f"1,20082020,142338,10,4000002411,10,1234.05,{PREVIOUS}"


@given(st.text("0123456789,.", max_size=80))
def test_control_numbers_have_one_to_four_digits(text: str) -> None:
    assert 1 <= control_number(text) <= 9999


def test_zero_becomes_one() -> None:
    found = next(text for text in map(str, range(200_000)) if _unchanged(text) == 0)
    assert control_number(found) == 1


def _unchanged(text: str) -> int:
    return int.from_bytes(zlib.crc32(text.encode()).to_bytes(4, "little"), "big") % 10000


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 9999))
def test_numbers_there_and_back(session: int, number: int, control: int) -> None:
    made = OfflineNumber(session, number, control)
    assert parse_offline_number(str(made)) == made


@pytest.mark.parametrize("text", NONE)
def test_numbers_that_are_none(text: str | None) -> None:
    assert parse_offline_number(text) is None


def test_links_of_the_chain() -> None:
    bounds = [Check(head=head(kind)) for kind in (DocType.OFFLINE_BEGIN, DocType.OFFLINE_END)]
    shifts = [Check(head=head(kind)) for kind in (DocType.OPEN_SHIFT, DocType.CLOSE_SHIFT)]
    sale = Check(head=head(DocType.SALE_GOODS, SubType.CHECK_GOODS))
    usual, narrow = ChainRules(), ChainRules(shift_links=False, end_carries_hash=True)
    assert [is_link(document, usual) for document in (*bounds, *shifts, sale)] == [False, False, True, True, True]
    assert [is_link(document, narrow) for document in (*bounds, *shifts, sale)] == [False, False, False, False, True]
    assert [carries_hash(document, usual) for document in bounds] == [False, False]
    assert [carries_hash(document, narrow) for document in bounds] == [False, True]


def test_what_is_hashed() -> None:
    link = Link(b"xml", b"signed")
    assert link_hash(link, ChainRules()) == hashlib.sha256(b"signed").hexdigest()
    assert link_hash(link, ChainRules(hashed="xml")) == hashlib.sha256(b"xml").hexdigest()
