"""Answers: only a received 39 = 1 is a success; what was not said is not made up; nothing secret gets through."""

from typing import Any

import pytest

from schemas.operations import OperationKind, PinpadAnswer, Slips, Totals, Verdict
from tests.transports.smartsale.vectors import BY_NAME
from transports.pinpad import LastOperation
from transports.smartsale.answers import foreign, progress_of, read_answer
from transports.smartsale.fields import (
    AMOUNT,
    AUTH_CODE,
    CURRENCY,
    DEBIT_AMOUNT,
    DEBIT_COUNT,
    HOST_TIME,
    LOCAL_TIME,
    NUMBER,
    OPERATION,
    ORIGINAL_OPERATION,
    PAN,
    QUESTION,
    RESULT,
    RRN,
    SCREEN,
    SLIPS,
    STATUS,
    TERMINAL_ID,
    TEXT,
    Field,
)
from transports.smartsale.last import read_last
from transports.smartsale.message import Message
from transports.smartsale.profiles import default_profile, make_profile
from transports.smartsale.slips import SlipData, write_slips
from transports.smartsale.values import Malformed

Values = dict[Field[Any], Any]
CARD = "4111111111111111"
SLIP = """ООО «ТЕСТ»
ДАТА           22.11.26 14:18:05
ЧЕК                       000012
ОПЛАТА
СУММА (РУБ)             1 200.00
КАРТА           ************1234
КОД АВТОРИЗАЦИИ           A12345
RRN                 632612345678
            ОДОБРЕНО"""


def answer(values: Values, kind: OperationKind = "payment", **profile: object) -> PinpadAnswer:
    made = make_profile(profile)
    return read_answer(Message.of({OPERATION: 1, **values}), kind, made.operation(kind), made)


def last(values: Values, paper: str | None = SLIP, **profile: object) -> LastOperation | None:
    data = None if paper is None else write_slips(SlipData(paper))
    return read_last(Message.of({OPERATION: 63, SLIPS: data, **values}), make_profile(profile))


def test_an_approval() -> None:
    message = BY_NAME["approved"].message
    assert read_answer(message, "payment", default_profile().operation("payment"), default_profile()) == PinpadAnswer(
        verdict="approved",
        status=1,
        amount=1200,
        currency="643",
        rrn="632612345678",
        auth_code="A12345",
        response_code="00",
        pan="************1234",
        terminal_id="50101700",
    )


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (1, "approved"),
        (16, "refused"),
        (34, "refused"),
        (53, "refused"),
        (2, "refused"),
        (17, "offline"),
        (0, "undefined"),
        (None, "undefined"),
    ],
)
@pytest.mark.parametrize("kind", ["payment", "void", "refund", "emergency_void", "settlement"])
def test_the_status_decides(status: int | None, verdict: Verdict, kind: OperationKind) -> None:
    assert answer({STATUS: status}, kind).verdict == verdict


@pytest.mark.parametrize(("status", "padded"), [("approved", b"001"), ("undefined", b"000"), ("refused", b"0016")])
def test_a_padded_status(status: Verdict, padded: bytes) -> None:
    message = Message(((25, b"1"), (39, padded)))
    profile = default_profile()
    assert read_answer(message, "payment", profile.operation("payment"), profile).verdict == status


@pytest.mark.parametrize("policy", ["approved", "refused"])
def test_what_offline_counts_as_is_a_setting(policy: str) -> None:
    assert answer({STATUS: 17}, offline=policy).verdict == policy


def test_a_void_with_status_0_is_believed_where_the_profile_names_its_text() -> None:
    said: Values = {STATUS: 0, TEXT: "Одобрено, нет шаблона чека"}
    assert answer(said, "void").verdict == "undefined"
    assert answer(said, "void", void_zero_text="одобрено").verdict == "approved"
    assert answer(said, "payment", void_zero_text="одобрено").verdict == "undefined"
    assert answer({STATUS: 0, TEXT: "Ошибка"}, "void", void_zero_text="одобрено").verdict == "undefined"
    assert answer({TEXT: "Одобрено"}, "void", void_zero_text="одобрено").verdict == "undefined"


