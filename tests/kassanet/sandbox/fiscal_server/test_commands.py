"""Every command of ``/fs/cmd``."""

import base64
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kassanet.sandbox.fiscal_server.registry import OperatorEntry, default_unit
from kassanet.sandbox.fiscal_server.seals import plain_content
from schemas.prro import CashOut, OfflineBegin, OpenShift, Refund, ServiceIn, ServiceOut, Storno, ZReport
from schemas.prro_answers import (
    DocumentAnswer,
    DocumentsAnswer,
    LastShiftTotalsAnswer,
    ObjectsAnswer,
    OperatorsAnswer,
    ServerStateAnswer,
    ShiftsAnswer,
)
from schemas.prro_check import Check
from schemas.prro_values import DocClass, DocType, SubType
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, NOON, REGISTER, Shop, Till
from transports.prro import commands
from transports.prro.documents import decode
from transports.prro.errors import ErrorCode, decode_error

NUMBER = str(REGISTER)
SIGNED = [kind for kind in commands.COMMANDS.values() if kind.signed]


def test_server_state(till: Till) -> None:
    answer = till.ask(commands.ServerState(uid="u"), ServerStateAnswer)
    assert answer is not None
    assert (answer.uid, answer.timestamp) == ("u", NOON)


def test_late_commands_are_dropped(till: Till) -> None:
    late = commands.ServerState(uid="u", timestamp=NOON - timedelta(seconds=2), timeout=1000)
    assert till.ask_raw(late).status == 400
    assert till.ask_raw(msgspec.structs.replace(late, timeout=3000)).status == 200


@pytest.mark.parametrize("kind", SIGNED, ids=lambda kind: kind.__name__)
def test_most_commands_must_be_signed(till: Till, kind: type[commands.Command]) -> None:
    required: dict[str, Any] = {field.name: "1" for field in msgspec.structs.fields(kind) if field.required}
    response = till.ask_raw(kind(**required), signed=False)
    assert (response.status, decode_error(response.body)[0]) == (400, ErrorCode.CRYPTOGRAPHY_ERROR)


def test_unsigned_commands_may_be_signed(till: Till) -> None:
    assert till.ask_raw(commands.ServerState(uid="u"), signed=True).status == 200


@pytest.mark.parametrize("body", [b'{"Command":"Dance","UID":"u"}', b"{}", b"[1]", b"no json", b'{"Command":"Shifts"}'])
def test_nonsense(till: Till, body: bytes) -> None:
    response = till.shop.post("cmd", till.sign(body))
    assert (response.status, decode_error(response.body)[0]) == (400, ErrorCode.INVALID_QUERY_PARAMETER)


def test_objects_and_operators() -> None:
    unit = msgspec.structs.replace(default_unit(2), operators=(OperatorEntry("a" * 64, "123", chief=True),))
    till = Till(Shop(unit=unit))
    answer = till.ask(commands.Objects(uid="u"), ObjectsAnswer)
    assert answer is not None
    (unit_shown,) = answer.tax_objects
    assert unit_shown.chief_cashier
    assert [register.num_fiscal for register in unit_shown.transactions_registrars] == [REGISTER, REGISTER + 1]
    operators = till.ask(commands.Operators(uid="u"), OperatorsAnswer)
    assert operators is not None
    assert [(operator.reg_num, operator.chief_cashier) for operator in operators.operators] == [("123", True)]


def test_nobody_has_objects() -> None:
    unit = msgspec.structs.replace(default_unit(1), operators=(OperatorEntry("b" * 64),))
    till = Till(Shop(unit=unit))
    assert till.ask_raw(commands.Objects(uid="u")).status == 204
    response = till.ask_raw(commands.TransactionsRegistrarState(uid="u", num_fiscal=NUMBER))
    assert response.status == 401


