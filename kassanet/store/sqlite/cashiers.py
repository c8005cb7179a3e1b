"""Cashiers: a packet registers one once, and a revoked one has no token any more."""

from datetime import UTC, datetime

import msgspec

from kassanet.store.sqlite.transaction import Row, Transaction
from schemas.cashier_records import AddCashier, AddCashierToken, RevokeCashier, StoredCashier, StoredCashierToken
from schemas.cashiers import Cashier
from schemas.records import Conflict, NotFound

CASHIERS = """
    SELECT id, name, tin, key_id, registers, developer, login, password_hash, registered_at, revoked_at FROM cashiers
    ORDER BY id
"""
TOKENS = """
    SELECT t.token_hash, t.cashier_id, t.until FROM cashier_tokens AS t JOIN cashiers AS c ON c.id = t.cashier_id
    WHERE c.revoked_at IS NULL AND (t.until IS NULL OR t.until > ?) ORDER BY t.id
"""
_PACKET = """
    SELECT c.id, t.token_hash FROM cashiers AS c
    LEFT JOIN cashier_tokens AS t ON t.cashier_id = c.id AND t.until IS NULL
    WHERE c.subject_key_id = ? AND c.uid = ?
"""
_BY_KEY = "SELECT id FROM cashiers WHERE key_id = ? AND coalesce(developer, '') = ? AND revoked_at IS NULL"
_BY_LOGIN = "SELECT id FROM cashiers WHERE login = ? AND revoked_at IS NULL"
_INSERT = """
    INSERT INTO cashiers (
        name, tin, key_id, subject_key_id, registers, developer, login, password_hash, uid, registered_by, registered_at
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_TOKEN = "INSERT INTO cashier_tokens (token_hash, cashier_id, until, created_at) VALUES (?, ?, ?, ?)"


def add(transaction: Transaction, write: AddCashier) -> int:
    """:class:`AddCashier`."""
    present = transaction.row(_PACKET, write.subject_key_id, write.uid)
    if present is not None and present[1] == write.token_hash:
        return int(present[0])
    if present is not None:
        raise Conflict("packet_replayed", f"this packet has registered cashier {present[0]}", str(present[0]))
    _must_be_free(transaction, write)
    cashier_id = transaction.insert(
        _INSERT,
        write.name,
        write.tin,
        write.key_id,
        write.subject_key_id,
        msgspec.json.encode(write.registers),
        write.developer,
        write.login,
        write.password_hash,
        write.uid,
        write.by,
        write.at,
    )
    transaction.insert(_INSERT_TOKEN, write.token_hash, cashier_id, None, write.at)
    return cashier_id


def _must_be_free(transaction: Transaction, write: AddCashier) -> None:
    held = transaction.row(_BY_KEY, write.key_id, write.developer or "")
    if held is not None:
        text = f"key {write.key_id} has cashier {held[0]}; revoke it first"
        raise Conflict("cashier_exists", text, str(held[0]))
    if write.login is not None and transaction.row(_BY_LOGIN, write.login) is not None:
        raise Conflict("login_taken", f"the login {write.login} is another cashier's", write.login)


def add_token(transaction: Transaction, write: AddCashierToken) -> int:
    """:class:`AddCashierToken`."""
    present = transaction.row("SELECT id FROM cashier_tokens WHERE token_hash = ?", write.token_hash)
    if present is not None:
        return int(present[0])
    row = transaction.row("SELECT revoked_at FROM cashiers WHERE id = ?", write.cashier_id)
    if row is None or row[0] is not None:
        raise NotFound(f"cashier {write.cashier_id}")
    transaction.execute("DELETE FROM cashier_tokens WHERE until <= ?", (write.at,))
    return transaction.insert(_INSERT_TOKEN, write.token_hash, write.cashier_id, write.until, write.at)


def revoke(transaction: Transaction, write: RevokeCashier) -> None:
    """:class:`RevokeCashier`."""
    sql = "UPDATE cashiers SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?"
    if not transaction.execute(sql, (write.at, write.cashier_id)).rowcount:
        raise NotFound(f"cashier {write.cashier_id}")


def cashier(row: Row) -> StoredCashier:
    """A row of :data:`CASHIERS`."""
    found = Cashier(
        id=row[0],
        name=row[1],
        tin=row[2],
        key_id=row[3],
        registers=msgspec.json.decode(row[4], type=tuple[int, ...]),
        developer=row[5],
        login=row[6],
        registered_at=datetime.fromtimestamp(row[8], UTC),
        revoked_at=None if row[9] is None else datetime.fromtimestamp(row[9], UTC),
    )
    return StoredCashier(found, row[7])


def token(row: Row) -> StoredCashierToken:
    """A row of :data:`TOKENS`."""
    return StoredCashierToken(*row)
