"""Messages and their values: every field both ways, any order, unknown fields, and nothing secret when printed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.smartsale.fields import (
    AMOUNT,
    AUTH_CODE,
    CURRENCY,
    DATA,
    FIELDS,
    MODE2,
    NUMBER,
    OPERATION,
    PAN,
    STATUS,
    TEXT,
    TRACK2,
    Field,
)
from transports.smartsale.message import Message, masked_pan
from transports.smartsale.values import Malformed, Number, Unfit

UNUSED = {2, 3, 20, 22, 35, 38, 45, 58, 92, 93, *range(98, 102)}
SECRET = {11, 12, 16, 17, 18, 40, 41, 42, 43, 44, 47, 59, 70, 95, 97}


def test_every_number_has_a_field_but_those_that_are_not_used() -> None:
    assert set(FIELDS) == set(range(109)) - UNUSED
    assert len({field.name for field in FIELDS.values()}) == len(FIELDS)
    assert all(FIELDS[number].secret for number in SECRET | {10})


@pytest.mark.parametrize("number", sorted(FIELDS))
def test_every_field_both_ways(number: int) -> None:
    field = FIELDS[number]
    value = field.decode(b"7")
    message = Message.of({field: value})
    assert Message.decode(message.encode()).get(field) == value
    assert message.items == ((number, b"7"),)


def test_the_kinds_of_values() -> None:
    assert AMOUNT.decode(b"0001200") == 1200
    assert TEXT.decode("Оплата №7".encode("cp1251")) == "Оплата №7"
    assert DATA.decode(b"\x00\xff") == b"\x00\xff"


@given(st.permutations([(0, b"1200"), (25, b"1"), (39, b"1"), (200, b"?"), (19, "Одобрено".encode("cp1251"))]))
def test_any_order_and_unknown_fields(items: list[tuple[int, bytes]]) -> None:
    message = Message.decode(Message(items).encode())
    assert message.items == tuple(items)
    assert (message.get(AMOUNT), message.operation, message.get(STATUS)) == (1200, 1, 1)
    assert message.get(TEXT) == "Одобрено"
    assert message.raw(200) == b"?"
    assert message.raw(201) is None


@pytest.mark.parametrize(
    ("data", "value"), [(b"100", 100), (b"000000000100", 100), (b"00016", 16), (b" 7\0", 7), (b"0" * 5000 + b"7", 7)]
)
def test_padded_numbers(data: bytes, value: int) -> None:
    assert Number().decode(data) == value


@pytest.mark.parametrize("data", [b"", b"-1", b"1a", b"1 2", b"\x02", b"1" * 19, "²".encode("cp1251", "replace")])
def test_what_is_no_number(data: bytes) -> None:
    with pytest.raises(Malformed):
        Number().decode(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [(AMOUNT, 10**12), (AMOUNT, -1), (NUMBER, 10**6), (CURRENCY, 1000), (TEXT, "漢"), (TEXT, ""), (DATA, bytes(65536))],
)
def test_what_cannot_be_sent_is_refused(field: Field[Any], value: object) -> None:
    with pytest.raises(Unfit):
        Message.of({field: value}).encode()


def test_missing_and_empty_fields_are_none_and_left_out() -> None:
    assert Message.of({AMOUNT: None}).items == ()
    assert Message([(39, b"")]).get(STATUS) is None
    assert Message([(13, b"")]).get(AUTH_CODE) is None


def test_two_values_for_one_field_answer_nothing() -> None:
    with pytest.raises(Malformed, match="field 39 stands 2 times"):
        Message([(39, b"16"), (39, b"1")]).get(STATUS)
    assert Message([(39, b"1"), (39, b"1")]).get(STATUS) == 1


@given(st.binary(max_size=60))
def test_random_bodies_are_messages_or_malformed(body: bytes) -> None:
    try:
        message = Message.decode(body)
    except Malformed:
        return
    assert message.encode() == body
    assert repr(message)


@pytest.mark.parametrize("body", [b"\0", b"\0\1", b"\0\1\0", b"\0\xff\xff1"])
def test_lengths_that_do_not_add_up(body: bytes) -> None:
    with pytest.raises(Malformed):
        Message.decode(body)


def test_a_field_replaced_where_it_stands() -> None:
    message = Message.of({AMOUNT: 1, OPERATION: 1, MODE2: 2})
    assert message.with_value(OPERATION, 53) == Message.of({AMOUNT: 1, OPERATION: 53, MODE2: 2})
    assert Message().with_value(OPERATION, 53) == Message.of({OPERATION: 53})


@pytest.mark.parametrize("number", sorted(SECRET | {200}))
def test_secret_and_unknown_fields_are_not_shown(number: int) -> None:
    assert "HUSH" not in repr(Message([(25, b"1"), (number, b"HUSH")]))


def test_what_a_message_shows() -> None:
    message = Message.of({AMOUNT: 1200, PAN: "4111111111111234", TRACK2: b"4111", TEXT: "Одобрено"})
    assert repr(message).startswith("Message(amount=1200, pan=")
    assert "pan=************1234" in repr(message)
    assert "4111" not in repr(message)
    assert "text='Одобрено'" in repr(message)
    assert repr(Message([(39, b"abc")])) == "Message(status=<not a decimal number>)"


@pytest.mark.parametrize(
    ("pan", "masked"),
    [("4111111111111234", "************1234"), ("************1234", "************1234"), ("12345", "*****"), ("", "")],
)
def test_masked_numbers_of_cards(pan: str, masked: str) -> None:
    assert masked_pan(pan) == masked
