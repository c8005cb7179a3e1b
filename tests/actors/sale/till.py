"""A till: a circuit with registers, a pinpad, and the actor of sales over one store."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import trio

from actors.kkt import KktSettings
from actors.pinpad import Desk, Pinpad, PinpadSettings
from actors.runtime import ChildSpec, Ref
from actors.sale import SaleDesk, Sales, SaleSettings
from kassanet.edge.intake import digest
from schemas.pinpad_commands import Settle
from schemas.pinpad_records import AddPinpad, OperationFilter, SetPinpadActive, StoredOperation
from schemas.pinpads import PinpadSpec
from schemas.rows import ReceiptFilter, StoredReceipt
from schemas.sale_commands import AwaitSale, BeginSale, TakeBack
from schemas.sale_records import AcceptSale, StoredSale
from tests.actors.kkt.rack import InlineReader, Rack, wall
from tests.actors.kkt.scripted import ScriptedRegister
from tests.actors.pinpad.scripted import TID, ScriptedDriver, ScriptedPinpad, Terminal
from tests.actors.receipts import receipt

SPEC = PinpadSpec(address="127.0.0.1:9000", terminal_id=TID)


@dataclass
class World:
    """What outlives the service: the registers, and the terminal with its bank."""

    registers: list[ScriptedRegister] = field(default_factory=list)
    terminal: Terminal = field(default_factory=Terminal)


class Till:
    """``posted`` counts the sales, for their keys."""

    def __init__(self, folder: Path, world: World, settings: SaleSettings, registers: int) -> None:
        self.rack = Rack(folder, registers, KktSettings(), world.registers)
        world.registers[:] = self.rack.registers
        self.terminal = world.terminal
        self.settings = settings

    async def start(self, nursery: trio.Nursery, *, driven: bool = True) -> None:
        await self.rack.start(nursery)
        if not self.rack.read.pinpads():
            self.rack.store.commit([AddPinpad(SPEC, wall())])
            self.rack.store.commit([SetPinpadActive(1, 1, wall())])
        branch = self.rack.root.branch("kkts")
        if driven:
            await branch.start_child(ChildSpec("pinpad/1", self._pinpad, stop_within=30.0))
        await branch.start_child(ChildSpec("sales", self._sales))
        await self.rack.until(
            lambda: all(self.rack.state(n).condition == "ready" for n in range(len(self.rack.registers)))
        )

    def _pinpad(self) -> Pinpad:
        [row] = self.rack.read.pinpads()
        desk = Desk(
            id=1,
            spec=row.spec,
            device=ScriptedPinpad(self.terminal),
            driver=ScriptedDriver(self.terminal),
            journal=self.rack.root.ref("journal"),
            reader=InlineReader(self.rack.read),
            clock=wall,
            settings=PinpadSettings(),
        )
        return Pinpad(desk, self.rack.hub, row)

    def _sales(self) -> Sales:
        return Sales(
            SaleDesk(
                journal=self.rack.root.ref("journal"),
                reader=InlineReader(self.rack.read),
                hub=self.rack.hub,
                find=self.rack.root.registry.whereis,
                ring=lambda circuit_id: self.rack.bell.ring(self.rack.root.ref(f"circuit/{circuit_id}")),
                clock=wall,
                settings=self.settings,
            )
        )

    @property
    def actor(self) -> Ref:
        return self.rack.root.ref("sales")

    @property
    def pinpad(self) -> Ref:
        return self.rack.root.ref("pinpad/1")

    def accept(self, key: str = "sale-1", *, print_slip: bool = False, **changes: Any) -> int:  # noqa: ANN401 - fields of the receipt
        """Put a sale on disk, as the edge does."""
        request = receipt(**{"external_id": key, "payments": {"cashless": 50000}, **changes})
        charge = request.payments.cashless
        write = AcceptSale(
            circuit_id=1,
            external_id=key,
            integration_id=None,
            pinpad_id=1 if charge else None,
            charge=charge,
            total=request.total,
            currency="643",
            digest=digest(request),
            body=msgspec.json.encode(
                {"external_id": key, "circuit_id": 1, "receipt": {}, "pinpad_id": 1, "print_slip": print_slip}
            ),
            receipt=msgspec.json.encode(request),
            receipt_digest=digest(request),
            at=wall(),
        )
        [accepted] = self.rack.store.commit([write])
        return accepted.sale_id  # type: ignore[attr-defined,no-any-return]

    def begin(self, key: str = "sale-1", **changes: Any) -> int:  # noqa: ANN401
        sale_id = self.accept(key, **changes)
        self.actor.tell(BeginSale(sale_id))
        return sale_id

    async def ended(self, sale_id: int) -> str:
        """Its status, once it is not on its way any more."""
        await self.actor.ask(AwaitSale(sale_id), timeout=100_000.0)
        return self.sale(sale_id).status

    async def sell(self, key: str = "sale-1", **changes: Any) -> str:  # noqa: ANN401
        return await self.ended(self.begin(key, **changes))

    async def take_back(self, sale_id: int) -> None:
        await self.actor.ask(TakeBack(sale_id, "token 3"), timeout=60.0)

    async def verdict(self, operation_id: int, verdict: Any) -> None:  # noqa: ANN401 - a literal
        await self.pinpad.ask(Settle(operation_id, verdict, "seen in the bank's cabinet", "token 1"), timeout=60.0)

    async def until(self, wanted: Callable[[], bool]) -> None:
        await self.rack.until(wanted, limit=100_000.0)

    def sale(self, sale_id: int) -> StoredSale:
        found = self.rack.read.sale(sale_id)
        assert found is not None
        return found

    def steps(self, sale_id: int) -> list[str]:
        return [step.status for step in self.rack.read.sale_history(sale_id)]

    def operations(self) -> list[StoredOperation]:
        """Oldest first."""
        return list(reversed(self.rack.read.operations(OperationFilter(limit=100))))

    def receipts(self) -> list[StoredReceipt]:
        return list(self.rack.read.receipts(ReceiptFilter(limit=100)))

    @property
    def documents(self) -> int:
        return sum(len(register.made()) for register in self.rack.registers)

    @property
    def charged(self) -> int:
        """Kopecks that the bank has taken and not given back."""
        return self.terminal.standing

    def facts(self) -> Mapping[str, object]:
        """What the actor of sales shows of itself."""
        [branch] = [each for each in self.rack.root.tree().children if each.name == "kkts"]
        [sales] = [each for each in branch.children if each.name == "sales"]
        return sales.facts

    def has_nobody_kept(self) -> bool:
        return not self.rack.read.pinpad_holds(1)


@asynccontextmanager
async def running_till(
    folder: Path,
    world: World | None = None,
    *,
    settings: SaleSettings | None = None,
    registers: int = 1,
    driven: bool = True,
) -> AsyncIterator[Till]:
    """``driven`` false: the configuration has no way to the pinpad any more."""
    till = Till(folder, world or World(), settings or SaleSettings(), registers)
    try:
        async with trio.open_nursery() as nursery:
            await till.start(nursery, driven=driven)
            yield till
            till.rack.root.stop()
    finally:
        till.rack.store.close()
        till.rack.read.close()