def test_state_of_a_register(till: Till) -> None:
    fresh = till.state()
    assert (fresh.shift_state, fresh.next_local_num, fresh.first_local_num, fresh.last_fiscal_num) == (0, 1, 0, None)
    till.open()
    last = till.make(COFFEE)
    state = till.state()
    assert (state.shift_state, state.next_local_num, state.first_local_num) == (1, 3, 1)
    assert (state.last_fiscal_num, state.z_rep_present, state.testing) == (last.fiscal_number, False, False)
    assert (state.subject_key_id, state.offline_next_local_num) == ("a" * 64, 1)
    till.make(ZReport())
    assert till.state().z_rep_present


def test_offline_secrets_are_for_the_operator_of_the_shift() -> None:
    unit = msgspec.structs.replace(default_unit(1), operators=(OperatorEntry("a" * 64), OperatorEntry("b" * 64)))
    shop = Shop(unit=unit)
    till = Till(shop).open()
    other = Till(shop, signatory=msgspec.structs.replace(till.signatory, key_id="b" * 64))
    assert other.state().offline_seed is None
    assert till.state().offline_seed is not None


def test_info_by_local_number(till: Till) -> None:
    assert till.info(1) is None
    opening = till.make(OpenShift())
    info = till.info(1)
    assert info is not None
    assert info.num_fiscal == opening.fiscal_number
    assert (info.doc_class, info.check_doc_type) == (DocClass.CHECK, DocType.OPEN_SHIFT)
    till.make(ZReport())
    report = till.info(2)
    assert report is not None
    assert (report.doc_class, report.check_doc_type) == (DocClass.Z_REP, None)


@pytest.mark.parametrize("number", ["x", "", "-1", "1" * 30])
def test_numbers_that_are_none(till: Till, number: str) -> None:
    asked = commands.DocumentInfoByLocalNum(uid="u", num_fiscal=NUMBER, num_local=number)
    assert till.ask_raw(asked).status == 400


def test_a_check_for_everybody(till: Till) -> None:
    till.open()
    ticket = till.make(COFFEE)
    number = ticket.fiscal_number or ""
    asked = commands.Check(uid="u", registrar_num_fiscal=NUMBER, num_fiscal=number, original=True)
    original = decode(plain_content(till.ask_raw(asked).body))
    assert (original.head.uid, original.head.fiscal_number) == (ticket.uid, None)
    shown = decode(plain_content(till.ask_raw(msgspec.structs.replace(asked, original=False)).body))
    assert shown.head.fiscal_number == number
    assert till.ask_raw(msgspec.structs.replace(asked, num_fiscal="77")).status == 204


def test_a_report_for_those_who_made_it(till: Till) -> None:
    till.open()
    number = till.make(ZReport()).fiscal_number or ""
    asked = commands.ZRep(uid="u", registrar_num_fiscal=NUMBER, num_fiscal=number)
    assert decode(plain_content(till.ask_raw(asked).body)).head.fiscal_number == number
    as_check = commands.Check(uid="u", registrar_num_fiscal=NUMBER, num_fiscal=number)
    assert till.ask_raw(as_check).status == 204


def test_a_check_in_every_form(till: Till) -> None:
    till.open()
    number = till.make(COFFEE).fiscal_number or ""

    def ask(kind: int) -> DocumentAnswer:
        asked = commands.CheckExt(
            uid="u", registrar_num_fiscal=NUMBER, num_fiscal=number, type=kind, acquire_cabinet_url=True
        )
        answer = till.ask(asked, DocumentAnswer)
        assert answer is not None
        assert answer.result_code == 0
        return answer

    forms = [base64.b64decode(ask(kind).data or "") for kind in range(6)]
    assert forms[0] == b""
    assert isinstance(decode(forms[1]), Check)
    assert decode(plain_content(forms[2])).head.fiscal_number == number
    assert "Кава" in forms[3].decode()
    assert plain_content(forms[4]) == forms[1]
    assert plain_content(forms[5]) == forms[4]
    assert f"id={number}" in (ask(0).cabinet_url or "")


