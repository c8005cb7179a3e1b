"""The archive: captured documents, cuts at every byte, and nothing concluded from what was not told."""

from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.kkt import ArchivedDocument, ArchivedItem
from schemas.receipts import Payments
from tests.transports.terminalfa.vectors import FOUND_RECEIPT
from transports.terminalfa.archive import archived, fpd_of, fpd_tlv
from transports.terminalfa.commands.archive import (
    DETAILS,
    FoundDocument,
    ReceiptDetails,
    RegistrationDetails,
    SettlementDetails,
    ShiftDetails,
)
from transports.terminalfa.layouts import Wire
from transports.terminalfa.tlv import Tlv, encode_tlvs
from transports.terminalfa.values import Fvln, Malformed, UnixTime, Vln

AT = datetime(2026, 11, 22, 14, 20)
FOUND = FoundDocument(3, False, AT, 102, 528289624, ReceiptDetails(1, 16000).encode())


def item(name: str, price: int, quantity: int) -> Tlv:
    inner = [
        Tlv(1030, name.encode("cp866")),
        Tlv(1079, Vln().encode(price)),
        Tlv(1023, Fvln().encode(quantity)),
        Tlv(1199, b"\6"),
    ]
    return Tlv(1059, encode_tlvs(inner))


def number(tag: int, value: int, size: int = 4) -> Tlv:
    return Tlv(tag, value.to_bytes(size, "little"))


BEFORE_ITEMS = [
    Tlv(1041, b"9999078902003867"),
    Tlv(1018, b"7806197274  "),
    number(1040, 102),
    Tlv(1012, UnixTime().encode(AT)),
    fpd_tlv(528289624),
    number(1038, 8),
    number(1042, 1),
    number(1054, 1, 1),
    Tlv(1020, Vln().encode(16000)),
]
ITEMS = [item("Вода", 15000, 1000), item("Чай", 500, 2000)]
AFTER_ITEMS = [
    number(1055, 1, 1),
    Tlv(1031, b"\0"),
    Tlv(1081, Vln().encode(16000)),
    Tlv(1215, b"\0"),
    Tlv(1008, b"a@b.example"),
    Tlv(1192, b"k1f "),
    Tlv(1209, b"\2"),
]
WHOLE = encode_tlvs([*BEFORE_ITEMS, *ITEMS, *AFTER_ITEMS])


def test_a_whole_receipt() -> None:
    assert archived(FOUND, WHOLE) == ArchivedDocument(
        fd=102,
        fpd=528289624,
        kind="receipt",
        at=AT,
        receipt_kind="sell",
        total=16000,
        shift=8,
        receipt_number=1,
        payments=Payments(cashless=16000),
        items=(ArchivedItem("Вода", 15000, 1000), ArchivedItem("Чай", 500, 2000)),
        customer="a@b.example",
        mark="k1f",
        complete=True,
    )


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_cut_anywhere_never_contradicts_the_whole(length: int) -> None:
    whole, cut = archived(FOUND, WHOLE), archived(FOUND, WHOLE[:length])
    assert cut.total == whole.total
    assert cut.receipt_kind == "sell"
    assert cut.payments in (None, whole.payments)
    assert (cut.items or ()) == (whole.items or ())[: len(cut.items or ())]
    assert cut.mark in (None, whole.mark)
    assert cut.customer in (None, whole.customer)
    if cut.complete:
        assert cut.items == whole.items


def test_a_document_torn_behind_all_that_counts_is_still_torn() -> None:
    assert not archived(FOUND, WHOLE[:-1]).complete


def test_a_document_at_the_limit_may_have_been_cut_between_two_tags() -> None:
    filler = Tlv(1060, b"x" * (1019 - len(WHOLE) - 4))
    assert not archived(FOUND, WHOLE + encode_tlvs([filler])).complete
    assert archived(FOUND, WHOLE + encode_tlvs([Tlv(1060, filler.value[1:])])).complete


def test_items_behind_the_payments_cut_between_two_tags() -> None:
    data = encode_tlvs([*BEFORE_ITEMS, *AFTER_ITEMS, ITEMS[0]])
    told = archived(FOUND, data)
    assert told.items == (ArchivedItem("Вода", 15000, 1000),)
    assert not told.complete


