"""Single values: the examples of the protocol text, the traps it names, and the way there and back."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transports.terminalfa.strategies import values
from transports.terminalfa.values import (
    Codec,
    Date3,
    Dt5,
    Flag,
    Fvln,
    Ipv4,
    Malformed,
    Padded,
    Raw,
    Text,
    Uint,
    Unfit,
    UnixDate,
    UnixTime,
    Vln,
)

CODECS: list[Codec[Any]] = [
    Uint(1),
    Uint(2),
    Uint(4),
    Uint(5),
    Flag(),
    Vln(),
    Fvln(),
    Dt5(),
    Date3(),
    UnixTime(),
    UnixDate(),
    Text(64),
    Padded(12),
    Raw(),
    Raw(18),
    Ipv4(),
]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: type(codec).__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_there_and_back(codec: Codec[Any], data: st.DataObject) -> None:
    value = data.draw(values(codec))
    assert codec.decode(codec.encode(value)) == value


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: type(codec).__name__)
@settings(max_examples=50)
@given(data=st.binary(max_size=30))
def test_any_bytes_are_a_value_or_malformed(codec: Codec[Any], data: bytes) -> None:
    try:
        codec.decode(data)
    except Malformed:
        return


@pytest.mark.parametrize(
    ("value", "wire"), [(0, "00"), (1, "01"), (255, "FF"), (256, "00 01"), (15000, "98 3A"), (10000, "10 27")]
)
def test_vln_is_minimal(value: int, wire: str) -> None:
    assert Vln().encode(value) == bytes.fromhex(wire)
    assert Vln().decode(bytes.fromhex(wire)) == value


@pytest.mark.parametrize("wire", ["98 3A 00 00", "98 3A 00 00 00 00 00 00 00"])
def test_vln_reads_zero_padded_values(wire: str) -> None:
    assert Vln().decode(bytes.fromhex(wire)) == 15000


@pytest.mark.parametrize("wire", ["", "00 00 00 00 00 00 01"])
def test_vln_refuses_nothing_and_too_much(wire: str) -> None:
    with pytest.raises(Malformed):
        Vln().decode(bytes.fromhex(wire))


@pytest.mark.parametrize(
    ("thousandths", "wire"), [(1000, "00 01"), (1500, "01 0F"), (0, "00 00"), (1, "03 01"), (12340, "02 D2 04")]
)
def test_fvln_is_minimal(thousandths: int, wire: str) -> None:
    assert Fvln().encode(thousandths) == bytes.fromhex(wire)
    assert Fvln().decode(bytes.fromhex(wire)) == thousandths


@pytest.mark.parametrize(
    ("wire", "thousandths"), [("03 E8 03", 1000), ("03 E8 03 00 00", 1000), ("04 05 00", 1), ("04 04 00", 0)]
)
def test_fvln_reads_other_spellings(wire: str, thousandths: int) -> None:
    assert Fvln().decode(bytes.fromhex(wire)) == thousandths


@pytest.mark.parametrize("codec", [Dt5(), Date3()], ids=["Dt5", "Date3"])
def test_no_date_is_none(codec: Codec[Any]) -> None:
    assert codec.encode(None) == bytes(codec.size or 0)
    assert codec.decode(bytes(codec.size or 0)) is None
    assert codec.decode(b"\x17\x0d\x01\x00\x00"[: codec.size]) is None  # month 13


def test_dates_are_year_first() -> None:
    assert Dt5().decode(bytes.fromhex("17 01 18 0E 2E")) == datetime(2023, 1, 24, 14, 46)
    assert Date3().encode(date(2026, 11, 22)) == bytes.fromhex("1A 0B 16")
    assert UnixDate().encode(date(2020, 3, 12)) == bytes.fromhex("80 7B 69 5E")


@pytest.mark.parametrize("year", [1999, 2256])
def test_years_beyond_one_byte_do_not_fit(year: int) -> None:
    with pytest.raises(Unfit, match=str(year)):
        Dt5().encode(datetime(year, 1, 1))


@pytest.mark.parametrize(
    ("codec", "value"), [(Uint(1), 256), (Uint(5), 2**40), (Vln(), 2**48), (Vln(), -1), (Uint(2), -1)]
)
def test_numbers_out_of_range_do_not_fit(codec: Codec[int], value: int) -> None:
    with pytest.raises(Unfit, match=str(value)) as unfit:
        codec.encode(value)
    assert unfit.value.expected.startswith("0…")


def test_inn_and_rnm_are_padded_with_spaces() -> None:
    assert Padded(12).encode("7806197274") == b"7806197274  "
    assert Padded(20).decode(b"0000000000038045    ") == "0000000000038045"
    with pytest.raises(Unfit):
        Padded(12).encode("7806197274000")


def test_text_is_measured_after_encoding() -> None:
    assert Text(4).encode("руб.") == "руб.".encode("cp866")
    with pytest.raises(Unfit, match="takes 8 bytes"):
        Text(4).encode("₽₽")
    with pytest.raises(Unfit, match="takes 0 bytes"):
        Text(4, minimum=1).encode("\u200b")
    with pytest.raises(Unfit, match="cannot print: '漢'"):
        Text(4).encode("漢")


@pytest.mark.parametrize("text", ["1.2.3", "1.2.3.256", "1.2.3.x", "1.2.3.-4", ""])
def test_an_address_is_four_numbers(text: str) -> None:
    with pytest.raises(Unfit):
        Ipv4().encode(text)


def test_addresses_are_in_network_order() -> None:
    assert Ipv4().encode("192.168.0.7") == bytes((192, 168, 0, 7))
