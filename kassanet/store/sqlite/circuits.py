"""Circuits, registers, integrations, tokens and shifts. What has no key of its own is known again by its ``at``."""

from kassanet.store.sqlite.attempts import open_on_register
from kassanet.store.sqlite.transaction import Row, Transaction
from schemas.records import (
    AddIntegration,
    AddKkt,
    AddToken,
    Conflict,
    CreateCircuit,
    ForgetIdentity,
    NotFound,
    RemoveKkt,
    RevokeToken,
    Role,
    SaveIdentity,
    SaveKktState,
    SaveShift,
    SetIntegrationActive,
    SetKktActive,
)

_SAME_DEVICE = """
    SELECT other.eip FROM kkts AS other JOIN kkts AS this ON this.eip = ?
    WHERE other.eip != this.eip AND other.is_active = 1
        AND (other.fn = ? OR (other.serial = ? AND other.type = this.type))
"""
_ADD_INTEGRATION = """
    INSERT INTO integrations (circuit_id, type, param1, param2, params, callback_key, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_ADD_TOKEN = "INSERT INTO tokens (token_hash, role, inn, integration_id, created_at) VALUES (?, ?, ?, ?, ?)"
_SAVE_SHIFT = """
    INSERT INTO shifts (fn, number, opened_at) VALUES (?, ?, ?)
    ON CONFLICT (fn) DO UPDATE SET number = excluded.number, opened_at = excluded.opened_at
"""


def create_circuit(transaction: Transaction, write: CreateCircuit) -> int:
    """:class:`CreateCircuit`."""
    replayed = transaction.row(
        "SELECT id FROM circuits WHERE inn = ? AND title = ? AND created_at = ?", write.inn, write.title, write.at
    )
    if replayed is not None:
        return int(replayed[0])
    return transaction.insert(
        "INSERT INTO circuits (inn, title, max_wait, created_at, number)"
        " VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(number), 0) + 1 FROM circuits WHERE inn = ?1))",
        write.inn, write.title, write.max_wait, write.at,
    )  # fmt: skip


def add_kkt(transaction: Transaction, write: AddKkt) -> None:
    """:class:`AddKkt`."""
    _circuit(transaction, write.circuit_id)
    present = transaction.row("SELECT circuit_id, type, added_at FROM kkts WHERE eip = ?", write.eip)
    if present is None:
        transaction.execute(
            "INSERT INTO kkts (eip, circuit_id, type, added_at) VALUES (?, ?, ?, ?)",
            (write.eip, write.circuit_id, write.type, write.at),
        )
    elif present != (write.circuit_id, write.type, write.at):
        raise Conflict("kkt_exists", f"register {write.eip} stands in circuit {present[0]}", str(present[0]))


def set_kkt_active(transaction: Transaction, write: SetKktActive) -> None:
    """:class:`SetKktActive`."""
    serial, fn = _kkt(transaction, write.eip)
    if write.active:
        _no_other_address(transaction, write.eip, serial, fn)
    transaction.execute("UPDATE kkts SET is_active = ? WHERE eip = ?", (write.active, write.eip))


def save_identity(transaction: Transaction, write: SaveIdentity) -> None:
    """:class:`SaveIdentity`."""
    _kkt(transaction, write.eip)
    _no_other_address(transaction, write.eip, write.serial, write.fn)
    transaction.execute("UPDATE kkts SET serial = ?, fn = ? WHERE eip = ?", (write.serial, write.fn, write.eip))


def forget_identity(transaction: Transaction, write: ForgetIdentity) -> None:
    """:class:`ForgetIdentity`."""
    changed = transaction.execute("UPDATE kkts SET serial = NULL, fn = NULL WHERE eip = ?", (write.eip,)).rowcount
    _must_change(changed, f"register {write.eip}")


def remove_kkt(transaction: Transaction, write: RemoveKkt) -> None:
    """:class:`RemoveKkt`."""
    _kkt(transaction, write.eip)
    attempt = open_on_register(transaction, write.eip)
    if attempt is not None:
        raise Conflict("kkt_busy", f"register {write.eip} has attempt {attempt} open", str(attempt))
    transaction.execute("DELETE FROM kkts WHERE eip = ?", (write.eip,))


def save_shift(transaction: Transaction, write: SaveShift) -> None:
    """:class:`SaveShift`."""
    transaction.execute(_SAVE_SHIFT, (write.fn, write.number, write.opened_at))


def save_kkt_state(transaction: Transaction, write: SaveKktState) -> None:
    """:class:`SaveKktState`."""
    changed = transaction.execute("UPDATE kkts SET state = ? WHERE eip = ?", (write.state, write.eip)).rowcount
    _must_change(changed, f"register {write.eip}")


def add_integration(transaction: Transaction, write: AddIntegration) -> int:
    """:class:`AddIntegration`."""
    _circuit(transaction, write.circuit_id)
    replayed = transaction.row(
        "SELECT id FROM integrations WHERE circuit_id = ? AND type = ? AND param1 IS ? AND created_at = ?",
        write.circuit_id, write.type, write.param1, write.at,
    )  # fmt: skip
    if replayed is not None:
        return int(replayed[0])
    added = transaction.insert(
        _ADD_INTEGRATION,
        write.circuit_id, write.type, write.param1, write.param2, write.params, write.callback_key, write.at,
    )  # fmt: skip
    if write.token_hash is not None:
        _add_token(transaction, write.token_hash, "integration", None, added, write.at)
    return added


def set_integration_active(transaction: Transaction, write: SetIntegrationActive) -> None:
    """:class:`SetIntegrationActive`."""
    sql = "UPDATE integrations SET is_active = ? WHERE id = ?"
    changed = transaction.execute(sql, (write.active, write.integration_id)).rowcount
    _must_change(changed, f"integration {write.integration_id}")


def add_token(transaction: Transaction, write: AddToken) -> int:
    """:class:`AddToken`."""
    replayed = transaction.row("SELECT id FROM tokens WHERE token_hash = ?", write.token_hash)
    if replayed is not None:
        return int(replayed[0])
    return _add_token(transaction, write.token_hash, write.role, write.inn, write.integration_id, write.at)


def revoke_token(transaction: Transaction, write: RevokeToken) -> None:
    """:class:`RevokeToken`; the first revocation's time stays."""
    sql = "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?"
    _must_change(transaction.execute(sql, (write.at, write.token_id)).rowcount, f"token {write.token_id}")


def _add_token(
    transaction: Transaction, token_hash: bytes, role: Role, inn: str | None, integration_id: int | None, at: float
) -> int:
    return transaction.insert(_ADD_TOKEN, token_hash, role, inn, integration_id, at)


def _no_other_address(transaction: Transaction, eip: str, serial: str | None, fn: str | None) -> None:
    """An FN is one of its kind; serials are counted by each maker, so they say something within a type only."""
    other = transaction.row(_SAME_DEVICE, eip, fn, serial)
    if other is not None:
        raise Conflict("same_device", f"the device at {eip} is active as {other[0]}", str(other[0]))


def _circuit(transaction: Transaction, circuit_id: int) -> None:
    if transaction.row("SELECT 1 FROM circuits WHERE id = ?", circuit_id) is None:
        raise NotFound(f"circuit {circuit_id}")


def _kkt(transaction: Transaction, eip: str) -> Row:
    found = transaction.row("SELECT serial, fn FROM kkts WHERE eip = ?", eip)
    if found is None:
        raise NotFound(f"register {eip}")
    return found


def _must_change(changed: int, what: str) -> None:
    if not changed:
        raise NotFound(what)
