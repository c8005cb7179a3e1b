"""What a sale's procedures work with, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from actors.durable import durably
from actors.hub import Hub
from actors.journal import Reader
from actors.runtime import Ref
from actors.sale.settings import SaleSettings
from schemas.pinpad_records import StoredOperation
from schemas.receipts import Fiscal
from schemas.records import NotFound, Write
from schemas.rows import StoredReceipt
from schemas.sale_records import StoredSale
from schemas.shown import shown_sale

Answer = TypeVar("Answer")
Ring = Callable[[int], None]
"""Told the circuit for which a receipt was queued."""


@dataclass(frozen=True, slots=True)
class SaleDesk:
    """``find`` looks a living actor up by its name; ``clock`` is the injected wall clock (UNIX seconds, UTC)."""

    journal: Ref
    reader: Reader
    hub: Hub
    find: Callable[[str], Ref | None]
    ring: Ring
    clock: Callable[[], float]
    settings: SaleSettings

    async def durably(self, write: Write[Answer]) -> Answer:
        """Ask the journal until it is on disk: :func:`actors.durable.durably`."""
        return await durably(self.journal, write)

    async def sale(self, sale_id: int) -> StoredSale:
        """As it is on disk; raises NotFound."""
        found = await self.reader.call(lambda store: store.sale(sale_id))
        if found is None:
            raise NotFound(f"sale {sale_id}")
        return found

    async def operation(self, operation_id: int) -> StoredOperation:
        found = await self.reader.call(lambda store: store.operation(operation_id))
        if found is None:
            raise NotFound(f"operation {operation_id}")
        return found

    async def operation_by_key(self, pinpad_id: int, key: str) -> StoredOperation | None:
        """What was asked of a pinpad under this key, whether the pinpad is still there or not."""
        return await self.reader.call(lambda store: store.operation_by_key(pinpad_id, key))

    async def receipt(self, receipt_id: int) -> StoredReceipt:
        found = await self.reader.call(lambda store: store.receipt(receipt_id))
        if found is None:
            raise NotFound(f"receipt {receipt_id}")
        return found

    def show(self, sale: StoredSale, fiscal: Fiscal | None = None) -> None:
        """Let the world see it."""
        self.hub.publish("sales", str(sale.id), shown_sale(sale, fiscal), circuit=sale.circuit_id)
