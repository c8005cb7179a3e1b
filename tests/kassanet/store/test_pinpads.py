"""Pinpads and their operations in the store: every step, what each gives back, replays, and what is refused."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from schemas.operations import FullRequest, OperationKind, PinpadAnswer, content_digest
from schemas.pinpad_records import (
    AcceptOperation,
    AddPinpad,
    BeginOperation,
    DoubtOperation,
    EndOperation,
    HoldPinpad,
    OperationFilter,
    ReceiveResult,
    ReleasePinpad,
    RemovePinpad,
    ResolveOperation,
    SetPinpadActive,
    StoredHold,
    StoredOperation,
)
from schemas.pinpads import PinpadSpec
from schemas.records import Conflict, NotFound, Write
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import T0

SPEC = PinpadSpec(address="10.0.0.7:9000", terminal_id="50101700", settle_at="23:30")
RESULT = msgspec.json.encode(PinpadAnswer(verdict="approved", status=1, rrn="632612345678"))


def accept(key: str = "order-1", kind: OperationKind = "payment", at: float = T0, **changes: Any) -> AcceptOperation:  # noqa: ANN401
    request = FullRequest(external_id=key, kind=kind, amount=changes.get("amount", 1200))
    write = AcceptOperation(
        pinpad_id=1, external_id=key, kind=kind, performed=None, amount=1200, currency="643", of=None,
        digest=content_digest(request), body=msgspec.json.encode(request), at=at,
    )  # fmt: skip
    return replace(write, **changes)


def done(case: Case, write: AcceptOperation, status: Any = "approved", at: float = T0 + 1) -> int:  # noqa: ANN401
    """An operation that went its whole way."""
    number = case.do(write).operation_id
    case.do(BeginOperation(number, b"bytes", at))
    case.do(ReceiveResult(number, RESULT, at + 1))
    case.do(EndOperation(number, status, None, at + 2))
    return number


def operation(case: Case, number: int) -> StoredOperation:
    found = case.reader.operation(number)
    assert found is not None
    return found


def statuses(case: Case, number: int) -> list[str]:
    return [step.status for step in case.reader.operation_history(number)]


@pytest.fixture
def pinpad(case: Case) -> int:
    return case.do(AddPinpad(SPEC, T0))


def test_a_pinpad_comes_is_switched_and_goes(case: Case) -> None:
    assert case.do(AddPinpad(SPEC, T0)) == case.do(AddPinpad(SPEC, T0)) == 1
    assert case.refused(AddPinpad(SPEC, T0 + 1)).holder == "1"
    case.do(SetPinpadActive(1, 1, T0))
    case.reopen()
    [row] = case.reader.pinpads()
    assert (row.spec, row.is_active, row.settled_at, row.added_at) == (SPEC, 1, None, T0)
    twin = case.do(AddPinpad(replace(SPEC, address="10.0.0.8:9000"), T0))
    assert case.refused(SetPinpadActive(twin, 1, T0)).code == "same_device"
    case.do(RemovePinpad(1, T0))
    case.do(SetPinpadActive(twin, 1, T0))
    assert [row.id for row in case.reader.pinpads()] == [twin]
    assert case.do(AddPinpad(SPEC, T0 + 5)) == 3
    for write in (SetPinpadActive(9, 1, T0), RemovePinpad(9, T0), HoldPinpad(9, "x", T0, T0)):
        with pytest.raises(NotFound):
            case.do(write)


def test_one_go_between_has_several_pinpads(case: Case) -> None:
    spec = PinpadSpec(address="127.0.0.1:9015", driver="dc2", device="COM3")
    assert case.do(AddPinpad(spec, T0)) != case.do(AddPinpad(replace(spec, device="COM4"), T0))


def test_every_step_of_an_operation(case: Case, pinpad: int) -> None:
    number = case.do(accept()).operation_id
    case.do(BeginOperation(number, b"\x02bytes", T0 + 1))
    case.reopen()
    row = operation(case, number)
    assert (row.status, row.request, row.sent_at, row.result, row.number) == (
        "sending",
        b"\x02bytes",
        T0 + 1,
        None,
        1,
    )
    case.do(ReceiveResult(number, RESULT, T0 + 2))
    assert [each.id for each in case.reader.open_operations(1)] == [number]
    case.do(EndOperation(number, "approved", None, T0 + 3))
    assert (operation(case, number).result, operation(case, number).revision) == (RESULT, 4)
    assert statuses(case, number) == ["accepted", "sending", "received", "approved"]
    assert case.reader.open_operations(1) == []
    assert case.reader.operation_counts() == {}


def test_a_key_is_one_operation(case: Case, pinpad: int) -> None:
    first = case.do(accept())
    again = case.do(accept(at=T0 + 50))
    assert (first.created, again.created, again.same, again.operation_id) == (True, False, True, first.operation_id)
    assert case.do(accept(digest=b"other")).same is False
    other = case.do(AddPinpad(replace(SPEC, address="b:1"), T0))
    assert case.do(accept(pinpad_id=other)).created
    with pytest.raises(NotFound):
        case.do(accept(pinpad_id=9))


def test_numbers_go_round(case: Case, pinpad: int) -> None:
    for wanted in (1, 2, 3):
        number = case.do(accept(f"order-{wanted}")).operation_id
        assert operation(case, number).number == wanted


def test_replays_change_nothing(case: Case, pinpad: int) -> None:
    number = case.do(accept()).operation_id
    steps: list[Write[None]] = [
        BeginOperation(number, b"bytes", T0 + 1),
        ReceiveResult(number, RESULT, T0 + 2),
        DoubtOperation(number, "nobody knows", T0 + 3),
        EndOperation(number, "manual", "a person", T0 + 4),
        ResolveOperation(number, "approved", "seen", "token 1", T0 + 5),
    ]
    for step in steps:
        case.do(step)
        before = operation(case, number)
        case.do(step)
        assert operation(case, number) == before


@pytest.mark.parametrize("status", ["approved", "refused", "reversed"])
def test_what_was_never_received_is_not_ended_as_if_it_were(case: Case, pinpad: int, status: Any) -> None:  # noqa: ANN401
    number = case.do(accept()).operation_id
    assert case.refused(EndOperation(number, status, None, T0)).code == "status"
    assert case.refused(ReceiveResult(number, RESULT, T0)).holder == "accepted"
    assert case.refused(DoubtOperation(number, "x", T0)).code == "status"
    case.do(BeginOperation(number, b"bytes", T0 + 1))
    assert case.refused(EndOperation(number, status, None, T0)).holder == "sending"
    assert case.refused(BeginOperation(number, b"bytes", T0 + 2)).code == "status"
    case.do(EndOperation(number, "failed", "unreachable", T0 + 3))
    assert case.refused(ResolveOperation(number, "approved", "x", "token 1", T0 + 4)).holder == "failed"


def test_a_void_gives_back_and_a_whole_one_reverses(case: Case, pinpad: int) -> None:
    paid = done(case, accept())
    done(case, accept("part", "void", of=paid, amount=200))
    assert (operation(case, paid).status, operation(case, paid).returned) == ("approved", 200)
    done(case, accept("refused", "void", of=paid, amount=1000), "refused")
    assert operation(case, paid).returned == 200
    done(case, accept("rest", "refund", of=paid, amount=1000))
    assert (operation(case, paid).status, operation(case, paid).returned) == ("reversed", 1200)
    assert [each.external_id for each in case.reader.operations_of(paid)] == ["part", "refused", "rest"]


def test_a_voided_refund_lets_the_payment_stand_again(case: Case, pinpad: int) -> None:
    paid = done(case, accept())
    refund = done(case, accept("refund", "refund", of=paid))
    done(case, accept("void", "void", of=refund))
    assert (operation(case, refund).status, operation(case, paid).status) == ("reversed", "approved")
    assert operation(case, paid).returned == 0


def test_emergency_voids_are_counted_and_decided_with_their_original(case: Case, pinpad: int) -> None:
    paid = case.do(accept()).operation_id
    case.do(BeginOperation(paid, b"bytes", T0))
    case.do(DoubtOperation(paid, "lost", T0 + 1))
    for key in ("one", "two"):
        number = case.do(accept(key, "emergency_void", of=paid)).operation_id
        case.do(BeginOperation(number, b"bytes", T0 + 2))
        case.do(DoubtOperation(number, "lost", T0 + 3))
    never = case.do(accept("three", "emergency_void", of=paid)).operation_id
    case.do(BeginOperation(never, b"bytes", T0 + 4))
    case.do(EndOperation(never, "failed", "unreachable", T0 + 5))
    assert operation(case, paid).voids == 2
    case.do(EndOperation(paid, "manual", "nothing is proved", T0 + 6))
    case.do(ResolveOperation(paid, "reversed", "seen", "token 1", T0 + 7))
    assert {each.status for each in case.reader.operations_of(paid)} == {"approved", "failed"}
    assert operation(case, paid).reason == "token 1: seen"


def test_a_settlement_moves_the_boundary(case: Case, pinpad: int) -> None:
    done(case, accept("refused", "settlement", amount=None), "refused")
    assert case.reader.pinpads()[0].settled_at is None
    done(case, accept("made", "settlement", amount=None), at=T0 + 100)
    assert case.reader.pinpads()[0].settled_at == T0 + 102


def test_the_last_that_the_bank_may_have_seen(case: Case, pinpad: int) -> None:
    first = done(case, accept("a"), at=T0)
    second = done(case, accept("b"), at=T0 + 10)
    done(case, accept("c", "short_report", amount=None), at=T0 + 20)
    failed = case.do(accept("d")).operation_id
    case.do(BeginOperation(failed, b"bytes", T0 + 30))
    case.do(EndOperation(failed, "failed", "unreachable", T0 + 31))
    case.do(accept("e"))
    assert [each.id for each in case.reader.last_sent(1, 5)] == [second, first]


def test_holds(case: Case, pinpad: int) -> None:
    case.do(HoldPinpad(1, "sale 1", T0 + 60, T0))
    case.do(HoldPinpad(1, "sale 1", T0 + 90, T0 + 1))
    assert case.refused(HoldPinpad(1, "sale 2", T0 + 60, T0 + 2)).holder == "sale 1"
    case.do(HoldPinpad(1, "sale 2", T0 + 160, T0 + 95))
    case.do(ReleasePinpad(1, "sale 2", True, T0 + 96))
    assert case.reader.pinpad_holds(1) == [StoredHold("sale 1", T0 + 90), StoredHold("sale 2", None)]
    assert case.refused(RemovePinpad(1, T0 + 97)).code == "pinpad_busy"
    for holder in ("sale 1", "sale 2", "nobody"):
        case.do(ReleasePinpad(1, holder, False, T0 + 98))
    assert case.reader.pinpad_holds(1) == []
    case.do(RemovePinpad(1, T0 + 99))


@pytest.mark.parametrize("status", ["accepted", "sending", "unknown", "manual"])
def test_a_pinpad_with_something_open_stays(case: Case, pinpad: int, status: str) -> None:
    number = case.do(accept()).operation_id
    steps: list[Write[None]] = [
        BeginOperation(number, b"bytes", T0),
        DoubtOperation(number, "lost", T0),
        EndOperation(number, "manual", "a person", T0),
    ]
    for step in steps[: ["accepted", "sending", "unknown", "manual"].index(status)]:
        case.do(step)
    assert operation(case, number).status == status
    assert case.refused(RemovePinpad(1, T0)).holder == f"operation {number}"
    assert case.reader.operation_counts() == {status: 1}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["c", "b", "a"]),
        ({"limit": 1}, ["c"]),
        ({"before_id": 3}, ["b", "a"]),
        ({"status": "accepted"}, ["c"]),
        ({"kind": "void"}, ["b"]),
        ({"of": 1}, ["b"]),
        ({"external_id": "a"}, ["a"]),
        ({"since": T0 + 5}, ["c", "b"]),
        ({"until": T0 + 5}, ["a"]),
        ({"pinpad_id": 2}, []),
    ],
)
def test_searching(case: Case, pinpad: int, wanted: dict[str, Any], found: list[str]) -> None:
    done(case, accept("a"))
    done(case, accept("b", "void", of=1, at=T0 + 5))
    case.do(accept("c", at=T0 + 6))
    assert [each.external_id for each in case.reader.operations(OperationFilter(**wanted))] == found


def test_unknown_numbers(case: Case, pinpad: int) -> None:
    assert case.reader.operation(9) is None
    assert case.reader.operation_by_key(1, "nothing") is None
    with pytest.raises(NotFound):
        case.do(BeginOperation(9, b"", T0))
    with pytest.raises(Conflict):
        case.do(accept("bad", amount=0))
