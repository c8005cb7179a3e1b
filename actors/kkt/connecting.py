"""The way into rotation: who is this device, what did it leave open, and how is it.

Attempts are keyed by FN, not by address: a device that was moved is settled where it is found. An attempt made at this
address with an FN that no register of ours holds any more can only be settled by a person.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from actors.kkt.desk import Desk
from actors.kkt.foreign import made_by_others
from actors.kkt.settling import Attempt, fence, settle_attempt
from actors.kkt.shift_documents import opening_time
from schemas.kkt import DeviceStatus, FnStatus, Identity, OfdStatus, ShiftStatus
from schemas.receipts import ReceiptRequest
from schemas.records import Conflict, ForgetIdentity, SaveIdentity
from schemas.rows import OpenAttempt


class NotSettled(Exception):
    """The register did not answer while an attempt of its FN was being settled."""

    def __init__(self, receipt_id: int) -> None:
        super().__init__(f"receipt {receipt_id} is unknown until the register answers")
        self.receipt_id = receipt_id


class Health(Struct, frozen=True):
    """Everything a full look at a register reads."""

    fn: FnStatus
    device: DeviceStatus
    ofd: OfdStatus
    shift: ShiftStatus
    shift_opened_at: float | None
    fn_expires: datetime | None


class Connection(Struct, frozen=True):
    """``requeued`` are receipts whose attempts proved absent: their circuit must hear of it.

    ``foreign`` counts receipts that others made in this FN since it was last seen.
    """

    identity: Identity
    health: Health
    requeued: tuple[int, ...]
    foreign: int


async def connect(desk: Desk, last_seen: FnStatus | None = None) -> Connection:
    """``last_seen`` is how a register in rotation was left: from there on it is known who made what.

    Raises Refused, Lost, Unreachable, :class:`NotSettled`, or Conflict ``same_device``.
    """
    identity = await desk.register.identify()
    await _claim(desk, identity)
    requeued = await _settle_all(desk, identity.fn)
    await fence(desk)
    health = await read_health(desk)
    return Connection(identity, health, requeued, await made_by_others(desk, last_seen, health.fn))


async def _claim(desk: Desk, identity: Identity) -> None:
    """Make it durable that this device is here.

    Where addresses were exchanged each device is still known under the other's: what an address was known to hold is
    let go of when something else answers there, so that each can be claimed where it is now.
    """
    try:
        await desk.durably(SaveIdentity(desk.eip, identity.serial, identity.fn, desk.clock()))
    except Conflict:
        await desk.durably(ForgetIdentity(desk.eip, desk.clock()))
        raise


async def _settle_all(desk: Desk, fn: str) -> tuple[int, ...]:
    requeued = []
    for row in await open_attempts(desk, fn):
        settled = await settle_attempt(desk, _attempt(row))
        if settled is None:
            raise NotSettled(row.receipt_id)
        if settled.status == "queued":
            requeued.append(row.receipt_id)
    return tuple(requeued)


async def open_attempts(desk: Desk, fn: str) -> list[OpenAttempt]:
    """What must be settled before this register makes a document, earliest first."""
    ours = list(await desk.reader.call(lambda store: store.open_attempts(fn=fn)))
    here = await desk.reader.call(lambda store: store.open_attempts(eip=desk.eip))
    orphans = [row for row in here if row.fn != fn]
    if orphans:
        kkts = await desk.reader.call(lambda store: store.kkts())
        # While addresses are being exchanged nobody knows yet where that FN is: it is looked for again later.
        if not any(kkt.is_active and kkt.fn is None for kkt in kkts):
            known = {kkt.fn for kkt in kkts}
            ours.extend(row for row in orphans if row.fn not in known)
    return ours


def _attempt(row: OpenAttempt) -> Attempt:
    request = msgspec.json.decode(row.body, type=ReceiptRequest)
    return Attempt(row.id, row.receipt_id, request, row.fn, row.fd_before, row.at, silenced=row.unknown)


async def read_health(desk: Desk) -> Health:
    """A full look; about five exchanges."""
    fn = await desk.register.fn_status()
    shift = await desk.register.shift_status()
    return Health(
        fn=fn,
        device=await desk.register.device_status(),
        ofd=await desk.register.ofd_status(),
        shift=shift,
        shift_opened_at=await opening_time(desk, fn, shift),
        fn_expires=(await desk.register.validity()).expires,
    )
