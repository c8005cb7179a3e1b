"""Commands and answers in JSON, however the service spells them; error texts and what they prove."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.prro_answers import (
    DocumentInfo,
    LastShiftTotalsAnswer,
    OfflineSession,
    RegistrarState,
    ShiftsAnswer,
    ShiftTotals,
)
from schemas.prro_values import DocClass, DocType, SubType
from transports.prro import commands
from transports.prro.answers import BadAnswer, decode_json, encode_json
from transports.prro.commands import decode_command, encode_command
from transports.prro.errors import ErrorCode, decode_error, encode_error, spelled


def test_numbers_as_text_and_names_as_numbers() -> None:
    by_name = decode_json(
        b'{"NumFiscal":"82563.25.6127","DocClass":"Check","CheckDocType":"SaleGoods","CheckDocSubType":"CheckReturn",'
        b'"Revoked":"true","Storned":false,"New":[1]}',
        DocumentInfo,
    )
    by_number = decode_json(
        b'{"NumFiscal":"82563.25.6127","DocClass":0,"CheckDocType":0,"CheckDocSubType":"1","Revoked":true}',
        DocumentInfo,
    )
    assert by_name == by_number
    assert (by_name.doc_class, by_name.check_doc_type, by_name.check_doc_sub_type) == (
        DocClass.CHECK,
        DocType.SALE_GOODS,
        SubType.CHECK_RETURN,
    )
    assert decode_json(b'{"NumFiscal":123,"DocClass":"ZRep"}', DocumentInfo).num_fiscal == "123"


def test_null_says_nothing() -> None:
    state = decode_json(
        b'\xef\xbb\xbf{"UID":null,"ShiftState":"0","NextLocalNum":"15","OfflineSeed":null,"Name":null,"Closed":null}',
        RegistrarState,
    )
    assert (state.is_open, state.next_local_num, state.offline_seed, state.closed) == (False, 15, None, False)


def test_sums_are_kopecks() -> None:
    answer = decode_json(
        b'{"Totals":{"Real":{"Sum":1000.71,"RndSum":"-0.03","NoRndSum":5,"PayForm":[{"PayFormCode":0,"Sum":1e2}]},'
        b'"ServiceInput":0.1}}',
        LastShiftTotalsAnswer,
    )
    assert answer.totals is not None
    assert answer.totals.real is not None
    real = answer.totals.real
    assert (real.sum, real.rnd_sum, real.no_rnd_sum, answer.totals.service_input) == (100071, -3, 500, 10)
    assert real.pay_form is not None
    assert real.pay_form[0].sum == 10000


def test_times_in_both_spellings() -> None:
    answer = decode_json(
        b'{"Shifts":[{"ShiftId":1,"OpenShiftFiscalNum":7,"Opened":"/Date(1539723599000)/",'
        b'"Closed":"2018-10-17T01:23:00+03:00"}]}',
        ShiftsAnswer,
    )
    (shift,) = answer.shifts
    assert shift.opened == datetime(2018, 10, 16, 20, 59, 59, tzinfo=UTC)
    assert shift.closed == datetime(2018, 10, 16, 22, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"nan", b'{"OfflineSessionId":0,"OfflineSeed":1}', b"{}", b"\xff\xfe", b"[" * 5000],
)
def test_bad_answers(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        decode_json(data, OfflineSession)


@pytest.mark.parametrize("amount", [b"1.005", b"true", b'"x"', b"NaN", b"[1]", b"1e999999999"])
def test_sums_that_are_none(amount: bytes) -> None:
    with pytest.raises(BadAnswer):
        decode_json(b'{"Real":{"Sum":' + amount + b"}}", ShiftTotals)


@given(st.binary(max_size=80))
def test_garbage_is_a_bad_answer(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        decode_json(data, OfflineSession)
    with pytest.raises(BadAnswer):
        decode_command(data)


@given(st.integers(-(10**12), 10**12))
def test_totals_there_and_back(amount: int) -> None:
    totals = ShiftTotals(service_input=amount, service_output=-amount)
    assert decode_json(encode_json(totals), ShiftTotals) == totals


@pytest.mark.parametrize("kind", commands.COMMANDS.values(), ids=lambda kind: kind.__name__)
def test_commands_there_and_back(kind: type[commands.Command]) -> None:
    required: dict[str, Any] = {field.name: "1" for field in msgspec.structs.fields(kind) if field.required}
    command = kind(**required)
    assert decode_command(encode_command(command)) == command


def test_a_command_as_the_text_has_it() -> None:
    asked = commands.Shifts(uid="u", num_fiscal="4000000001", since=datetime(2026, 11, 1, tzinfo=UTC))
    spelled_out = b'{"Command":"Shifts","UID":"u","NumFiscal":"4000000001","From":"2026-11-01T00:00:00Z"}'
    assert encode_command(asked) == spelled_out
    assert encode_command(commands.ServerState(uid="u")) == b'{"Command":"ServerState","UID":"u"}'


@pytest.mark.parametrize("code", ErrorCode)
def test_error_texts_there_and_back(code: ErrorCode) -> None:
    text = encode_error(code, "Опис")
    assert decode_error(text.encode()) == decode_error(text.encode("windows-1251")) == (code, "Опис")


def test_names_of_errors() -> None:
    assert spelled(ErrorCode.CHECK_LOCAL_NUMBER_INVALID.name) == "CheckLocalNumberInvalid"
    assert spelled(ErrorCode.LAST_DOCUMENT_MUST_BE_Z_REP.name) == "LastDocumentMustBeZRep"
    assert spelled(ErrorCode.Z_REP_ALREADY_REGISTERED.name) == "ZRepAlreadyRegistered"
    assert spelled(ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT.name) == "TransactionsRegistrarAbsent"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b"", None, ""),
        (b"<html>Bad gateway</html>", None, "<html>Bad gateway</html>"),
        ("Код помилки: 9 DocumentValidationError".encode(), 9, "DocumentValidationError"),
        ("Код помилки: 77 Novel\r\nЩось\r\nнове".encode(), 77, "Щось\r\nнове"),
        ("Код помилки: 5\nтекст".encode(), 5, "текст"),
    ],
)
def test_error_texts_of_any_form(body: bytes, code: int | None, text: str) -> None:
    assert decode_error(body) == (code, text)


@given(st.binary(max_size=300))
def test_error_texts_of_garbage(body: bytes) -> None:
    code, text = decode_error(body)
    assert code is None or isinstance(code, int)
    assert len(text) <= 1000
