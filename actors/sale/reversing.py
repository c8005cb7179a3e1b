"""Taking a payment back: by emergency void, which needs no card, but works for the pinpad's last operation alone.

A pinpad without one (PrivatBank's) leaves that to a person: a void or refund may ask for the card where nobody is, and
where its answer is lost nothing tells it from none at all, so that it can neither be repeated nor taken for made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
import trio

from actors.sale.counterparts import REFUSALS, key_of, submit, until_decided
from actors.sale.fiscalizing import keep_pinpad
from schemas.operations import FINISHED, OperationRequest
from schemas.pinpad_records import StoredOperation
from schemas.records import Conflict
from schemas.sale_records import StoredSale

if TYPE_CHECKING:
    from actors.sale.saga import Saga

log = structlog.get_logger(__name__)

BUSY = ("pinpad_busy", "pinpad_held", "pinpad_inactive")
"""Somebody else is at the pinpad, or it is switched off: the void is asked for again; it may be too late for it then.
"""


async def take_back(saga: Saga, sale: StoredSale) -> None:
    """Until the payment is reversed, or it is certain that this cannot be done from here."""
    assert sale.operation_id is not None, "what is taken back was charged"
    tried = 0
    while True:
        operation = await saga.desk.operation(sale.operation_id)
        if operation.status == "reversed":
            await saga.move(sale, "reversed", sale.reason)
            return
        running = await _running(saga, operation)
        if running is not None:
            await until_decided(saga.desk, sale, running.id)
            if running.status == "manual":
                await trio.sleep(saga.desk.settings.look_seconds)
            continue
        obstacle = await _ask(saga, sale, operation)
        if obstacle is None:
            continue
        tried += 1
        if obstacle not in BUSY or tried >= saga.desk.settings.void_tries:
            await saga.move(sale, "manual", f"{sale.reason or 'no receipt'}; not taken back: {obstacle}")
            return
        await trio.sleep(saga.desk.settings.void_pause)


async def _running(saga: Saga, operation: StoredOperation) -> StoredOperation | None:
    """What is being done to the payment already, by an earlier try or by a person at the till."""
    done = await saga.desk.reader.call(lambda store: store.operations_of(operation.id))
    return next((each for each in done if each.status not in FINISHED), None)


async def _ask(saga: Saga, sale: StoredSale, operation: StoredOperation) -> str | None:
    """One more emergency void. Why it cannot be asked for, or None: then its operation tells what comes of it.

    The pinpad stays kept for it: the next payment would make it impossible.
    """
    done = await saga.desk.reader.call(lambda store: store.operations_of(operation.id))
    unsent = sum(each.status == "failed" for each in done)
    if unsent >= saga.desk.settings.void_tries:
        return f"the pinpad did not answer {unsent} times"
    if unsent:
        await trio.sleep(saga.desk.settings.void_pause)
    await keep_pinpad(saga, sale)
    request = OperationRequest(
        external_id=f"{key_of(sale)}/void/{len(done) + 1}", kind="emergency_void", of=operation.id,
        currency=sale.currency,
    )  # fmt: skip
    try:
        await submit(saga.desk, sale, request)
    except REFUSALS as refusal:
        log.warning("not_taken_back", sale=sale.id, reason=str(refusal))
        if isinstance(refusal, Conflict) and refusal.code in BUSY:
            return refusal.code
        return str(refusal)
    return None
