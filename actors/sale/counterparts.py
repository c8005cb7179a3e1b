"""How a sale speaks with the pinpad and the circuit: every question is asked until it has a definite answer.

All of them may be asked again: a hold is renewed, an operation has its key, a keep has its name.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
import trio

from actors.runtime import ActorError, AskTimedOut, Ref
from actors.sale.desk import SaleDesk
from actors.store import StoreUnavailable
from schemas.commands import KeepRegister, LetGo, MakeKept, NotInRotation, PrintText
from schemas.operations import OperationRequest
from schemas.pinpad_commands import Await, Hold, Interrupt, NotPossible, Release, Submit
from schemas.pinpad_records import AcceptedOperation
from schemas.receipts import ReceiptRequest
from schemas.records import Conflict, NotFound
from schemas.sale_records import StoredSale
from transports.register import Lost, Refused, Unreachable

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

PRINT_SECONDS = 60.0
"""How long a slip may take: the register finishes a document first."""

RETRY = 1.0
"""Seconds between two tries at somebody who is away or at a store that is."""

REFUSALS = (Conflict, NotFound, NotPossible)
"""Definite answers of those who will not do it; nothing was done."""


def key_of(sale: StoredSale) -> str:
    """How a sale is called where something is kept for it."""
    return f"sale/{sale.id}"


async def until_told(ask: Callable[[], Awaitable[Answer]], what: str) -> Answer:
    """Ask again as long as the answer is about the actor or the store and not about the question."""
    while True:
        try:
            return await ask()
        except (ActorError, StoreUnavailable) as reason:
            log.info("asked_again", what=what, reason=str(reason))
            await trio.sleep(RETRY)


def _ref(desk: SaleDesk, name: str) -> Ref:
    ref = desk.find(name)
    if ref is None:
        raise NotFound(f"there is no {name}")
    return ref


# -- the pinpad -----------------------------------------------------------------------------------


async def hold(desk: SaleDesk, sale: StoredSale, seconds: float) -> None:
    """Keep the pinpad, for which others may have to leave it first. Raises Conflict or NotFound."""
    message = Hold(key_of(sale), seconds)

    async def ask() -> None:
        try:
            await _ref(desk, _pinpad(sale)).ask(message, timeout=seconds)
        except AskTimedOut:
            raise Conflict("pinpad_busy", f"pinpad {sale.pinpad_id} was not free within {seconds:g} s") from None

    await until_told(ask, "hold")


async def release(desk: SaleDesk, sale: StoredSale, *, is_open: bool) -> None:
    """Let others use the pinpad; with ``is_open`` its settlement still waits for this sale."""
    if sale.pinpad_id is None:
        return
    message = Release(key_of(sale), is_open)
    try:
        await until_told(lambda: _ref(desk, _pinpad(sale)).ask(message, timeout=30.0), "release")
    except NotFound:
        return  # the pinpad was taken away, and what was kept with it


async def submit(desk: SaleDesk, sale: StoredSale, request: OperationRequest) -> AcceptedOperation:
    """Ask for an operation. Raises one of :data:`REFUSALS`."""
    message = Submit(request, key_of(sale))
    return await until_told(lambda: _ref(desk, _pinpad(sale)).ask(message, timeout=60.0), request.kind)


async def interrupt(desk: SaleDesk, sale: StoredSale, operation_id: int) -> None:
    """Ask that the operation be stopped; what comes of it is seen from the operation."""
    try:
        await _ref(desk, _pinpad(sale)).ask(Interrupt(operation_id), timeout=10.0)
    except (*REFUSALS, ActorError, StoreUnavailable) as reason:
        log.info("not_interrupted", sale=sale.id, operation=operation_id, reason=str(reason))


async def until_decided(desk: SaleDesk, sale: StoredSale, operation_id: int) -> None:
    """Return when the operation ended or waits for a person; at once when that cannot be told."""
    try:
        await _ref(desk, _pinpad(sale)).ask(Await(operation_id), timeout=60.0)
    except (*REFUSALS, ActorError, StoreUnavailable):
        await trio.sleep(RETRY)


def _pinpad(sale: StoredSale) -> str:
    return f"pinpad/{sale.pinpad_id}"


# -- the circuit ----------------------------------------------------------------------------------


async def keep(desk: SaleDesk, sale: StoredSale, request: ReceiptRequest, seconds: float) -> str:
    """Keep a register that can make the receipt; its address. Raises Conflict or NotFound."""
    message = KeepRegister(key_of(sale), request, seconds)
    return await until_told(lambda: _ref(desk, f"circuit/{sale.circuit_id}").ask(message, timeout=30.0), "keep")


async def print_text(desk: SaleDesk, eip: str, text: str) -> str | None:
    """Print on a register; why that cannot be done, or None. Asked once: nobody wants half a slip twice."""
    try:
        await _ref(desk, f"kkt/{eip}").ask(PrintText(text), timeout=PRINT_SECONDS)
    except (NotFound, NotInRotation, Refused, Lost, Unreachable, ActorError) as trouble:
        return f"{eip}: {trouble}"
    return None


def make_kept(desk: SaleDesk, sale: StoredSale, receipt_id: int) -> None:
    """The receipt is queued. A circuit that cannot hear finds it in the queue."""
    if not _tell_circuit(desk, sale, MakeKept(key_of(sale), receipt_id)):
        desk.ring(sale.circuit_id)


def let_go(desk: SaleDesk, sale: StoredSale) -> None:
    """No receipt will come; a circuit that cannot hear forgets the keep by itself."""
    _tell_circuit(desk, sale, LetGo(key_of(sale)))


def _tell_circuit(desk: SaleDesk, sale: StoredSale, message: object) -> bool:
    ref = desk.find(f"circuit/{sale.circuit_id}")
    try:
        if ref is not None:
            ref.tell(message)
            return True
    except ActorError as reason:
        log.info("circuit_deaf", sale=sale.id, reason=str(reason))
    return False
