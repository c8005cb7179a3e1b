"""The software registers of a service: added, started again, asked, removed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from actors.hub import Hub
from actors.prro import PrroSettings
from actors.runtime import ChildSpec, Supervisor, SupervisorSpec
from kassanet.prros import Prros, TaxService, shown
from kassanet.sandbox.fiscal_server.registry import Registry, default_unit
from kassanet.sandbox.fiscal_server.seals import PlainSeals, plain_content, plain_envelope
from kassanet.sandbox.fiscal_server.server import FiscalServer as Server
from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.reader import SqliteReader
from kassanet.store.sqlite.store import SqliteStore
from schemas.prro import CloseShift
from schemas.prro_change import PrroChange
from schemas.prro_zrep import ZRep
from schemas.records import Conflict, NotFound
from tests.actors.kkt.rack import InlineJournal, InlineReader
from tests.actors.prro.counter import wall
from tests.kassanet.sandbox.fiscal_server.till import CASHIER, COFFEE, DESK, REGISTER
from tests.transports.prro.unreliable import Unreliable
from transports.prro.client import Sign
from transports.prro.html import receipt_html
from transports.prro.text import receipt_text
from transports.prro.wire import Wire, WireSettings

OTHER = replace(DESK, register=REGISTER + 1, number=2)


class Keys:
    """One cashier for every key; ``used`` are the keys that were asked for."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def stamped(self, key_id: str) -> Sign:
        return self._sign(key_id, True)

    def bare(self, key_id: str) -> Sign:
        return self._sign(key_id, False)

    def _sign(self, key_id: str, stamped: bool) -> Sign:
        async def sign(content: bytes) -> bytes:
            await trio.lowlevel.checkpoint()
            self.used.add(key_id)
            return plain_envelope(content, CASHIER, stamped=stamped)

        return sign


@asynccontextmanager
async def open_prros(folder: Path, server: Server, keys: Keys) -> AsyncIterator[Prros]:
    store, read = SqliteStore.open(Opening(folder)), SqliteReader(Opening(folder))
    journal = InlineJournal(store)
    root = Supervisor(
        "root", children=(ChildSpec("journal", lambda: journal, capacity=4096), SupervisorSpec("prros", unordered=True))
    )
    tax_service = TaxService(Wire(WireSettings(address="http://tax/fs"), transport=Unreliable(server)), plain_content)
    async with trio.open_nursery() as nursery:
        await nursery.start(root.run)
        prros = Prros(root, InlineReader(read), Hub(), PrroSettings(tick=1e9), wall, tax_service, keys)
        await prros.start()
        yield prros
        root.stop()
    store.close()
    read.close()


@pytest.fixture
def server() -> Server:
    return Server(Registry((default_unit(2),)), PlainSeals(), clock=wall)


async def test_two_registers_with_their_keys(tmp_path: Path, server: Server, autojump_clock: MockClock) -> None:
    keys = Keys()
    async with open_prros(tmp_path, server, keys) as prros:
        first = await prros.add(DESK, "one")
        second = await prros.add(OTHER, "two", "Інший касир")
        sale = await prros.perform(first.id, COFFEE, "a")
        other = await prros.perform(second.id, COFFEE, "a")
        assert (sale.status, other.status, sale.fiscal_number == other.fiscal_number) == ("registered",) * 2 + (False,)
        assert keys.used == {"one", "two"}
        assert shown(other).head.cashier == "Інший касир"
        assert prros.by_number(REGISTER + 1).id == second.id
        assert prros.state(second.id).shift_is_open
        assert await prros.by_key(first.id, "a") == sale == await prros.document(first.id, sale.id)
        assert f"ЧЕК ФН {sale.fiscal_number}" in receipt_text(shown(sale))
        assert "<svg" in receipt_html(shown(sale))
        report = await prros.x_report(first.id)
        assert isinstance(report, ZRep)
        assert report.sales is not None
        assert report.sales.sum == 4500


async def test_they_are_there_again_after_a_restart(tmp_path: Path, server: Server, autojump_clock: MockClock) -> None:
    async with open_prros(tmp_path, server, Keys()) as prros:
        added = await prros.add(DESK, "one")
        sale = await prros.perform(added.id, COFFEE, "a")
        await prros.go_offline(added.id)
        await prros.perform(added.id, COFFEE, "b")
    async with open_prros(tmp_path, server, Keys()) as prros:
        assert prros.rows.keys() == {added.id}
        assert await prros.perform(added.id, COFFEE, "a") == sale
        await prros.go_online(added.id)
        assert prros.state(added.id).condition == "online"
        assert server.register(REGISTER).standing.next_local == 6


async def test_adding_and_removing(tmp_path: Path, server: Server, autojump_clock: MockClock) -> None:
    """One at work stays, and goes on working."""
    async with open_prros(tmp_path, server, Keys()) as prros:
        added = await prros.add(DESK, "one")
        with pytest.raises(Conflict):
            await prros.add(replace(DESK, number=7), "two")
        await prros.perform(added.id, COFFEE, "a")
        with pytest.raises(Conflict) as caught:
            await prros.remove(added.id)
        assert caught.value.code == "prro_busy"
        await prros.perform(added.id, CloseShift(), "b")
        await prros.remove(added.id)
        with pytest.raises(NotFound):
            prros.actor(added.id)
        with pytest.raises(NotFound):
            prros.by_number(REGISTER)
        again = await prros.add(DESK, "one")
        assert (await prros.perform(again.id, COFFEE, "a")).local_number == 6


async def test_who_hangs_up_over_a_change_is_not_kept(
    tmp_path: Path, server: Server, autojump_clock: MockClock
) -> None:
    """The register is busy for longer than a service that stops can wait; what it had not begun is not made."""
    async with open_prros(tmp_path, server, Keys()) as prros:
        busy = trio.Event()
        with patch.object(Keys, "_sign", lambda *_: _slowly(busy)):
            row = await prros.add(DESK, "shop/key")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(prros.perform, row.id, COFFEE)
                await trio.sleep(1)
                with trio.move_on_after(5) as hanging:
                    await prros.change(row.id, PrroChange(cashier="Шевчук"))
                assert hanging.cancelled_caught
                assert trio.current_time() < 10
                busy.set()
        await prros.turn(row.id)
        assert prros.row(row.id).cashier is None


def _slowly(busy: trio.Event) -> Sign:
    async def sign(content: bytes) -> bytes:
        await busy.wait()
        return plain_envelope(content, CASHIER, stamped=True)

    return sign
