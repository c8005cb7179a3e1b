"""Cashiers on disk: one for a packet, one for a key, tokens that end, and every write's replay."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.cashier_records import AddCashier, AddCashierToken, RevokeCashier, StoredCashierToken
from schemas.cashiers import Cashier
from schemas.records import NotFound, Write
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import T0

NEW = AddCashier(
    name="Бойко П. О.",
    tin="40000001",
    key_id="shop/1",
    subject_key_id="aa" * 32,
    registers=(4_000_000_001,),
    developer="till-maker",
    login="boiko",
    password_hash=b"scrypt",
    uid="packet-1",
    token_hash=b"1" * 32,
    by="token 1",
    at=T0,
)
OTHER = replace(NEW, key_id="shop/2", uid="packet-2", token_hash=b"2" * 32, login=None)


def test_a_cashier_is_shown_as_registered(case: Case) -> None:
    assert case.do(NEW) == 1
    [row] = case.reader.cashiers()
    at = datetime.fromtimestamp(T0, UTC)
    shown = Cashier(1, NEW.name, NEW.tin, NEW.key_id, at, NEW.registers, "till-maker", "boiko")
    assert (row.cashier, row.password_hash) == (shown, b"scrypt")
    assert list(case.reader.cashier_tokens(T0)) == [StoredCashierToken(NEW.token_hash, 1, None)]


@pytest.mark.parametrize(
    ("again", "code", "holder"),
    [
        (replace(NEW, token_hash=b"3" * 32), "packet_replayed", "1"),
        (replace(OTHER, key_id=NEW.key_id), "cashier_exists", "1"),
        (replace(OTHER, login=NEW.login), "login_taken", "boiko"),
    ],
)
def test_what_is_taken(case: Case, again: AddCashier, code: str, holder: str) -> None:
    case.do(NEW)
    refused = case.refused(again)
    assert (refused.code, refused.holder) == (code, holder)


def test_a_key_may_work_for_several_developers(case: Case) -> None:
    assert [case.do(NEW), case.do(replace(OTHER, key_id=NEW.key_id, developer=None))] == [1, 2]


def test_revoked_is_forever_and_leaves_room_but_not_for_the_packet(case: Case) -> None:
    case.do(NEW)
    case.do(AddCashierToken(1, b"t" * 32, T0 + 60, T0))
    case.do(RevokeCashier(1, T0 + 1))
    assert list(case.reader.cashier_tokens(T0)) == []
    with pytest.raises(NotFound):
        case.do(AddCashierToken(1, b"u" * 32, T0 + 60, T0 + 2))
    assert case.refused(replace(NEW, token_hash=b"3" * 32)).code == "packet_replayed"
    assert case.do(replace(NEW, uid="packet-3", token_hash=b"3" * 32)) == 2
    with pytest.raises(NotFound):
        case.do(RevokeCashier(77, T0))


def test_temporary_tokens_end_and_are_forgotten(case: Case) -> None:
    case.do(NEW)
    case.do(AddCashierToken(1, b"t" * 32, T0 + 60, T0))
    assert [each.until for each in case.reader.cashier_tokens(T0 + 59)] == [None, T0 + 60]
    assert [each.until for each in case.reader.cashier_tokens(T0 + 60)] == [None]
    case.do(AddCashierToken(1, b"u" * 32, T0 + 120, T0 + 60))
    assert [each.until for each in case.reader.cashier_tokens(0)] == [None, T0 + 120]
    with pytest.raises(NotFound):
        case.do(AddCashierToken(77, b"v" * 32, T0 + 60, T0))


WRITES: dict[str, Callable[[Case], Write[Any]]] = {
    "add": lambda _: NEW,
    "token": lambda case: AddCashierToken(case.do(NEW), b"t" * 32, T0 + 60, T0),
    "revoke": lambda case: RevokeCashier(case.do(NEW), T0 + 1),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_replay_answers_as_the_first_and_changes_nothing(case: Case, name: str) -> None:
    write = WRITES[name](case)
    answer = case.do(write)
    after = case.state()
    assert case.do(write) == answer
    assert case.state() == after
