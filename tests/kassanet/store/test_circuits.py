"""Circuits, registers, integrations, tokens and shifts."""

from typing import Any

import pytest

from schemas.records import (
    AddToken,
    ForgetIdentity,
    NotFound,
    RemoveKkt,
    RevokeToken,
    SaveIdentity,
    SaveKktState,
    SaveShift,
    SetIntegrationActive,
    SetKktActive,
    Write,
)
from schemas.rows import StoredShift
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import (
    CIRCUIT,
    EIP,
    FN,
    OTHER_EIP,
    OTHER_FN,
    T0,
    begin,
    circuit,
    fiscalized,
    integration,
    kkt,
)


def test_circuits_are_counted_per_inn(case: Case) -> None:
    case.do(circuit(title="second", at=T0 + 1))
    case.do(circuit("7701234567", at=T0 + 2))
    assert [row.sinn for row in case.reader.circuits()] == ["5190114620-1", "5190114620-2", "7701234567-1"]


def test_a_register_stands_in_one_circuit(case: Case) -> None:
    other = case.do(circuit(title="second", at=T0 + 1))
    case.do(kkt())
    for again in (kkt(circuit_id=other), kkt(at=T0 + 1)):
        conflict = case.refused(again)
        assert (conflict.code, conflict.holder) == ("kkt_exists", str(CIRCUIT))
    case.do(RemoveKkt(EIP, T0))
    case.do(kkt(circuit_id=other))


def test_a_register_keeps_what_was_read_from_it(case: Case) -> None:
    case.do(kkt())
    case.do(SaveIdentity(EIP, "SN1", FN, T0))
    case.do(SaveKktState(EIP, b"{}"))
    case.do(SetKktActive(EIP, 1, T0))
    (row,) = case.reader.kkts()
    assert (row.eip, row.is_active, row.serial, row.fn, row.state) == (EIP, 1, "SN1", FN, b"{}")


@pytest.mark.parametrize(("serial", "fn"), [("SN1", FN), ("SN2", FN), ("SN1", OTHER_FN)])
def test_one_device_is_active_under_one_address(case: Case, serial: str, fn: str) -> None:
    case.do(kkt())
    case.do(kkt(OTHER_EIP))
    case.do(SaveIdentity(EIP, "SN1", FN, T0))
    case.do(SetKktActive(EIP, 1, T0))
    conflict = case.refused(SaveIdentity(OTHER_EIP, serial, fn, T0))
    assert (conflict.code, conflict.holder) == ("same_device", EIP)
    case.do(SetKktActive(EIP, 0, T0))
    case.do(SaveIdentity(OTHER_EIP, serial, fn, T0))
    case.do(SetKktActive(OTHER_EIP, 1, T0))
    assert case.refused(SetKktActive(EIP, 1, T0)).holder == OTHER_EIP


def test_exchanged_addresses_are_claimed_anew(case: Case) -> None:
    for eip, serial, fn in ((EIP, "SN1", FN), (OTHER_EIP, "SN2", OTHER_FN)):
        case.do(kkt(eip))
        case.do(SaveIdentity(eip, serial, fn, T0))
        case.do(SetKktActive(eip, 1, T0))
    assert case.refused(SaveIdentity(EIP, "SN2", OTHER_FN, T0)).holder == OTHER_EIP
    case.do(ForgetIdentity(EIP, T0))
    case.do(SaveIdentity(OTHER_EIP, "SN1", FN, T0))
    case.do(SaveIdentity(EIP, "SN2", OTHER_FN, T0))
    assert {row.eip: (row.serial, row.fn) for row in case.reader.kkts()} == {
        EIP: ("SN2", OTHER_FN),
        OTHER_EIP: ("SN1", FN),
    }


def test_two_devices_are_two(case: Case) -> None:
    for eip, serial, fn in ((EIP, "SN1", FN), (OTHER_EIP, "SN2", OTHER_FN)):
        case.do(kkt(eip))
        case.do(SaveIdentity(eip, serial, fn, T0))
        case.do(SetKktActive(eip, 1, T0))


def test_a_register_with_a_document_in_hand_is_not_removed(case: Case) -> None:
    case.do(kkt())
    (receipt_id,) = case.accept("a")
    attempt_id = case.do(begin(receipt_id))
    conflict = case.refused(RemoveKkt(EIP, T0))
    assert (conflict.code, conflict.holder) == ("kkt_busy", str(attempt_id))
    case.do(fiscalized(attempt_id))
    case.do(RemoveKkt(EIP, T0))
    assert case.reader.kkts() == []


def test_an_integration_brings_its_token(case: Case) -> None:
    added = case.do(integration(token_hash=b"h" * 32))
    case.do(SetIntegrationActive(added, 1, T0))
    (row,) = case.reader.integrations()
    assert (row.id, row.circuit_id, row.type, row.param1, row.param2, row.params, row.is_active, row.callback_key) == (
        added, CIRCUIT, "api", "one", "secret", b"{}", 1, "callback key",
    )  # fmt: skip
    (token,) = case.reader.tokens()
    assert (token.token_hash, token.role, token.integration_id) == (b"h" * 32, "integration", added)


def test_a_revoked_token_stays_revoked(case: Case) -> None:
    token_id = case.do(AddToken(b"h" * 32, "viewer", "5190114620", None, T0))
    case.do(RevokeToken(token_id, T0 + 1))
    case.do(RevokeToken(token_id, T0 + 2))
    (token,) = case.reader.tokens()
    assert (token.id, token.inn, token.created_at, token.revoked_at) == (token_id, "5190114620", T0, T0 + 1)


def test_the_shift_of_an_fn(case: Case) -> None:
    assert case.reader.shift(FN) is None
    case.do(SaveShift(FN, 7, T0))
    case.do(SaveShift(OTHER_FN, 1, T0))
    case.do(SaveShift(FN, 7, None))
    assert case.reader.shift(FN) == StoredShift(FN, 7, None)


@pytest.mark.parametrize(
    "write",
    [
        kkt(circuit_id=9),
        SetKktActive("nowhere:1", 1, T0),
        SaveIdentity("nowhere:1", "SN", FN, T0),
        ForgetIdentity("nowhere:1", T0),
        RemoveKkt("nowhere:1", T0),
        SaveKktState("nowhere:1", b"{}"),
        SetIntegrationActive(9, 1, T0),
        RevokeToken(9, T0),
    ],
)
def test_what_is_not_there_is_not_found(case: Case, write: Write[Any]) -> None:
    with pytest.raises(NotFound):
        case.do(write)
