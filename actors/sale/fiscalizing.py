"""The receipt: queue it, and wait for its document; the pinpad is kept meanwhile, but not for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import trio

from actors.sale.counterparts import REFUSALS, hold, keep, make_kept, print_text, release
from schemas.operations import PinpadAnswer, Slips
from schemas.receipts import FINAL, ReceiptRequest
from schemas.records import AcceptReceipt, Conflict, NotFound
from schemas.rows import StoredReceipt
from schemas.sale_records import StoredSale
from schemas.sales import SaleRequest

if TYPE_CHECKING:
    from actors.sale.saga import Saga


async def queue(saga: Saga, sale: StoredSale) -> None:
    """The card is charged: keep the pinpad for taking that back, print the slip if it is wanted, queue the receipt."""
    await keep_pinpad(saga, sale)
    wants_slip = msgspec.json.decode(sale.body, type=SaleRequest).print_slip
    trouble = await _print_slip(saga, sale) if wants_slip and sale.aborted_at is None else None
    if trouble is not None:
        await saga.move(sale, "reversing", f"the slip cannot be printed: {trouble}")
        return
    await saga.queue_receipt(sale)


async def _print_slip(saga: Saga, sale: StoredSale) -> str | None:
    """Why the slip cannot be printed. Begun again after a restart it may be printed twice, which harms nobody."""
    assert sale.operation_id is not None, "the card is charged"
    operation = await saga.desk.operation(sale.operation_id)
    slips = Slips() if operation.result is None else msgspec.json.decode(operation.result, type=PinpadAnswer).slips
    text = slips.customer or slips.merchant
    if text is None:
        return "the terminal gave none"
    if saga.register is None:
        request = msgspec.json.decode(sale.receipt, type=ReceiptRequest)
        try:
            saga.register = await keep(saga.desk, sale, request, saga.desk.settings.hold_seconds)
        except REFUSALS as refusal:
            return str(refusal)
    return await print_text(saga.desk, saga.register, text)


async def keep_pinpad(saga: Saga, sale: StoredSale) -> None:
    """From now on for ``hold_seconds``; not at all when somebody else has it by now."""
    seconds = saga.desk.settings.hold_seconds
    try:
        await hold(saga.desk, sale, seconds)
    except REFUSALS:
        saga.hold_until = trio.current_time()
    else:
        saga.hold_until = trio.current_time() + seconds


def record_of(saga: Saga, sale: StoredSale) -> AcceptReceipt:
    """The receipt as the intake would have it: it was checked when the sale was accepted."""
    request = msgspec.json.decode(sale.receipt, type=ReceiptRequest)
    return AcceptReceipt(
        sale.circuit_id,
        sale.integration_id,
        request.external_id,
        request.kind,
        request.total,
        sale.receipt_digest,
        sale.receipt,
        request.callback_url,
        saga.desk.clock(),
    )


async def accept(saga: Saga, sale: StoredSale) -> int:
    """Queue the receipt; its id. Raises Conflict or NotFound when that can never be done."""
    accepted = await saga.desk.durably(record_of(saga, sale))
    if not accepted.same:
        text = f"{sale.external_id} was given to another receipt meanwhile"
        raise Conflict("receipt_exists", text, f"receipt {accepted.receipt_id}")
    return accepted.receipt_id


async def give_up(saga: Saga, sale: StoredSale, refusal: Conflict | NotFound) -> None:
    """There will be no receipt."""
    await saga.move(sale, "reversing" if sale.charge else "failed", str(refusal))


async def see_through(saga: Saga, sale: StoredSale) -> None:
    """Wait for the receipt's end; over the time of the hold the pinpad is given back and the receipt goes on alone."""
    assert sale.receipt_id is not None, "a receipt is on its way"
    if sale.charge and sale.status == "fiscalizing" and saga.hold_until is None:
        await keep_pinpad(saga, sale)
        make_kept(saga.desk, sale, sale.receipt_id)
    while True:
        with saga.watch.moved(sale.circuit_id, sale.receipt_id) as moved:
            receipt = await saga.desk.receipt(sale.receipt_id)
            if receipt.status in FINAL:
                break
            if _is_over(saga, sale):
                await release(saga.desk, sale, is_open=True)
                await saga.move(sale, "pending", f"paid; receipt {receipt.id} is {receipt.status}")
                return
            await saga.nap(moved, saga.desk.settings.look_seconds)
    await _conclude(saga, sale, receipt)


def _is_over(saga: Saga, sale: StoredSale) -> bool:
    return sale.status == "fiscalizing" and saga.hold_until is not None and trio.current_time() >= saga.hold_until


async def _conclude(saga: Saga, sale: StoredSale, receipt: StoredReceipt) -> None:
    reason = receipt.reason or f"receipt {receipt.id} is {receipt.status}"
    if receipt.status == "fiscalized":
        await saga.move(sale, "done")
    elif sale.charge:
        await saga.move(sale, "reversing", reason)
    else:
        await saga.move(sale, "refused" if receipt.status == "refused" else "aborted", reason)
