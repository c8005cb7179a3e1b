"""Offline: begun by itself or by hand, sales go on, lost ones are revoked or owed, and everything arrives once."""

from pathlib import Path
from unittest.mock import patch

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from actors.prro import PrroSettings
from kassanet.sandbox.fiscal_server.rules import ServerRules
from schemas.prro import CloseShift, OpenShift, Storno
from schemas.prro_commands import GoOffline, GoOnline, NotSigned, OutOfService, Unblock, XReport
from tests.actors.prro.counter import MANUAL, Counter, open_counter, tax_service
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, REGISTER
from tests.transports.prro.unreliable import Step
from transports.prro.limits import OfflineLimits

BY_ITSELF = PrroSettings(tick=30.0, close_before=None)


def sales(counter: Counter) -> list[str]:
    """UIDs of the sales that count at the tax service."""
    register = counter.server.register(REGISTER)
    return [
        entry.document.head.uid
        for entry in counter.registered()
        if entry.document.head.fiscal_number is not None or not register.is_revoked(entry)
        if getattr(entry.document, "lines", ())
    ]


async def began(counter: Counter) -> None:
    """Online, a sale made; then the tax service goes away."""
    await counter.perform(COFFEE, "before")
    counter.network.away = True


async def test_sales_go_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Nothing of the first one was ever sent, so its number goes to the beginning of the session."""
    async with open_counter(tmp_path, BY_ITSELF) as counter:
        await began(counter)
        made = [await counter.perform(COFFEE, f"sale-{number}") for number in range(3)]
        assert [document.status for document in made] == ["offline"] * 3
        assert [document.local_number for document in made] == [4, 5, 6]
        assert all(document.fiscal_number and document.fiscal_number.count(".") == 2 for document in made)
        assert (counter.state.condition, counter.state.waiting, counter.state.month_used) == ("offline", 4, 0.0)
        assert await counter.perform(COFFEE, "sale-1") == made[1]
        await trio.sleep(600)
        await counter.perform(COFFEE, "sale-3")
        counter.network.away = False
        await counter.until(lambda: counter.state.condition == "online")
        assert (counter.state.waiting, counter.state.session_limit) == (0, 36 * 3600.0)
        assert 600 <= counter.state.month_used < 700, "the session counts to its last sale"
        assert len(counter.registered()) == 8
        assert (await counter.perform(COFFEE, "after")).status == "registered"
        assert len(sales(counter)) == 6
        found = await counter.perform(COFFEE, "sale-1")
        assert (found.status, found.fiscal_number) == ("registered", made[1].fiscal_number)


async def test_a_long_session_is_not_read_anew_for_every_document(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A night without the tax service has thousands of documents, and so have thousands of other registers."""
    async with open_counter(tmp_path, BY_ITSELF) as counter:
        await counter.perform(COFFEE, "a")
        counter.network.away = True
        read = counter.read.prro_session_documents
        with patch.object(counter.read, "prro_session_documents", side_effect=read) as all_of_them:
            for number in range(5):
                await counter.perform(COFFEE, f"b{number}")
                await trio.sleep(60)
            assert all_of_them.call_count == 0
            assert counter.state.waiting == 6
            counter.network.away = False
            await counter.until(lambda: counter.state.condition == "online")
            assert all_of_them.call_count > 0


