"""What may be asked of a pinpad: decided before anything is stored or sent."""

from typing import Any

import pytest
from msgspec.structs import replace

from actors.pinpad.rules import Facts, plan
from actors.pinpad.settings import PinpadSettings
from schemas.operations import FullRequest, OperationKind
from schemas.pinpad_commands import NotPossible
from schemas.pinpad_records import StoredOperation
from schemas.records import Conflict
from tests.actors.pinpad.counter import SPEC
from transports.pinpad import Abilities

PARTIAL = Abilities(partial_void=True, partial_refund=True)


def stored(number: int = 5, kind: OperationKind = "payment", **changes: Any) -> StoredOperation:  # noqa: ANN401
    row = StoredOperation(
        id=number, pinpad_id=1, external_id=f"key {number}", kind=kind, performed=None, status="approved", revision=4,
        amount=1200, currency="643", of=None, number=number, returned=0, accepted_at=100.0, changed_at=110.0,
        sent_at=101.0, reason=None, digest=b"", result=None, request=b"", body=b"", holder=None, voids=0,
    )  # fmt: skip
    return replace(row, **changes)


def asked(kind: OperationKind, **fields: Any) -> FullRequest:  # noqa: ANN401
    return FullRequest(external_id="one", kind=kind, **fields)


def facts(original: StoredOperation | None = None, **changes: Any) -> Facts:  # noqa: ANN401
    known = Facts(spec=SPEC, abilities=PARTIAL, settings=PinpadSettings(), original=original)
    return replace(known, **{"last": (original,) if original else (), **changes})


def wrong(request: FullRequest, known: Facts) -> list[str]:
    with pytest.raises(NotPossible) as caught:
        plan(request, known)
    return [error.path for error in caught.value.errors]


def refused(request: FullRequest, known: Facts) -> str:
    with pytest.raises(Conflict) as caught:
        plan(request, known)
    return caught.value.code


@pytest.mark.parametrize(
    ("request_", "paths"),
    [
        (asked("payment"), ["amount"]),
        (asked("payment", amount=1, of=5), ["of"]),
        (asked("payment", amount=1, rrn="1", auth_code="2"), ["rrn", "auth_code"]),
        (asked("payment", amount=1, currency="840"), ["currency"]),
        (asked("payment", amount=1, receipt_number=3), ["receipt_number"]),
        (asked("balance", amount=1), ["amount"]),
        (asked("settlement", of=5), ["of"]),
        (asked("short_report", receipt_number=1), ["receipt_number"]),
        (asked("completion", amount=1), ["of"]),
        (asked("void"), ["amount"]),
        (asked("refund", amount=1), ["of"]),
        (asked("refund", of=7), ["of"]),
        (asked("refund", amount=2, rrn="1", original_amount=1), ["amount"]),
        (asked("emergency_void", amount=1), ["amount"]),
    ],
)
def test_what_is_wrong_by_itself(request_: FullRequest, paths: list[str]) -> None:
    assert wrong(request_, facts()) == paths


def test_a_copy_of_a_numbered_slip() -> None:
    assert plan(asked("receipt_copy", receipt_number=7), facts()).kind == "receipt_copy"


@pytest.mark.parametrize("kind", ["void", "emergency_void"])
def test_a_void_is_never_voided(kind: OperationKind) -> None:
    original = stored(kind=kind, of=4)
    assert refused(asked("void", of=5), facts(original)) == "void_of_void"
    assert refused(asked("emergency_void"), facts(original)) == "void_of_void"


@pytest.mark.parametrize("status", ["refused", "failed", "cancelled", "unknown", "manual", "reversed", "received"])
def test_only_what_was_approved_is_given_back(status: str) -> None:
    original = stored(status=status)
    for kind in ("void", "refund", "emergency_void"):
        assert refused(asked(kind, of=5), facts(original)) == "not_approved"


def test_no_more_is_given_back_than_is_left() -> None:
    original = stored(returned=200)
    assert plan(asked("void", of=5), facts(original)).amount == 1000
    assert plan(asked("void", of=5, amount=1000), facts(original)).amount == 1000
    assert wrong(asked("void", of=5, amount=1001), facts(original)) == ["amount"]
    assert wrong(asked("void", of=5), facts(stored(returned=1200))) == ["amount"]