def test_why_a_check_is_not_there(till: Till) -> None:
    till.open()
    assert till.session is not None
    session = till.session.offline_session_id

    def code(number: str, register: str = NUMBER) -> int:
        asked = commands.CheckExt(uid="u", registrar_num_fiscal=register, num_fiscal=number)
        answer = till.ask(asked, DocumentAnswer)
        assert answer is not None
        return answer.result_code

    assert code("77") == 1
    assert code(f"{session}.5.1234") == 2
    assert code(f"{session + 50}.5.1234") == 3
    assert code("77", "4099999999") == 4


def test_shifts_and_their_documents(till: Till) -> None:
    opening = till.make(OpenShift())
    till.make(COFFEE)
    till.close()
    till.shop.clock.tick(3600)
    till.open()
    asked = commands.Shifts(uid="u", num_fiscal=NUMBER, since=NOON, until=NOON + timedelta(minutes=30))
    shifts = till.ask(asked, ShiftsAnswer)
    assert shifts is not None
    (shift,) = shifts.shifts
    assert (shift.open_shift_fiscal_num, shift.shift_id) == (opening.fiscal_number, 1)
    assert shift.close_shift_fiscal_num is not None
    assert shift.z_rep_fiscal_num is not None
    by_id = till.ask(commands.Documents(uid="u", num_fiscal=NUMBER, shift_id="1"), DocumentsAnswer)
    by_opening = till.ask(
        commands.Documents(uid="u", num_fiscal=NUMBER, open_shift_fiscal_num=opening.fiscal_number), DocumentsAnswer
    )
    assert by_id == by_opening
    assert by_id is not None
    assert [document.num_local for document in by_id.documents] == [1, 2, 3, 4]
    assert by_id.documents[1].check_doc_sub_type is SubType.CHECK_GOODS
    assert till.ask_raw(commands.Documents(uid="u", num_fiscal=NUMBER)).status == 400
    assert till.ask_raw(commands.Shifts(uid="u", num_fiscal=NUMBER)).status == 400


def test_draft_of_the_report(till: Till) -> None:
    """What a storno or a revoked document was about does not count."""
    assert till.ask_raw(commands.LastShiftTotals(uid="u", num_fiscal=NUMBER)).status == 204
    till.open()
    sale = till.make(COFFEE)
    wrong = till.make(COFFEE)
    till.make(Storno(of=wrong.fiscal_number or ""))
    till.make(Refund(of=sale.fiscal_number or "", items=COFFEE.items, payments=COFFEE.payments))
    for operation in (ServiceIn(sum=10_000), ServiceOut(sum=3_000), CashOut(sum=50_000, commission=500)):
        till.make(operation)
    answer = till.ask(commands.LastShiftTotals(uid="u", num_fiscal=NUMBER), LastShiftTotalsAnswer)
    assert answer is not None
    assert answer.totals is not None
    totals = answer.totals
    assert totals.real is not None
    assert totals.ret is not None
    assert totals.cash is not None
    assert (totals.real.sum, totals.real.orders_count, totals.ret.sum) == (4500, 1, 4500)
    assert totals.real.tax is not None
    assert [(tax.letter, tax.turnover, tax.sum) for tax in totals.real.tax] == [("А", 4500, 750)]
    assert (totals.service_input, totals.service_output) == (10_000, 3_000)
    assert (totals.cash.sum, totals.cash.commission) == (50_000, 500)
    till.close()
    closed = till.ask(commands.LastShiftTotals(uid="u", num_fiscal=NUMBER), LastShiftTotalsAnswer)
    assert closed is not None
    assert (closed.totals, closed.shift_state) == (None, 0)


def test_state_counts_offline_minutes(till: Till) -> None:
    till.open()
    session = till.session
    till.make_offline(OfflineBegin())
    till.shop.clock.tick(600)
    till.make_offline(COFFEE)
    assert till.deliver().body == b"OK"
    state = till.state(session)
    assert (state.offline_session_duration, state.offline_sessions_monthly_duration) == (10, 10)
    assert state.offline_next_local_num == 3
