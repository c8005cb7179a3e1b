"""The card: keep whoever is needed, charge, and find out what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import trio

from actors.sale.counterparts import REFUSALS, hold, interrupt, keep, key_of, let_go, submit, until_decided
from schemas.operations import FINISHED, OperationRequest, PinpadAnswer
from schemas.pinpad_records import StoredOperation
from schemas.receipts import ReceiptRequest
from schemas.records import Conflict
from schemas.sale_records import StoredSale
from schemas.sales import SaleRequest

if TYPE_CHECKING:
    from actors.sale.saga import Saga

LATE = "it was begun too late: whoever wanted to pay has gone"


async def begin(saga: Saga, sale: StoredSale) -> None:
    """A register and the pinpad are kept before the customer is asked for anything."""
    if sale.aborted_at is not None:
        await saga.move(sale, "aborted", "taken back before anything was asked of anybody")
    elif not sale.charge:
        await saga.queue_receipt(sale)
    elif _is_late(saga, sale.accepted_at):
        await saga.move(sale, "failed", LATE)
    else:
        await _begin_to_charge(saga, sale)


async def _begin_to_charge(saga: Saga, sale: StoredSale) -> None:
    try:
        await _keep_both(saga, sale)
    except REFUSALS as refusal:
        let_go(saga.desk, sale)
        await saga.move(sale, "failed", str(refusal))
    else:
        await saga.move(sale, "charging")


async def _keep_both(saga: Saga, sale: StoredSale) -> None:
    """Raises one of :data:`REFUSALS`."""
    seconds = _time_limit(sale) or saga.desk.settings.charge_seconds
    request = msgspec.json.decode(sale.receipt, type=ReceiptRequest)
    saga.register = await keep(saga.desk, sale, request, seconds + saga.desk.settings.hold_seconds)
    await hold(saga.desk, sale, seconds)


def _is_late(saga: Saga, since: float) -> bool:
    return saga.desk.clock() - since > saga.desk.settings.patience


async def see_through(saga: Saga, sale: StoredSale) -> None:
    """Charge, or find the charge that was asked for before, and wait until it is known what it came to."""
    operation = await _payment(saga, sale)
    if operation is None:
        return
    while operation.status not in FINISHED:
        if sale.status == "charging" and operation.status in ("unknown", "manual"):
            await saga.move(sale, "unknown", _why(operation), operation_id=operation.id)
            return
        await _wait(saga, sale, operation)
        operation = await saga.desk.operation(operation.id)
    await _conclude(saga, sale, operation)


async def _payment(saga: Saga, sale: StoredSale) -> StoredOperation | None:
    """What the pinpad is asked; None when the sale ended without. Only what is not on disk was certainly never asked:
    a pinpad that is gone, or driven no more, may have charged before.
    """
    request = _request(sale)
    assert sale.pinpad_id is not None, "it charges a card"
    known = await saga.desk.operation_by_key(sale.pinpad_id, request.external_id)
    if known is None and sale.aborted_at is not None:
        await saga.move(sale, "aborted", "taken back before the card was asked for")
        return None
    try:
        if known is None and saga.register is None:
            await _keep_again(saga, sale)
        accepted = await submit(saga.desk, sale, request)
    except REFUSALS as refusal:
        known = await saga.desk.operation_by_key(sale.pinpad_id, request.external_id)
        if known is None:
            await saga.move(sale, "failed", str(refusal))
        return known
    return await saga.desk.operation(accepted.operation_id)


async def _keep_again(saga: Saga, sale: StoredSale) -> None:
    """After a stop: nothing was asked yet, and no register is kept any more. Raises one of :data:`REFUSALS`."""
    if _is_late(saga, sale.changed_at):
        raise Conflict("late", LATE)
    await _keep_both(saga, sale)


def _request(sale: StoredSale) -> OperationRequest:
    return OperationRequest(
        external_id=f"{key_of(sale)}/payment",
        kind="payment",
        amount=sale.charge,
        currency=sale.currency,
        time_limit=_time_limit(sale),
    )


async def _wait(saga: Saga, sale: StoredSale, operation: StoredOperation) -> None:
    if saga.wake.is_set() and not saga.interrupted:
        saga.interrupted = True
        await interrupt(saga.desk, sale, operation.id)
    if operation.status == "manual":
        await saga.nap(trio.Event(), saga.desk.settings.look_seconds)
    else:
        await saga.until_decided(partial(until_decided, saga.desk, sale, operation.id))


async def _conclude(saga: Saga, sale: StoredSale, operation: StoredOperation) -> None:
    """Approved goes on, whoever wants it back: what was charged is taken back in the open, as another step."""
    match operation.status:
        case "approved":
            await saga.move(sale, "charged", operation_id=operation.id)
        case "reversed":
            await saga.move(sale, "reversed", _why(operation), operation_id=operation.id)
        case _ if (await saga.desk.sale(sale.id)).aborted_at is not None:
            await saga.move(sale, "aborted", _why(operation), operation_id=operation.id)
        case "refused":
            await saga.move(sale, "refused", _why(operation), operation_id=operation.id)
        case _:
            await saga.move(sale, "failed", _why(operation), operation_id=operation.id)


def _why(operation: StoredOperation) -> str:
    if operation.reason is not None:
        return operation.reason
    result = None if operation.result is None else msgspec.json.decode(operation.result, type=PinpadAnswer)
    return (result.text if result is not None else None) or f"operation {operation.id} is {operation.status}"


def _time_limit(sale: StoredSale) -> float | None:
    return msgspec.json.decode(sale.body, type=SaleRequest).time_limit