def test_payments_that_do_not_add_up_were_cut() -> None:
    split = [*BEFORE_ITEMS, *ITEMS, Tlv(1031, Vln().encode(1000)), Tlv(1081, Vln().encode(15000))]
    assert archived(FOUND, encode_tlvs(split)).payments == Payments(cash=1000, cashless=15000)
    assert archived(FOUND, encode_tlvs(split[:-1])).payments is None


def test_without_the_tags_only_the_head_is_told() -> None:
    assert archived(FOUND) == ArchivedDocument(
        fd=102, fpd=528289624, kind="receipt", at=AT, receipt_kind="sell", total=16000
    )


def test_items_without_their_tags_are_not_told() -> None:
    dropped = encode_tlvs([*BEFORE_ITEMS, Tlv(1059, encode_tlvs([Tlv(1030, b"a")])), *AFTER_ITEMS])
    assert archived(FOUND, dropped).items is None
    assert not archived(FOUND, dropped).complete


@pytest.mark.parametrize("stranger", [number(1040, 103), fpd_tlv(1)])
def test_another_document_under_this_number_is_no_answer(stranger: Tlv) -> None:
    with pytest.raises(Malformed, match="another document"):
        archived(FOUND, encode_tlvs([stranger]))


def test_the_captured_head() -> None:
    told = archived(FOUND_RECEIPT)
    assert (told.fd, told.fpd, told.kind, told.receipt_kind, told.total) == (3, 1769784812, "receipt", "sell", 1600)
    assert told.at == datetime(2022, 3, 28, 9, 47)


def test_the_last_four_bytes_of_the_sign_are_big_endian() -> None:
    assert fpd_of(bytes.fromhex("31 04 1F 7D 0F 58")) == 528289624
    assert fpd_tlv(528289624) == Tlv(1077, bytes.fromhex("31 04 1F 7D 0F 58"))
    with pytest.raises(Malformed):
        fpd_of(b"\0\0\0\0")


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        (1, "registration"),
        (11, "reregistration"),
        (0x11, "reregistration"),
        (2, "open_shift"),
        (5, "close_shift"),
        (21, "settlement_report"),
        (0x21, "settlement_report"),
        (6, "close_fn"),
        (7, "other"),
        (200, "other"),
        (4, "receipt"),
        (31, "correction"),
        (0x31, "correction"),
        (41, "correction"),
        (0x41, "correction"),
    ],
)
def test_kinds_by_form_code(form: int, kind: str) -> None:
    assert archived(msgspec.structs.replace(FOUND, type=form)).kind == kind


def test_a_correction() -> None:
    found = msgspec.structs.replace(FOUND, type=31, details=ReceiptDetails(3, 16000).encode())
    told = archived(found, encode_tlvs([*BEFORE_ITEMS, *AFTER_ITEMS]))
    assert (told.receipt_kind, told.total, told.items) == ("buy_correction", 16000, None)
    assert told.payments == Payments(cashless=16000)
    assert told.complete


@pytest.mark.parametrize(
    "details",
    [RegistrationDetails("7806197274", "1", 1, 4), ShiftDetails(8), SettlementDetails(3, AT)],
    ids=lambda details: type(details).__name__,
)
def test_other_documents(details: Wire) -> None:
    [form, *_] = [form for form, layout in DETAILS.items() if layout is type(details)]
    told = archived(msgspec.structs.replace(FOUND, type=form, details=details.encode()))
    assert told.complete
    assert told.total is None
    assert told.shift == (8 if isinstance(details, ShiftDetails) else None)


def test_details_of_another_layout_stay_unknown() -> None:
    told = archived(msgspec.structs.replace(FOUND, details=b"\1\2\3"), WHOLE)
    assert (told.receipt_kind, told.total) == ("sell", 16000)  # from 1054 and 1020


def test_a_document_without_a_date() -> None:
    undated = msgspec.structs.replace(FOUND, at=None)
    assert archived(undated, WHOLE).at == AT
    for data in (None, b""):
        with pytest.raises(Malformed, match="no date"):
            archived(undated, data)


@given(st.binary(max_size=200), st.integers(0, 255), st.binary(max_size=60))
def test_random_bytes_are_a_document_or_malformed(data: bytes, form: int, details: bytes) -> None:
    try:
        archived(FoundDocument(form, False, AT, 1, 2, details), data)
    except Malformed:
        return
