"""What a site owes its central server: the outbox of changed receipts, and the commands that came from there.

A receipt stands in the outbox once, at its newest place; a line leaves it when the centre has it on disk. Batches that
move receipts note them themselves (:func:`note_moved`), so nothing that is durable can be missing there.
"""

from kassanet.store.sqlite.transaction import Transaction
from schemas.records import NotFound
from schemas.site_records import (
    FORWARDED,
    AdoptCentral,
    BeginLinkCommand,
    EndLinkCommand,
    FillOutbox,
    ForgetOutbox,
    StoredLinkCommand,
)

KEPT = 14 * 86_400.0
"""Seconds that the outcome of a command is remembered."""

_NOTE = "INSERT OR REPLACE INTO uplink_outbox (receipt_id) VALUES (?)"
_BEHIND = "SELECT count(*) FROM uplink_outbox"
_ADOPT = """
    INSERT INTO uplink (only_row, central, receipts, acked, filled, fill_to) VALUES (1, ?1, ?2, ?3, 0, ?4)
    ON CONFLICT (only_row) DO UPDATE SET central = ?1, receipts = ?2, acked = ?3, filled = 0, fill_to = ?4
"""
_FILL = """
    INSERT OR IGNORE INTO uplink_outbox (receipt_id)
    SELECT id FROM receipts WHERE id > ?1 AND id <= ?2 AND (?3 OR external_id GLOB ?4) ORDER BY id
"""
_BEGIN = "INSERT INTO uplink_commands (central, id, name, eip, by, at) VALUES (?, ?, ?, ?, ?, ?)"
_FIND = "SELECT id, status, answer FROM uplink_commands WHERE central = ? AND id = ?"


def note_moved(transaction: Transaction) -> None:
    """Put what this batch moved into the outbox, where there is a centre that wants to know."""
    if not transaction.moved:
        return
    row = transaction.row("SELECT receipts FROM uplink")
    if row is None:
        return
    moved = (told for told in transaction.moved if row[0] == "central" or told.external_id.startswith(FORWARDED))
    ids = dict.fromkeys(told.id for told in moved)
    transaction.connection.executemany(_NOTE, ((receipt_id,) for receipt_id in ids))


def adopt(transaction: Transaction, write: AdoptCentral) -> int:
    """:class:`AdoptCentral`."""
    present = transaction.row("SELECT central, receipts, acked FROM uplink")
    last = _number(transaction, "SELECT seq FROM sqlite_sequence WHERE name = 'uplink_outbox'")
    same = present is not None and present[:2] == (write.central, write.receipts)
    if present is not None and same and present[2] <= write.copied <= last:
        forget(transaction, ForgetOutbox(write.copied))
    else:
        _begin_anew(transaction, write, last)
    return _number(transaction, _BEHIND)


def _begin_anew(transaction: Transaction, write: AdoptCentral, last: int) -> None:
    """A centre that has more than was ever told heard it from a journal that was put back since: go on from there."""
    transaction.execute("DELETE FROM uplink_outbox")
    if write.copied > last:
        transaction.execute("DELETE FROM sqlite_sequence WHERE name = 'uplink_outbox'")
        transaction.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('uplink_outbox', ?)", (write.copied,))
    fill_to = _number(transaction, "SELECT max(id) FROM receipts")
    transaction.execute(_ADOPT, (write.central, write.receipts, write.copied, fill_to))


def fill(transaction: Transaction, write: FillOutbox) -> bool:
    """:class:`FillOutbox`."""
    row = transaction.row("SELECT receipts, filled, fill_to FROM uplink")
    if row is None or row[1] >= row[2]:
        return False
    upto = min(row[1] + write.limit, row[2])
    transaction.execute(_FILL, (row[1], upto, row[0] == "central", f"{FORWARDED}*"))
    transaction.execute("UPDATE uplink SET filled = ?", (upto,))
    return bool(upto < row[2])


def forget(transaction: Transaction, write: ForgetOutbox) -> None:
    """:class:`ForgetOutbox`."""
    transaction.execute("DELETE FROM uplink_outbox WHERE seq <= ?", (write.upto,))
    transaction.execute("UPDATE uplink SET acked = max(acked, ?)", (write.upto,))


def begin_command(transaction: Transaction, write: BeginLinkCommand) -> StoredLinkCommand | None:
    """:class:`BeginLinkCommand`."""
    present = transaction.row(_FIND, write.central, write.id)
    if present is not None:
        return StoredLinkCommand(*present)
    transaction.execute("DELETE FROM uplink_commands WHERE at < ?", (write.at - KEPT,))
    transaction.execute(_BEGIN, (write.central, write.id, write.name, write.eip, write.by, write.at))
    return None


def end_command(transaction: Transaction, write: EndLinkCommand) -> None:
    """:class:`EndLinkCommand`; the first outcome stays."""
    sql = """
        UPDATE uplink_commands SET status = coalesce(status, ?), answer = coalesce(answer, ?),
            ended_at = coalesce(ended_at, ?)
        WHERE central = ? AND id = ?
    """
    if not transaction.execute(sql, (write.status, write.answer, write.at, write.central, write.id)).rowcount:
        raise NotFound(f"command {write.id}")


def _number(transaction: Transaction, sql: str) -> int:
    row = transaction.row(sql)
    return int(row[0] or 0) if row is not None else 0
