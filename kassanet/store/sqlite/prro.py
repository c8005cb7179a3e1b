"""Software registers: the order of their local numbers is kept here, whatever the actors above believe."""

import msgspec

from kassanet.store.sqlite.transaction import Row, Transaction
from schemas.prro_records import (
    AddPrro,
    AdoptState,
    BeginOffline,
    BlockPrro,
    ChangePrro,
    EndDocument,
    EndSession,
    RemovePrro,
    SignAgain,
    StoreDocument,
)
from schemas.records import Conflict, NotFound

_INSERT_REGISTER = "INSERT INTO prro_registers (register, desk, key_id, cashier, added_at) VALUES (?, ?, ?, ?, ?)"
_INSERT_DOCUMENT = """
    INSERT INTO prro_documents (
        register_id, local_number, external_id, kind, status, uid, sum, digest, operation, xml, signed, session, place,
        fiscal_number, made_at
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_OPEN = """
    SELECT id FROM prro_documents
    WHERE register_id = ? AND status IN ('stored', 'owed', 'replaced') AND ended_at IS NULL LIMIT 1
"""
_ADOPT = """
    UPDATE prro_registers
    SET next_local = ?, shift_opened_at = ?, shift_first = ?, shift_reported = ?, session = ?, seed = ?
    WHERE id = ? AND removed_at IS NULL
"""
_LINK = """
    UPDATE prro_registers SET next_place = ?, last_hash = coalesce(?, last_hash),
        offline_since = coalesce(offline_since, ?)
    WHERE id = ?
"""
_SPAN = """
    INSERT INTO prro_sessions (register_id, session, began, last_money) VALUES (?, ?, ?, ?)
    ON CONFLICT (register_id, session) DO UPDATE SET last_money = coalesce(excluded.last_money, last_money)
"""
_END = """
    UPDATE prro_documents SET status = ?, fiscal_number = coalesce(?, fiscal_number), revoked = ?, code = ?, reason = ?,
        ended_at = ?
    WHERE id = ?
"""
_ONLINE = """
    UPDATE prro_registers
    SET session = ?, seed = ?, offline_since = NULL, by_hand = 0, next_place = 1, last_hash = NULL WHERE id = ?
