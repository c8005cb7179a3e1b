"""Structs and TLVs: places, tags, what may be missing, and what makes bytes another layout."""

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.terminalfa.layouts import Fault, Nested, Tag, Wire
from transports.terminalfa.tlv import Tlv, decode_cut_tlvs, decode_tlvs, encode_tlv, encode_tlvs
from transports.terminalfa.values import U8, U16, Malformed, Missing, Text, Uint, Unfit

tlvs = st.lists(st.builds(Tlv, st.integers(0, 65535), st.binary(max_size=20)), max_size=8)


class Places(Wire, frozen=True):
    first: U8
    second: U16
    third: U8 | None = None


class Inner(Wire, frozen=True):
    name: Annotated[str, Tag(1177, Text(4))]


class Tagged(Wire, frozen=True):
    number: Annotated[int, Tag(1055, Uint(1))]
    name: Annotated[str, Tag(1030, Text(4))] | None = None
    inner: Annotated[Inner, Tag(1174, Nested(Inner))] | None = None
    filled: Annotated[bytes, Tag(2000, Text(4))] | None = None


def test_places_and_an_optional_end() -> None:
    assert Places(1, 2).encode() == b"\1\2\0"
    assert Places.decode(b"\1\2\0") == Places(1, 2)
    assert Places.decode(b"\1\2\0\3") == Places(1, 2, 3)


@pytest.mark.parametrize("data", [b"", b"\1", b"\1\2", b"\1\2\0\3\4"])
def test_any_other_length_is_another_layout(data: bytes) -> None:
    with pytest.raises(Malformed):
        Places.decode(data)


def test_tags_in_any_order_with_strangers_and_empty_ones() -> None:
    data = encode_tlvs([Tlv(30034, b"?"), Tlv(1030, "Вода".encode("cp866")), Tlv(1174, b""), Tlv(1055, b"\1")])
    assert Tagged.decode(data) == Tagged(1, "Вода")


@pytest.mark.parametrize("data", [b"", encode_tlv(1055, b""), encode_tlv(1030, b"a")])
def test_a_tag_that_must_be_there(data: bytes) -> None:
    with pytest.raises(Missing, match="1055"):
        Tagged.decode(data)


def test_faults_name_every_field_into_nested_structs() -> None:
    faults = Tagged(256, "длинное", Inner("漢")).faults()
    assert [fault.field for fault in faults] == ["number", "name", "inner.name"]
    assert faults[1] == Fault("name", "takes 7 bytes on this register", "0…4 bytes in CP866")
    assert Tagged(1).faults() == []
    with pytest.raises(Unfit):
        Tagged(256).encode()


@given(tlvs)
def test_tlvs_there_and_back(sent: list[Tlv]) -> None:
    assert decode_tlvs(encode_tlvs(sent)) == sent


@given(tlvs, st.data())
def test_a_cut_list_gives_its_whole_head(sent: list[Tlv], data: st.DataObject) -> None:
    wire = encode_tlvs(sent)
    cut = wire[: data.draw(st.integers(0, len(wire)))]
    found, whole = decode_cut_tlvs(cut)
    assert found == sent[: len(found)]
    assert whole == (encode_tlvs(found) == cut)
    if not whole:
        with pytest.raises(Malformed):
            decode_tlvs(cut)