def test_reports_without_a_status() -> None:
    assert answer({RESULT: 0}, "short_report").verdict == "approved"
    assert answer({RESULT: 1}, "short_report").verdict == "refused"
    assert answer({}, "short_report").verdict == "undefined"
    assert answer({SLIPS: b"0xDF^a^b~"}, "receipt_copy").verdict == "approved"
    assert answer({}, "receipt_copy").verdict == "undefined"
    assert answer({RESULT: 0, STATUS: 16}, "short_report").verdict == "refused", "a status that is there decides"


@pytest.mark.parametrize("items", [((39, b"yes"),), ((39, b"1"), (39, b"16")), ((0, b"12.00"), (39, b"1"))])
def test_what_cannot_be_read_is_no_answer(items: tuple[tuple[int, bytes], ...]) -> None:
    with pytest.raises(Malformed):
        read_answer(Message(((25, b"1"), *items)), "payment", default_profile().operation("payment"), default_profile())


def test_card_numbers_are_masked_wherever_they_stand() -> None:
    slips = write_slips(SlipData(f"КАРТА {CARD}", f"4111 1111 1111 1111 {CARD}", f"VISA {CARD}"))
    told = answer({STATUS: 1, PAN: CARD, TEXT: f"карта {CARD}", SLIPS: slips})
    assert told.pan == "************1111"
    assert told.card_type == "VISA ************1111"
    assert "4111" not in repr(told)


def test_card_numbers_on_the_last_slip_are_masked() -> None:
    assert CARD not in repr(last({}, f"{SLIP}\n{CARD}"))


def test_a_short_card_number_is_masked_too() -> None:
    assert answer({STATUS: 1, PAN: "123456789012"}).pan == "********9012"


def test_slips_totals_and_balance() -> None:
    told = answer({STATUS: 1, SLIPS: write_slips(SlipData("раз\nдва", "три")), DEBIT_AMOUNT: 100, DEBIT_COUNT: 2})
    assert told.slips == Slips("раз\nдва", "три")
    assert told.totals == Totals(debit_amount=100, debit_count=2)
    assert told.balance is None
    assert answer({STATUS: 1, AMOUNT: 5000}, "balance").balance == 5000
    assert answer({STATUS: 1, TEXT: "700"}, "balance", balance_field=19).balance == 700
    assert answer({STATUS: 1}, "balance").balance is None
    for field, values in ((3, {}), (19, {TEXT: "много"})):
        with pytest.raises(Malformed):
            answer({STATUS: 1, **values}, "balance", balance_field=field)


def test_a_currency_is_called_by_its_iso_number_again() -> None:
    assert answer({STATUS: 1, CURRENCY: 810}, currency_codes={"643": "810"}).currency == "643"
    assert answer({STATUS: 1, CURRENCY: 36}).currency == "036"


@pytest.mark.parametrize(
    ("values", "is_ours"),
    [
        ({}, True),
        ({TERMINAL_ID: "50101700", NUMBER: 12}, True),
        ({TERMINAL_ID: "0050101700"}, True),
        ({TERMINAL_ID: "50101701"}, False),
        ({NUMBER: 13}, False),
    ],
)
def test_whose_answer_it_is(values: dict[Field[Any], Any], is_ours: bool) -> None:
    assert (foreign(Message.of(values), "50101700", 12) is None) is is_ours
    assert foreign(Message.of(values), None, None) is None


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Вставьте карту", "card"),
        ("Введите ПИН", "pin"),
        ("Связь с банком", "host"),
        ("Печать чека", "printing"),
        ("Ждите", "working"),
    ],
)
@pytest.mark.parametrize("field", [SCREEN, QUESTION, TEXT])
def test_what_the_pinpad_waits_for(text: str, stage: str, field: Field[str]) -> None:
    assert progress_of(Message.of({OPERATION: 52, field: text}), default_profile()) == (stage, text)


