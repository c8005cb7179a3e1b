"""Sites at the central server: who they are, what went to them, what came of it.

A forwarded receipt moves through the same statuses as any other, by what its site tells of it. What a site tells may
come twice and late, so each carries the site's own revision of the receipt, and only a newer one is applied.
"""

from typing import Any

from kassanet.store.sqlite.archive import archive
from kassanet.store.sqlite.circuits import create_circuit
from kassanet.store.sqlite.moves import Head, head, move, record_document, require
from kassanet.store.sqlite.transaction import Transaction
from schemas.receipts import Receipt, Status
from schemas.records import Conflict, CreateCircuit, NotFound
from schemas.site_link import Copy
from schemas.site_records import (
    FORWARDED,
    AddSite,
    ApplyCopies,
    BeginForward,
    BeginSiteCommand,
    BindCircuit,
    EndSiteCommand,
    ForwardEnded,
    ForwardTaken,
    RenewSite,
    RevokeSite,
    SaveSite,
)
from schemas.sites import qualified

_ENDED: frozenset[Status] = frozenset({"fiscalized", "refused", "cancelled"})
_HERE: dict[Status, Status] = {"queued": "assigned"}
"""A receipt that waits at its site waits no longer here."""

_ADD_COMMAND = """
    INSERT INTO site_commands (id, site_id, kkt, name, by, at, status)
    SELECT max(coalesce(max(id), 0) + 1, ?), ?, ?, ?, ?, ?, 'sent' FROM site_commands
"""
"""Numbers are the clock's milliseconds: a site answers a number that it knows with what it did then, so a journal that
was put back to an older state must not count from where it was."""

_END_COMMAND = """
    UPDATE site_commands SET status = ?, code = ?, answer = ?, ended_at = ?
    WHERE id = ? AND status IN ('sent', 'unknown')
"""
_COMMAND_AGAIN = "SELECT id FROM site_commands WHERE site_id = ? AND kkt = ? AND name = ? AND by = ? AND at = ?"
_FORWARD = "SELECT receipt_id, revision, ended_at FROM forwards WHERE site_id = ? AND key = ?"
_APPLIED = "UPDATE forwards SET revision = ?, remote_id = ?, taken_at = coalesce(taken_at, ?), ended_at = ?"


def add(transaction: Transaction, write: AddSite) -> int:
    """:class:`AddSite`."""
    present = transaction.row("SELECT id, token_hash FROM sites WHERE name = ?", write.name)
    if present is not None and present[1] == write.token_hash:
        return int(present[0])
    if present is not None:
        raise Conflict("site_exists", f"there is a site {write.name}; another token renews it", str(present[0]))
    sql = "INSERT INTO sites (name, inn, token_hash, created_at) VALUES (?, ?, ?, ?)"
    return transaction.insert(sql, write.name, write.inn, write.token_hash, write.at)


def renew(transaction: Transaction, write: RenewSite) -> None:
    """:class:`RenewSite`."""
    sql = "UPDATE sites SET token_hash = ?, revoked_at = NULL WHERE id = ?"
    _must_change(transaction, sql, write.site_id, write.token_hash)


def revoke(transaction: Transaction, write: RevokeSite) -> None:
    """:class:`RevokeSite`; the first revocation's time stays."""
    sql = "UPDATE sites SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?"
    _must_change(transaction, sql, write.site_id, write.at)


def save(transaction: Transaction, write: SaveSite) -> None:
    """:class:`SaveSite`."""
    _must_change(transaction, "UPDATE sites SET seen_at = ?, said = ? WHERE id = ?", write.site_id, write.seen_at,
                 write.said)  # fmt: skip


def bind(transaction: Transaction, write: BindCircuit) -> int:
    """:class:`BindCircuit`."""
    wanted = (write.site_id, write.remote_id)
    present = transaction.row("SELECT circuit_id FROM site_circuits WHERE (site_id, remote_id) = (?, ?)", *wanted)
    if present is not None:
        return int(present[0])
    if transaction.row("SELECT 1 FROM sites WHERE id = ?", write.site_id) is None:
        raise NotFound(f"site {write.site_id}")
    circuit_id = create_circuit(transaction, CreateCircuit(write.inn, write.title, None, write.at))
    transaction.execute(
        "INSERT INTO site_circuits (circuit_id, site_id, remote_id, bound_at) VALUES (?, ?, ?, ?)",
        (circuit_id, *wanted, write.at),
    )
    return circuit_id


# -- receipts that go there --------------------------------------------------------------------------


def begin_forward(transaction: Transaction, write: BeginForward) -> None:
    """:class:`BeginForward`."""
    present = transaction.row("SELECT site_id, key FROM forwards WHERE receipt_id = ?", write.receipt_id)
    if present == (write.site_id, write.key):
        return
    receipt = head(transaction, write.receipt_id)
    require(receipt, "queued")
    name = transaction.row("SELECT name FROM sites WHERE id = ?", write.site_id)
    if name is None:
        raise NotFound(f"site {write.site_id}")
    transaction.execute(
        "INSERT INTO forwards (receipt_id, site_id, key, begun_at) VALUES (?, ?, ?, ?)",
        (receipt.id, write.site_id, write.key, write.at),
    )
    move(transaction, receipt, "assigned", write.at, detail=f"to site {name[0]}")


