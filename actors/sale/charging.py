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
from schemas.sale_records import StoredSale
from schemas.sales import SaleRequest

if TYPE_CHECKING:
    from actors.sale.saga import Saga


async def begin(saga: Saga, sale: StoredSale) -> None:
    """A register and the pinpad are kept before the customer is asked for anything."""
    if sale.aborted_at is not None:
        await saga.move(sale, "aborted", "taken back before anything was asked of anybody")
    elif not sale.charge:
        await saga.queue_receipt(sale)
    else:
        await _keep_both(saga, sale)


async def _keep_both(saga: Saga, sale: StoredSale) -> None:
    seconds = _time_limit(sale) or saga.desk.settings.charge_seconds
    request = msgspec.json.decode(sale.receipt, type=ReceiptRequest)
    try:
        saga.register = await keep(saga.desk, sale, request, seconds + saga.desk.settings.hold_seconds)
        await hold(saga.desk, sale, seconds)
    except REFUSALS as refusal:
        let_go(saga.desk, sale)
        await saga.move(sale, "failed", str(refusal))
    else:
        await saga.move(sale, "charging")


async def see_through(saga: Saga, sale: StoredSale) -> None:
    """Charge, or find the charge that was asked for before, and wait until it is known what it came to."""
    request = OperationRequest(
        external_id=f"{key_of(sale)}/payment",
        kind="payment",
        amount=sale.charge,
        currency=sale.currency,
        time_limit=_time_limit(sale),
    )
    try:
        accepted = await submit(saga.desk, sale, request)
    except REFUSALS as refusal:
        await saga.move(sale, "failed", str(refusal))
        return
    operation = await saga.desk.operation(accepted.operation_id)
    while operation.status not in FINISHED:
        if sale.status == "charging" and operation.status in ("unknown", "manual"):
            await saga.move(sale, "unknown", _why(operation), operation_id=operation.id)
            return
        await _wait(saga, sale, operation)
        operation = await saga.desk.operation(operation.id)
    await _conclude(saga, sale, operation)


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
