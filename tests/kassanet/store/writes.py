"""Writes as tests need them: everything that does not matter is filled in."""

from datetime import datetime

from schemas.receipts import Fiscal
from schemas.records import (
    AcceptReceipt,
    AddIntegration,
    AddKkt,
    BecameManual,
    BecameUnknown,
    BeginAttempt,
    Cancel,
    CreateCircuit,
    Fiscalized,
    Refuse,
    Resolve,
    Returned,
)

CIRCUIT = 1
INN = "5190114620"
FN, OTHER_FN = "9999078900001111", "9999078900002222"
EIP, OTHER_EIP = "127.0.0.1:7801", "127.0.0.1:7802"
URL = "http://127.0.0.1:9009/done"
T0 = 1_800_000_000.0


def circuit(inn: str = INN, title: str = "shop", at: float = T0) -> CreateCircuit:
    return CreateCircuit(inn, title, None, at)


def new(
    external_id: str, *, content: str = "", total: int = 50_000, at: float = T0, url: str | None = None,
    circuit_id: int = CIRCUIT, integration_id: int | None = None,
) -> AcceptReceipt:  # fmt: skip
    """A receipt to be accepted; ``content`` is what makes its digest."""
    digest = (content or external_id).encode("utf-8", "surrogatepass").ljust(32, b".")
    body = b'{"external_id":"%s"}' % external_id.encode("utf-8", "surrogatepass")
    return AcceptReceipt(circuit_id, integration_id, external_id, "sell", total, digest, body, url, at)


def begin(receipt_id: int, fd_before: int = 100, *, eip: str = EIP, fn: str = FN, at: float = T0 + 1) -> BeginAttempt:
    return BeginAttempt(receipt_id, eip, fn, fd_before, at)


def fiscal(fd: int = 101, *, fn: str = FN) -> Fiscal:
    return Fiscal(fn, fd, 3_000_000_000, 7, 12, datetime(2026, 11, 22, 15, 40), "0000000001004242", f"t=…&i={fd}")


def fiscalized(attempt_id: int, fd: int = 101, *, fn: str = FN, at: float = T0 + 2) -> Fiscalized:
    return Fiscalized(attempt_id, fiscal(fd, fn=fn), at)


def returned(attempt_id: int, *, fault: bool = False, reason: str = "paper is out", at: float = T0 + 2) -> Returned:
    return Returned(attempt_id, reason, fault, at)


def unknown(attempt_id: int, reason: str = "no answer", at: float = T0 + 2) -> BecameUnknown:
    return BecameUnknown(attempt_id, reason, at)


def manual(receipt_id: int, attempt_id: int | None = None, at: float = T0 + 3) -> BecameManual:
    return BecameManual(receipt_id, attempt_id, "several documents match", None, at)


def refuse(receipt_id: int, attempt_id: int | None = None, reason: str = "no_capable_register") -> Refuse:
    return Refuse(receipt_id, attempt_id, reason, T0 + 3)


def cancel(receipt_id: int, at: float = T0 + 3) -> Cancel:
    return Cancel(receipt_id, "the buyer went away", at)


def found(receipt_id: int, fd: int = 101, *, fn: str = FN, at: float = T0 + 9) -> Resolve:
    return Resolve(receipt_id, "fiscalized", fiscal(fd, fn=fn), "read from the archive", "token 1", at)


def absent(receipt_id: int, at: float = T0 + 9) -> Resolve:
    return Resolve(receipt_id, "absent", None, "not in the archive", "token 1", at)


def kkt(eip: str = EIP, *, circuit_id: int = CIRCUIT, at: float = T0) -> AddKkt:
    return AddKkt(circuit_id, eip, "terminalfa", at)


def integration(*, token_hash: bytes | None = None, at: float = T0, kind: str = "api") -> AddIntegration:
    return AddIntegration(CIRCUIT, kind, "one", "secret", b"{}", "callback key", token_hash, at)
