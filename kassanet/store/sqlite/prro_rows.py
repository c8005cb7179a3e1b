"""What is read of software registers and their documents: each query next to the struct that its rows become."""

import msgspec

from kassanet.store.sqlite.transaction import Row
from schemas.prro import Desk
from schemas.prro_records import StoredDocument, StoredPrro, StoredSession

_REGISTER = """r.id, r.desk, r.key_id, r.cashier, r.next_local, r.shift_opened_at, r.shift_first, r.shift_reported,
    r.session, r.seed, r.offline_since, r.by_hand, r.next_place, r.last_hash, r.blocked"""
REGISTERS = f"SELECT {_REGISTER} FROM prro_registers AS r WHERE r.removed_at IS NULL ORDER BY r.id"
REGISTER = f"SELECT {_REGISTER} FROM prro_registers AS r WHERE r.id = ? AND r.removed_at IS NULL"

_DOCUMENT = """d.id, d.register_id, d.local_number, d.external_id, d.kind, d.status, d.uid, d.sum, d.digest,
    d.operation, d.xml, d.signed, d.session, d.place, d.fiscal_number, d.revoked, d.made_at, d.ended_at, d.code,
    d.reason"""
DOCUMENT = f"SELECT {_DOCUMENT} FROM prro_documents AS d WHERE d.id = ?"
BY_KEY = f"""
    SELECT {_DOCUMENT} FROM prro_documents AS d
    WHERE d.register_id = ? AND d.external_id = ? AND d.status NOT IN ('withdrawn', 'replaced')
"""
OPEN = f"""
    SELECT {_DOCUMENT} FROM prro_documents AS d INDEXED BY prro_documents_open
    WHERE d.status IN ('stored', 'owed', 'replaced') AND d.ended_at IS NULL AND d.register_id = ?
    ORDER BY d.local_number
"""
OF_SESSION = f"""
    SELECT {_DOCUMENT} FROM prro_documents AS d WHERE d.register_id = ? AND d.session = ? ORDER BY d.place
"""
LAST_OF_SESSION = f"""
    SELECT {_DOCUMENT} FROM prro_documents AS d WHERE d.register_id = ? AND d.session = ? ORDER BY d.place DESC LIMIT 1
"""
SINCE = f"""
    SELECT {_DOCUMENT} FROM prro_documents AS d
    WHERE d.register_id = ? AND d.local_number >= ? AND d.status NOT IN ('refused', 'withdrawn')
    ORDER BY d.local_number
"""
BEFORE = f"""
    SELECT {_DOCUMENT} FROM prro_documents AS d
    WHERE d.register_id = ? AND d.local_number < ? AND d.status NOT IN ('refused', 'withdrawn')
    ORDER BY d.local_number DESC LIMIT ?
"""
COUNTS = "SELECT kind, status, code, documents FROM prro_document_counts WHERE documents > 0"
SESSIONS = """
    SELECT session, began, last_money, ended_at FROM prro_sessions
    WHERE register_id = ? AND coalesce(last_money, began) >= ? ORDER BY began
"""


def register(row: Row) -> StoredPrro:
    return StoredPrro(row[0], msgspec.json.decode(row[1], type=Desk), *row[2:])


def document(row: Row) -> StoredDocument:
    return StoredDocument(*row)


def session(row: Row) -> StoredSession:
    return StoredSession(*row)
