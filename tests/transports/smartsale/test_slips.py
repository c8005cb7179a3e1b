"""Field 90: slips, what stands beside them, and whatever else a terminal may put there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.smartsale.slips import Entry, SlipData, decode_entries, encode_entries, read_slips, write_slips

RAW = "0xDF^Чек^ОПЛАТА\r\nСУММА 12.00~0xDA^Чек^ДЛЯ БАНКА~0xDE^Card^VISA~0x4F^AID^A0000000031010~".encode("cp1251")
lines = st.text(st.sampled_from("АБВабв019 .№-\n"), min_size=1)


def test_a_slip_in_two_copies() -> None:
    assert read_slips(RAW) == SlipData("ОПЛАТА\nСУММА 12.00", "ДЛЯ БАНКА", "VISA", "A0000000031010")


def test_entries_keep_what_is_not_known() -> None:
    raw = b"0xdf^a^b^c~0xC1^x^y~nothing~\r\nDA^^z"
    assert decode_entries(raw) == (
        Entry("0xDF", "a", "b^c"),
        Entry("0xC1", "x", "y"),
        Entry("", "", "nothing"),
        Entry("0xDA", "", "z"),
    )
    assert read_slips(raw) == SlipData("b^c", "z")


def test_a_slip_in_several_entries_is_joined() -> None:
    assert read_slips(b"0xDF^1^one~0xDF^2^two~") == SlipData("one\ntwo")


@given(lines, lines)
def test_written_and_read(customer: str, merchant: str) -> None:
    slips = SlipData(customer, merchant, "МИР")
    assert read_slips(write_slips(slips)) == slips


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    assert isinstance(read_slips(data), SlipData)
    assert decode_entries(encode_entries(decode_entries(data))) is not None


@pytest.mark.parametrize("data", [b"", b"~~", b"\r\n\0"])
def test_nothing(data: bytes) -> None:
    assert read_slips(data) == SlipData()


def test_entries_do_not_show_what_is_on_the_paper() -> None:
    assert "4111" not in repr(decode_entries(b"0xDF^slip^4111111111111111~"))