def forward_taken(transaction: Transaction, write: ForwardTaken) -> None:
    """:class:`ForwardTaken`."""
    sql = "UPDATE forwards SET taken_at = coalesce(taken_at, ?) WHERE receipt_id = ?"
    _must_change(transaction, sql, write.receipt_id, write.at)


def forward_ended(transaction: Transaction, write: ForwardEnded) -> None:
    """:class:`ForwardEnded`."""
    receipt = head(transaction, write.receipt_id)
    sql = "UPDATE forwards SET ended_at = ? WHERE receipt_id = ? AND ended_at IS NULL"
    if transaction.execute(sql, (write.at, write.receipt_id)).rowcount and receipt.status in ("assigned", "unknown"):
        move(transaction, receipt, write.status, write.at, detail=write.reason, reason=write.reason)


def apply_copies(transaction: Transaction, write: ApplyCopies) -> int:
    """:class:`ApplyCopies`."""
    for copy in write.copies:
        if not _forwarded(transaction, write, copy):
            archive(transaction, write.source, write.site_id, copy)
    row = transaction.row("SELECT source, copied FROM sites WHERE id = ?", write.site_id)
    if row is None:
        raise NotFound(f"site {write.site_id}")
    copied = max(write.upto, int(row[1])) if row[0] == write.source else write.upto
    sql = "UPDATE sites SET source = ?, copied = ? WHERE id = ?"
    transaction.execute(sql, (write.source, copied, write.site_id))
    return copied


def _forwarded(transaction: Transaction, write: ApplyCopies, copy: Copy) -> bool:
    """Whether the copy is of a receipt that this server forwarded there; then that one moves."""
    there = copy.receipt
    if not there.external_id.startswith(FORWARDED):
        return False
    row = transaction.row(_FORWARD, write.site_id, there.external_id)
    if row is None:
        return False
    receipt_id, revision, ended_at = row
    if ended_at is None and there.revision > revision:
        _arrive(transaction, head(transaction, receipt_id), there, write)
    return True


def _arrive(transaction: Transaction, receipt: Head, there: Receipt, write: ApplyCopies) -> None:
    status = _HERE.get(there.status, there.status)
    ended_at = write.at if status in _ENDED else None
    transaction.execute(f"{_APPLIED} WHERE receipt_id = ?", (there.revision, there.id, write.at, ended_at, receipt.id))
    kkt = None if there.kkt is None else qualified(write.site, there.kkt)
    told: dict[str, Any] = {"detail": _detail(there), "reason": there.reason, "eip": kkt}
    if status == "fiscalized" and there.fiscal is not None:
        try:
            record_document(transaction, receipt.id, there.fiscal)
        except Conflict as taken:
            status, told = "manual", {"detail": taken.text, "reason": f"the site tells that {taken.text}", "eip": kkt}
        else:
            told["fiscal"] = there.fiscal
    if status != receipt.status:
        move(transaction, receipt, status, write.at, window=there.window if status == "manual" else None, **told)


def _detail(there: Receipt) -> str | None:
    if there.fiscal is not None:
        return f"{there.fiscal.fn}/{there.fiscal.fd}"
    return there.reason or f"{there.status} at the site"


def at_site(transaction: Transaction, receipt_id: int) -> str | None:
    """The site that has the receipt and has not ended it: until then nobody here decides about it."""
    sql = """
        SELECT s.name FROM forwards AS f JOIN sites AS s ON s.id = f.site_id
        WHERE f.receipt_id = ? AND f.ended_at IS NULL
    """
    row = transaction.row(sql, receipt_id)
    return None if row is None else str(row[0])


# -- commands ----------------------------------------------------------------------------------------


def begin_command(transaction: Transaction, write: BeginSiteCommand) -> int:
    """:class:`BeginSiteCommand`."""
    said = (write.site_id, write.kkt, write.name, write.by, write.at)
    again = transaction.row(_COMMAND_AGAIN, *said)
    return int(again[0]) if again is not None else transaction.insert(_ADD_COMMAND, int(write.at * 1000), *said)


def end_command(transaction: Transaction, write: EndSiteCommand) -> None:
    """:class:`EndSiteCommand`."""
    ended_at = None if write.status in ("sent", "unknown") else write.at
    transaction.execute(_END_COMMAND, (write.status, write.code, write.answer, ended_at, write.command_id))


def _must_change(transaction: Transaction, sql: str, site_id: int, *values: object) -> None:
    if not transaction.execute(sql, (*values, site_id)).rowcount:
        raise NotFound(f"site {site_id}")