"""


def add(transaction: Transaction, write: AddPrro) -> int:
    """:class:`AddPrro`."""
    body = msgspec.json.encode(write.desk)
    sql = "SELECT id, desk, added_at FROM prro_registers WHERE register = ? AND removed_at IS NULL"
    present = transaction.row(sql, write.desk.register)
    if present is None:
        row = (write.desk.register, body, write.key_id, write.cashier, write.at)
        return transaction.insert(_INSERT_REGISTER, *row)
    if (present[1], present[2]) == (body, write.at):
        return int(present[0])
    raise Conflict("prro_exists", f"register {write.desk.register} is {present[0]}", str(present[0]))


def remove(transaction: Transaction, write: RemovePrro) -> None:
    """:class:`RemovePrro`."""
    sql = "SELECT shift_opened_at, offline_since, removed_at FROM prro_registers WHERE id = ?"
    row = transaction.row(sql, write.register_id)
    if row is None:
        raise NotFound(f"register {write.register_id}")
    _must_be_at_rest(transaction, write.register_id, row[0], row[1])
    sql = "UPDATE prro_registers SET removed_at = coalesce(removed_at, ?) WHERE id = ?"
    transaction.execute(sql, (write.at, write.register_id))


def change(transaction: Transaction, write: ChangePrro) -> None:
    """:class:`ChangePrro`."""
    row = transaction.row(
        "SELECT desk, key_id, shift_opened_at, offline_since FROM prro_registers WHERE id = ? AND removed_at IS NULL",
        write.register_id,
    )
    if row is None:
        raise NotFound(f"register {write.register_id}")
    desk, key_id, shift, offline = row
    body = msgspec.json.encode(write.desk)
    if body != desk or key_id != write.key_id:
        in_shift = write.in_shift and body == desk
        _must_be_at_rest(transaction, write.register_id, None if in_shift else shift, offline)
    sql = "UPDATE prro_registers SET desk = ?, key_id = ?, cashier = ? WHERE id = ?"
    transaction.execute(sql, (body, write.key_id, write.cashier, write.register_id))


def _must_be_at_rest(transaction: Transaction, register_id: int, shift: float | None, offline: float | None) -> None:
    opened = transaction.row(_OPEN, register_id)
    if shift is not None or offline is not None or opened is not None:
        what = "its shift is open" if shift is not None else "it has documents that are not delivered"
        raise Conflict("prro_busy", f"register {register_id}: {what}", "" if opened is None else str(opened[0]))


def adopt(transaction: Transaction, write: AdoptState) -> None:
    """:class:`AdoptState`."""
    opened = transaction.row(_OPEN, write.register_id)
    if opened is not None:
        raise Conflict("undelivered", f"document {opened[0]} is not settled", str(opened[0]))
    shift = (write.shift_opened_at, write.shift_first, int(write.shift_reported))
    row = (write.next_local, *shift, write.session, write.seed, write.register_id)
    if not transaction.execute(_ADOPT, row).rowcount:
        raise NotFound(f"register {write.register_id}")


def store(transaction: Transaction, write: StoreDocument) -> int:
    """:class:`StoreDocument`."""
    present = transaction.row("SELECT id FROM prro_documents WHERE uid = ?", write.uid)
    if present is not None:
        return int(present[0])
    register = transaction.row(
        "SELECT next_local, next_place, session FROM prro_registers WHERE id = ? AND removed_at IS NULL",
        write.register_id,
    )
    if register is None:
        raise NotFound(f"register {write.register_id}")
    _must_be_next(transaction, write, register)
    document_id = _insert(transaction, write)
    if write.session is not None:
        _count_offline(transaction, write)
    return document_id


def _must_be_next(transaction: Transaction, write: StoreDocument, register: Row) -> None:
    next_local, next_place, session = register
    if write.local_number != next_local:
        raise Conflict("number", f"local number {write.local_number} is not the next one", str(next_local))
    if write.session is not None and (write.session, write.place) != (session, next_place):
        raise Conflict("number", f"place {write.place} is not the next one of the session", str(next_place))
    taken = transaction.row(
        "SELECT id FROM prro_documents WHERE register_id = ? AND local_number = ? AND status = 'stored'",
        write.register_id, write.local_number,
    )  # fmt: skip
    if taken is not None:
        raise Conflict("number", f"document {taken[0]} has number {write.local_number}", str(taken[0]))


def _insert(transaction: Transaction, write: StoreDocument) -> int:
    return transaction.insert(
        _INSERT_DOCUMENT,
        write.register_id,
        write.local_number,
        write.external_id,
        write.kind,
        "stored" if write.session is None else "offline",
        write.uid,
        write.sum,
        write.digest,
        write.operation,
        write.xml,
        write.signed,
        write.session,
        write.place,
        write.fiscal_number,
        write.at,
    )


def _count_offline(transaction: Transaction, write: StoreDocument) -> None:
    assert write.place is not None
    _count(transaction, write.register_id, write.kind, write.local_number, write.at)
    transaction.execute(_LINK, (write.place + 1, write.link_hash, write.at, write.register_id))
    money = write.at if write.is_money else None
    transaction.execute(_SPAN, (write.register_id, write.session, write.at, money))


def _count(transaction: Transaction, register_id: int, kind: str, local_number: int, at: float) -> None:
    """The number is used, and a shift opened or closed."""
    transaction.execute("UPDATE prro_registers SET next_local = ? WHERE id = ?", (local_number + 1, register_id))
    if kind == "open_shift":
        sql = "UPDATE prro_registers SET shift_opened_at = ?, shift_first = ?, shift_reported = 0 WHERE id = ?"
        transaction.execute(sql, (at, local_number, register_id))
    elif kind == "z_report":
        transaction.execute("UPDATE prro_registers SET shift_reported = 1 WHERE id = ?", (register_id,))
    elif kind == "close_shift":
        transaction.execute("UPDATE prro_registers SET shift_opened_at = NULL WHERE id = ?", (register_id,))


def end(transaction: Transaction, write: EndDocument) -> None:
    """:class:`EndDocument`."""
    found = transaction.row(
        "SELECT register_id, kind, local_number, status, fiscal_number, made_at, ended_at FROM prro_documents"
        " WHERE id = ?",
        write.document_id,
    )
    if found is None:
        raise NotFound(f"document {write.document_id}")
    register_id, kind, local_number, status, fiscal_number, made_at, ended_at = found
    delays = write.status in ("owed", "replaced") and write.fiscal_number is None
    if status == write.status and (delays or (ended_at is not None and fiscal_number == write.fiscal_number)):
        return
    if ended_at is not None or status not in (("stored",) if delays else ("stored", "owed", "replaced")):
        raise Conflict("status", f"document {write.document_id} is {status}", status)
    ended = None if delays else write.at
    values = (write.status, write.fiscal_number, int(write.revoked), write.code, write.reason, ended, write.document_id)
    transaction.execute(_END, values)
    if status == "stored" and write.status not in ("refused", "withdrawn"):
        _count(transaction, register_id, kind, local_number, made_at)
    if write.session is not None:
        sql = "UPDATE prro_registers SET session = ?, seed = ? WHERE id = ? AND offline_since IS NULL"
        transaction.execute(sql, (write.session, write.seed, register_id))


def begin_offline(transaction: Transaction, write: BeginOffline) -> list[int]:
    """:class:`BeginOffline`."""
    first = transaction.row("SELECT id FROM prro_documents WHERE uid = ?", write.documents[0].uid)
    if first is None:
        for each in write.aside:
            end(transaction, EndDocument(each.document_id, each.status, write.at, reason=each.reason))
    made = [store(transaction, document) for document in write.documents]
    if first is None:
        sql = "UPDATE prro_registers SET by_hand = ? WHERE id = ?"
        transaction.execute(sql, (int(write.by_hand), write.register_id))
    return made


def sign_again(transaction: Transaction, write: SignAgain) -> None:
    """:class:`SignAgain`."""
    sql = "UPDATE prro_documents SET xml = ?, signed = ? WHERE id = ? AND kind = 'offline_begin' AND status = 'offline'"
    if not transaction.execute(sql, (write.xml, write.signed, write.document_id)).rowcount:
        raise Conflict("status", f"document {write.document_id} cannot change any more")


def end_session(transaction: Transaction, write: EndSession) -> None:
    """:class:`EndSession`."""
    row = transaction.row("SELECT session FROM prro_registers WHERE id = ?", write.register_id)
    if row is None:
        raise NotFound(f"register {write.register_id}")
    if row[0] != write.session:
        return
    transaction.execute(_ONLINE, (write.next_session, write.next_seed, write.register_id))
    transaction.execute(
        "UPDATE prro_documents SET status = 'registered', ended_at = ? WHERE register_id = ? AND session = ?",
        (write.at, write.register_id, write.session),
    )
    sql = "UPDATE prro_sessions SET ended_at = ? WHERE register_id = ? AND session = ?"
    transaction.execute(sql, (write.at, write.register_id, write.session))


def block(transaction: Transaction, write: BlockPrro) -> None:
    """:class:`BlockPrro`."""
    sql = "UPDATE prro_registers SET blocked = ? WHERE id = ? AND removed_at IS NULL"
    if not transaction.execute(sql, (write.reason, write.register_id)).rowcount:
        raise NotFound(f"register {write.register_id}")