def test_progress_without_words_or_with_a_cards_number() -> None:
    assert progress_of(Message.of({OPERATION: 21}), default_profile()) == ("working", None)
    assert CARD not in str(progress_of(Message.of({SCREEN: f"Карта {CARD}"}), default_profile()))
    assert progress_of(Message(((71, b"a"), (71, b"b"))), default_profile()) == ("working", None)


def test_the_last_operation_by_its_slip() -> None:
    assert last({}) == LastOperation(
        approved=True,
        kind="payment",
        amount=120000,
        at="20261122141805",
        rrn="632612345678",
        auth_code="A12345",
        slip=SLIP,
    )


def test_the_last_operation_by_its_fields() -> None:
    fields: Values = {AMOUNT: 500, NUMBER: 7, RRN: "1", AUTH_CODE: "2", HOST_TIME: "20260101000000", STATUS: 1}
    told = last(fields, None, copy_status="operation")
    assert told == LastOperation(approved=True, amount=500, number=7, rrn="1", auth_code="2", at="20260101000000")


@pytest.mark.parametrize(
    ("status", "offline", "approved"),
    [
        (1, "manual", True),
        (16, "manual", False),
        (0, "manual", None),
        (None, "manual", None),
        (17, "manual", None),
        (17, "approved", True),
        (17, "refused", False),
    ],
)
def test_a_status_of_the_operation_copied(status: int | None, offline: str, approved: bool | None) -> None:
    told = last({STATUS: status}, None, copy_status="operation", offline=offline)
    assert told is not None
    assert told.approved is approved


@pytest.mark.parametrize("status", [1, 16, None])
def test_a_status_of_the_copying_itself_proves_nothing(status: int | None) -> None:
    told = last({STATUS: status, LOCAL_TIME: "20261122150000"}, None)
    assert told == LastOperation(), "nor does the time at which it was copied"


@pytest.mark.parametrize(
    ("end", "approved"),
    [
        ("ОДОБРЕНО", True),
        ("ОТКАЗ", False),
        ("ОПЕРАЦИЯ ОТМЕНЕНА", False),
        ("НЕ ОДОБРЕНО", False),
        ("СПАСИБО", None),
        ("ОДОБРЕНО\nОПЕРАЦИЯ ОТМЕНЕНА", None),
        ("ОТКАЗ ОТ ТОВАРА В ТЕЧЕНИЕ 14 ДНЕЙ", None),
    ],
)
def test_what_a_slip_says_of_approval(end: str, approved: bool | None) -> None:
    told = last({}, SLIP.replace("ОДОБРЕНО", end))
    assert told is not None
    assert told.approved is approved


def test_two_values_for_one_thing_are_none() -> None:
    told = last({}, SLIP + "\nСУММА 7.00\nRRN 632612345679\nОТМЕНА\n01.01.26 00:00")
    assert told is not None
    assert (told.amount, told.rrn, told.kind, told.at) == (None, None, None, None)


def test_a_terminal_that_says_that_it_has_none() -> None:
    assert last({STATUS: 53}, None, no_copy_status=53) is None
    assert last({STATUS: 53}, None) == LastOperation()


def test_the_kind_by_its_code() -> None:
    told = last({ORIGINAL_OPERATION: 29}, None)
    assert told is not None
    assert told.kind == "refund"


def test_nothing_is_read_without_patterns() -> None:
    empty = dict.fromkeys(("amount", "number", "rrn", "auth_code", "at", "approved", "refused"), "")
    kinds = dict.fromkeys(("payment", "void", "refund"), "(?!)")
    assert last({}, SLIP, slip={**empty, "kinds": kinds}) == LastOperation(slip=SLIP)