@pytest.mark.parametrize("kind", ["void", "refund"])
def test_a_part_only_where_the_profile_allows_it(kind: OperationKind) -> None:
    allowed = {"void": Abilities(partial_void=True), "refund": Abilities(partial_refund=True)}
    request = asked(kind, of=5, amount=100, forced=True)
    assert plan(request, facts(stored(), abilities=allowed[kind])).amount == 100
    assert wrong(request, facts(stored(), abilities=Abilities())) == ["amount"]


def test_another_currency_than_the_original() -> None:
    known = facts(stored(), spec=replace(SPEC, currencies=("643", "398")))
    assert wrong(asked("void", of=5, currency="398"), known) == ["currency"]


@pytest.mark.parametrize(
    ("kind", "settled_at", "forced", "sent"),
    [
        ("void", None, False, "void"),
        ("refund", None, False, "void"),
        ("refund", None, True, "refund"),
        ("void", 100.5, False, "void"),
        ("void", 101.0, False, "refund"),
        ("void", 101.0, True, "void"),
        ("refund", 200.0, False, "refund"),
    ],
)
def test_void_or_refund(kind: OperationKind, settled_at: float | None, forced: bool, sent: str) -> None:
    planned = plan(asked(kind, of=5, forced=forced), facts(stored(), settled_at=settled_at))
    assert planned.kind == sent


def test_a_refund_may_be_voided_on_its_day_only() -> None:
    refund = stored(kind="refund")
    assert plan(asked("void", of=5), facts(refund)).kind == "void"
    assert refused(asked("void", of=5), facts(refund, settled_at=200.0)) == "settlement_between"


def test_a_report_cannot_be_given_back() -> None:
    assert wrong(asked("void", of=5), facts(stored(kind="settlement"))) == ["of"]


def test_an_emergency_void_is_for_the_last_operation() -> None:
    older, newer = stored(4), stored(5)
    known = facts(older, last=(newer, older))
    assert plan(asked("emergency_void"), known).of == newer
    assert refused(asked("emergency_void", of=4), known) == "not_last"
    assert refused(asked("emergency_void"), facts(last=())) == "not_last"
    assert refused(asked("emergency_void"), facts(last=(stored(6, "settlement"), newer))) == "settlement_between"


def test_an_emergency_void_is_tried_again_only_without_a_final_answer() -> None:
    paid = stored(4)
    lost = stored(5, "emergency_void", of=4, status="unknown")
    answered = replace(lost, result=b"{}", status="refused")
    assert plan(asked("emergency_void"), facts(last=(lost, paid))).of == paid
    assert refused(asked("emergency_void"), facts(last=(answered, paid))) == "voids_spent"
    assert refused(asked("emergency_void"), facts(last=(lost, replace(lost, id=6), paid))) == "voids_spent"
    done = replace(lost, status="approved")
    assert refused(asked("emergency_void"), facts(last=(done, replace(paid, status="reversed")))) == "void_of_void"


def test_a_pre_authorisation_is_added_to_and_completed_once() -> None:
    reserved = stored(4, "preauthorisation")
    more = stored(5, "preauthorisation", of=4, amount=300)
    assert plan(asked("preauthorisation", amount=300, of=4), facts(reserved)).of == reserved
    assert plan(asked("completion", amount=1500, of=4), facts(reserved, done=(more,))).amount == 1500
    assert wrong(asked("completion", amount=1501, of=4), facts(reserved, done=(more,))) == ["amount"]
    completed = stored(6, "completion", of=4)
    assert refused(asked("completion", amount=1, of=4), facts(reserved, done=(completed,))) == "completed"
    assert wrong(asked("completion", amount=1, of=4), facts(stored(4))) == ["of"]
    assert plan(asked("completion", amount=1, rrn="632612345678"), facts()).of is None


def test_kinds_that_the_terminal_has_not() -> None:
    missing = Abilities(missing={"top_up": "operations.top_up.code"}, absent=frozenset({"card_data"}))
    assert refused(asked("top_up", amount=1), facts(abilities=missing)) == "operation_not_configured"
    assert refused(asked("card_data"), facts(abilities=missing)) == "operation_not_known"