async def test_sales_go_on_without_time_stamps(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Their authority is cut off first: nothing was made online, so nothing is owed or revoked."""
    async with open_counter(tmp_path, BY_ITSELF) as counter:
        await counter.perform(COFFEE, "before")
        counter.agent.stampless = counter.network.away = True
        made = await counter.perform(COFFEE, "sale")
        assert (made.status, made.local_number) == ("offline", 4)
        counter.agent.stampless = counter.network.away = False
        await counter.until(lambda: counter.state.condition == "online")
        assert len(sales(counter)) == 2


async def test_without_offline_mode_a_time_stamp_is_waited_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path, replace(MANUAL, offline=False)) as counter:
        await counter.perform(COFFEE, "before")
        counter.agent.stampless = True
        with pytest.raises(NotSigned, match="authority"):
            await counter.perform(COFFEE, "sale")
        counter.agent.stampless = False
        assert (await counter.perform(COFFEE, "sale")).status == "registered"


@pytest.mark.parametrize("lost", ["drop_after", "drop_before", "silent_after"])
async def test_a_lost_sale_made_again_counts_once(tmp_path: Path, lost: Step, autojump_clock: MockClock) -> None:
    """Whether or not the tax service had it: its number is filled, it is revoked, the offline one stands."""
    async with open_counter(tmp_path, BY_ITSELF) as counter:
        await counter.perform(OpenShift())
        counter.expect(lost, *["refuse"] * 2, commands=["refuse"] * 3)
        sale = await counter.perform(COFFEE, "a")
        assert (sale.status, sale.local_number) == ("offline", 4)
        counter.network.away = True
        await counter.perform(COFFEE, "b")
        assert b"<ORDERSCNT>2</ORDERSCNT>" in await counter.ref.ask(XReport())
        counter.network.away = False
        await counter.until(lambda: counter.state.condition == "online")
        register = counter.server.register(REGISTER)
        assert [register.is_revoked(entry) for entry in counter.registered()] == [False, True, *[False] * 4]
        assert len(sales(counter)) == 2
        by_number = {document.local_number: document for document in counter.documents()}
        assert (by_number[2].status, by_number[2].revoked) == ("replaced", 1)
        await counter.perform(CloseShift())
        draft = counter.documents()[-2]
        assert b"<SUM>90.00</SUM>" in draft.xml


async def test_without_making_again_the_lost_sale_is_owed(tmp_path: Path, autojump_clock: MockClock) -> None:
    """It stays unknown and keeps its key; its own bytes go out before the session."""
    settings = PrroSettings(tick=30.0, close_before=None, reissue=False)
    async with open_counter(tmp_path, settings) as counter:
        await counter.perform(OpenShift())
        counter.expect("drop_before", *["refuse"] * 2, commands=["refuse"] * 3)
        sale = await counter.perform(COFFEE, "a")
        assert (sale.status, sale.local_number) == ("owed", 2)
        counter.network.away = True
        assert (await counter.perform(COFFEE, "b")).status == "offline"
        counter.network.away = False
        await counter.until(lambda: counter.state.condition == "online")
        found = await counter.perform(COFFEE, "a")
        assert (found.status, found.signed) == ("registered", sale.signed)
        assert len(sales(counter)) == 2


async def test_a_lost_opening_is_owed(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Messages of shifts cannot be revoked: the opening counts, and arrives before the session."""
    async with open_counter(tmp_path, BY_ITSELF) as counter:
        await counter.perform(OpenShift())
        await counter.perform(CloseShift())
        counter.expect("drop_after", *["refuse"] * 2, commands=["refuse"] * 3)
        sale = await counter.perform(COFFEE, "a")
        assert sale.status == "offline"
        assert [document.status for document in counter.documents()[3:]] == ["owed", "offline", "offline"]
        await counter.until(lambda: counter.state.condition == "online")
        assert len(counter.registered()) == 7
        assert counter.state.shift_is_open


async def test_no_session_no_offline_work(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Before the first opening ever the register has no session: the caller is told, and nothing is made."""
    async with open_counter(tmp_path, BY_ITSELF) as counter:
        counter.network.away = True
        with pytest.raises(OutOfService):
            await counter.perform(COFFEE, "a")
        with pytest.raises(OutOfService):
            await counter.ref.ask(GoOffline(), timeout=60)
        assert counter.documents() == []
        counter.network.away = False
        assert (await counter.perform(COFFEE, "a")).status == "registered"


async def test_by_hand(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path, MANUAL) as counter:
        await counter.perform(COFFEE, "a")
        await counter.ref.ask(GoOffline(), timeout=60)
        await counter.ref.ask(GoOffline(), timeout=60)
        sale = await counter.perform(COFFEE, "b")
        await counter.perform(Storno(of=sale.fiscal_number or ""), "c")
        await counter.perform(CloseShift(), "d")
        await counter.perform(COFFEE, "e")
        assert [document.kind for document in counter.documents()[2:]] == [
            "offline_begin", "sale", "storno", "z_report", "close_shift", "open_shift", "sale"
        ]  # fmt: skip
        counter.network.away = True
        with pytest.raises(OutOfService):
            await counter.ref.ask(GoOnline(), timeout=60)
        counter.network.away = False
        await counter.ref.ask(GoOnline(), timeout=60)
        assert counter.state.condition == "online"
        assert len(counter.registered()) == 10


async def test_what_went_offline_by_hand_comes_back_by_hand(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Also over a restart; the next session, begun by itself, ends by itself again."""
    server = tax_service()
    async with open_counter(tmp_path, BY_ITSELF, server) as counter:
        await counter.perform(COFFEE, "a")
        await counter.ref.ask(GoOffline(), timeout=60)
        await trio.sleep(600)
        assert counter.state.condition == "offline"
    async with open_counter(tmp_path, BY_ITSELF, server) as counter:
        await trio.sleep(600)
        assert (await counter.perform(COFFEE, "b")).status == "offline"
        await counter.ref.ask(GoOnline(), timeout=60)
        counter.network.away = True
        assert (await counter.perform(COFFEE, "c")).status == "offline"
        counter.network.away = False
        await counter.until(lambda: counter.state.condition == "online")


@pytest.mark.parametrize("rollback", [True, False])
@pytest.mark.parametrize("steps", [["drop_after"], ["drop_before"], ["503"], ["silent_after"]])
async def test_a_lost_packet(tmp_path: Path, rollback: bool, steps: list[Step], autojump_clock: MockClock) -> None:
    """Nothing new is made until the session has arrived; then everything goes on."""
    server = tax_service(ServerRules(rollback=rollback))
    async with open_counter(tmp_path, MANUAL, server) as counter:
        await began(counter)
        await counter.perform(COFFEE, "a")
        counter.network.away = False
        counter.expect(*steps)
        with pytest.raises(OutOfService):
            await counter.ref.ask(GoOnline(), timeout=600)
        assert counter.row.offline_since is not None
        assert (await counter.perform(COFFEE, "b")).status == "registered"
        assert counter.state.condition == "online"
        assert len(counter.registered()) == 6


async def test_a_restart_offline(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Numbers and chain go on from the disk."""
    server = tax_service()
    async with open_counter(tmp_path, MANUAL, server) as counter:
        await began(counter)
        await counter.perform(COFFEE, "a")
    async with open_counter(tmp_path, MANUAL, server) as counter:
        counter.network.away = True
        await trio.sleep(60)
        assert (await counter.perform(COFFEE, "b")).local_number == 5
        counter.network.away = False
        await counter.ref.ask(GoOnline(), timeout=60)
        assert len(counter.registered()) == 6


async def test_hours_are_limited_and_warned_of(tmp_path: Path, autojump_clock: MockClock) -> None:
    limits = OfflineLimits(session=3600.0, month=5400.0, warn_ahead=600.0)
    settings = PrroSettings(tick=60.0, close_before=None, limits=limits)
    server = tax_service(ServerRules(limits=limits))
    async with open_counter(tmp_path, settings, server) as counter:
        await began(counter)
        await counter.perform(COFFEE, "a")
        states = [counter.state]
        await trio.sleep(3100)
        states.append(counter.state)
        assert [state.warning is None for state in states] == [True, False]
        assert 0 < (states[1].offline_left or 0) < 600
        await counter.perform(COFFEE, "b")
        await trio.sleep(600)
        with pytest.raises(OutOfService, match="session"):
            await counter.perform(COFFEE, "c")
        counter.network.away = False
        await counter.until(lambda: counter.state.condition == "online")
        counter.network.away = True
        await counter.perform(COFFEE, "d")
        await trio.sleep(2400)
        with pytest.raises(OutOfService, match="month"):
            await counter.perform(COFFEE, "e")


async def test_a_refused_session_waits_for_a_person(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The tax service forbids what we were sure of: nothing more is made until somebody has looked."""
    server = tax_service(ServerRules(limits=OfflineLimits(session=1.0)))
    async with open_counter(tmp_path, BY_ITSELF, server) as counter:
        await began(counter)
        await counter.perform(COFFEE, "a")
        await trio.sleep(5)
        await counter.perform(COFFEE, "b")
        counter.network.away = False
        await counter.until(lambda: counter.state.condition == "blocked")
        assert counter.state.reason is not None
        assert "refused" in counter.state.reason
        with pytest.raises(OutOfService, match="refused"):
            await counter.perform(COFFEE, "c")
        register = server.register(REGISTER)
        register._rules = ServerRules()
        await counter.ref.ask(Unblock(), timeout=60)
        await counter.until(lambda: counter.state.condition == "online")
        assert len(sales(counter)) == 3


async def test_an_agent_that_is_away_begins_no_session(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The lost sale stays what it is, unknown, and is settled before anything else is made."""
    async with open_counter(tmp_path, MANUAL) as counter:
        await counter.perform(OpenShift())
        counter.expect("drop_before", *["refuse"] * 2, commands=["refuse"] * 3)
        counter.agent.fails_at = counter.agent.signed + 5  # the sale, three questions about it, the beginning
        assert (await counter.perform(COFFEE, "a")).status == "stored"
        assert counter.state.condition == "settling"
        assert (await counter.perform(COFFEE, "b")).local_number == 3
        assert [document.status for document in counter.documents()] == ["registered"] * 3
        assert len(counter.registered()) == 3


async def test_an_agent_that_is_away_makes_nothing_offline(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with open_counter(tmp_path, MANUAL) as counter:
        await began(counter)
        await counter.perform(COFFEE, "a")
        counter.agent.away = True
        with pytest.raises(NotSigned):
            await counter.perform(COFFEE, "b")
        counter.agent.away = False
        assert (await counter.perform(COFFEE, "b")).local_number == 5
