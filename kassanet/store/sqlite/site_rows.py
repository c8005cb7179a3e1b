"""Reading what is known of sites, and what a site owes its centre: the questions, and the rows they give."""

from kassanet.store.sqlite.transaction import Row
from schemas.site_records import (
    OpenForward,
    OutboxLine,
    StoredBinding,
    StoredLinkCommand,
    StoredSite,
    StoredSiteCommand,
)

SITES = f"SELECT {', '.join(StoredSite.__struct_fields__)} FROM sites ORDER BY id"
BINDINGS = "SELECT circuit_id, site_id, remote_id FROM site_circuits ORDER BY circuit_id"
FORWARDS = """
    SELECT f.receipt_id, r.circuit_id, f.key, r.body, f.taken_at IS NOT NULL
    FROM forwards AS f INDEXED BY forwards_open JOIN receipts AS r ON r.id = f.receipt_id
    WHERE f.ended_at IS NULL AND f.site_id = ? AND f.receipt_id > ? ORDER BY f.receipt_id LIMIT ?
"""
OWED = "SELECT count(*) FROM forwards WHERE ended_at IS NULL AND site_id = ?"
_COMMAND = ", ".join(StoredSiteCommand.__struct_fields__)
COMMAND = f"SELECT {_COMMAND} FROM site_commands WHERE id = ?"
COMMANDS = f"SELECT {_COMMAND} FROM site_commands WHERE site_id = ? ORDER BY id DESC LIMIT ?"
OPEN_COMMANDS = f"""
    SELECT {_COMMAND} FROM site_commands WHERE status IN ('sent', 'unknown') AND site_id = ? ORDER BY id
"""
OUTBOX = "SELECT seq, receipt_id FROM uplink_outbox WHERE seq > ? ORDER BY seq LIMIT ?"
BEHIND = "SELECT count(*) FROM uplink_outbox"
LINK_COMMAND = "SELECT id, status, answer FROM uplink_commands WHERE central = ? AND id = ?"
IDENTITY = "SELECT identity FROM store"


def site(row: Row) -> StoredSite:
    return StoredSite(*row)


def binding(row: Row) -> StoredBinding:
    return StoredBinding(*row)


def forward(row: Row) -> OpenForward:
    receipt_id, circuit_id, key, body, taken = row
    return OpenForward(receipt_id, circuit_id, key, body or b"", bool(taken))


def command(row: Row) -> StoredSiteCommand:
    return StoredSiteCommand(*row)


def outbox_line(row: Row) -> OutboxLine:
    return OutboxLine(*row)


def link_command(row: Row) -> StoredLinkCommand:
    return StoredLinkCommand(*row)
