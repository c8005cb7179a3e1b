"""Pinpads and who keeps them: small tables, changed by people and by sales."""

import msgspec

from kassanet.store.sqlite.transaction import Transaction
from schemas.pinpad_records import AddPinpad, HoldPinpad, ReleasePinpad, RemovePinpad, SetPinpadActive
from schemas.records import Conflict, NotFound

_INSERT = "INSERT INTO pinpads (address, device, terminal_id, spec, added_at) VALUES (?, ?, ?, ?, ?)"
_OPEN = """
    SELECT id, status FROM operations
    WHERE pinpad_id = ? AND status IN ('accepted', 'sending', 'received', 'unknown', 'manual') ORDER BY id LIMIT 1
"""
_TWIN = """
    SELECT b.id FROM pinpads AS a JOIN pinpads AS b ON b.terminal_id = a.terminal_id AND b.id <> a.id
    WHERE a.id = ? AND b.is_active = 1 AND b.removed_at IS NULL
"""
_HOLD = """
    INSERT INTO pinpad_holds (pinpad_id, holder, until, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (pinpad_id, holder) DO UPDATE SET until = excluded.until
"""


def add(transaction: Transaction, write: AddPinpad) -> int:
    """:class:`AddPinpad`."""
    spec = write.spec
    body = msgspec.json.encode(spec)
    present = transaction.row(
        "SELECT id, spec, added_at FROM pinpads WHERE address = ? AND device = ? AND removed_at IS NULL",
        spec.address, spec.device or "",
    )  # fmt: skip
    if present is None:
        return transaction.insert(_INSERT, spec.address, spec.device or "", spec.terminal_id, body, write.at)
    if (present[1], present[2]) == (body, write.at):
        return int(present[0])
    raise Conflict("pinpad_exists", f"{spec.address} is pinpad {present[0]}", str(present[0]))


def set_active(transaction: Transaction, write: SetPinpadActive) -> None:
    """:class:`SetPinpadActive`."""
    twin = transaction.row(_TWIN, write.pinpad_id) if write.active else None
    if twin is not None:
        raise Conflict("same_device", f"pinpad {twin[0]} is active with this terminal id", str(twin[0]))
    sql = "UPDATE pinpads SET is_active = ? WHERE id = ? AND removed_at IS NULL"
    if not transaction.execute(sql, (write.active, write.pinpad_id)).rowcount:
        raise NotFound(f"pinpad {write.pinpad_id}")


def remove(transaction: Transaction, write: RemovePinpad) -> None:
    """:class:`RemovePinpad`."""
    busy = transaction.row(_OPEN, write.pinpad_id)
    if busy is not None:
        text = f"operation {busy[0]} on pinpad {write.pinpad_id} is {busy[1]}"
        raise Conflict("pinpad_busy", text, f"operation {busy[0]}")
    held = transaction.row("SELECT holder FROM pinpad_holds WHERE pinpad_id = ?", write.pinpad_id)
    if held is not None:
        raise Conflict("pinpad_busy", f"{held[0]} is open on pinpad {write.pinpad_id}", held[0])
    sql = "UPDATE pinpads SET removed_at = coalesce(removed_at, ?), is_active = 0 WHERE id = ?"
    if not transaction.execute(sql, (write.at, write.pinpad_id)).rowcount:
        raise NotFound(f"pinpad {write.pinpad_id}")


def hold(transaction: Transaction, write: HoldPinpad) -> None:
    """:class:`HoldPinpad`."""
    other = transaction.row(
        "SELECT holder FROM pinpad_holds WHERE pinpad_id = ? AND holder <> ? AND until > ?",
        write.pinpad_id, write.holder, write.at,
    )  # fmt: skip
    if other is not None:
        raise Conflict("pinpad_held", f"{other[0]} keeps pinpad {write.pinpad_id}", other[0])
    present = transaction.row("SELECT 1 FROM pinpads WHERE id = ? AND removed_at IS NULL", write.pinpad_id)
    if present is None:
        raise NotFound(f"pinpad {write.pinpad_id}")
    transaction.execute(_HOLD, (write.pinpad_id, write.holder, write.until, write.at))


def release(transaction: Transaction, write: ReleasePinpad) -> None:
    """:class:`ReleasePinpad`."""
    key = (write.pinpad_id, write.holder)
    if write.is_open:
        transaction.execute("UPDATE pinpad_holds SET until = NULL WHERE pinpad_id = ? AND holder = ?", key)
    else:
        transaction.execute("DELETE FROM pinpad_holds WHERE pinpad_id = ? AND holder = ?", key)
