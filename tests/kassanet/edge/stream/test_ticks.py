"""What subscribers are told and when, on a virtual clock."""

import pytest
import trio
from trio.testing import MockClock

from actors.journal import StoreUnavailable
from kassanet.edge.stream import broadcast as broadcast_module
from kassanet.edge.stream import outbox as outbox_module
from kassanet.edge.stream.broadcast import TICK
from schemas.moved import ReceiptMoved
from schemas.rows import StoredReceipt
from tests.kassanet.edge.stream.memory import INN, hall, told


def receipt(number: int, circuit: int = 1, revision: int = 1) -> tuple[str, ReceiptMoved]:
    moved = ReceiptMoved(number, circuit, f"order-{number}", "queued", revision, "sell", 100, 0.0)
    return str(number), moved


def stored(number: int) -> StoredReceipt:
    return StoredReceipt(
        number, 1, None, f"order-{number}", "queued", 1, "sell", 100, b"", 0.0, 0.0, b"", None, None, None, None
    )


async def test_a_snapshot_then_what_changes_once_a_tick(autojump_clock: MockClock) -> None:
    async with hall() as built:
        token = built.tokens.add("viewer")
        built.publish("a", 1)
        client = built.connect()
        snapshot = await client.enter(token, "kkt")
        assert snapshot["type"] == "snapshot"
        assert told(snapshot) == {"kkt/a": 1}
        began = trio.current_time()
        for value in range(10):
            built.publish("a", value)
            built.publish("b", value)
            await trio.sleep(TICK / 20)
        seen = [await client.hear("delta")]
        while told(seen[-1]) != {"kkt/a": 9, "kkt/b": 9}:
            seen.append(await client.hear("delta"))
        assert len(seen) <= 2
        assert trio.current_time() - began <= 2 * TICK
        assert seen[-1]["rev"] == f"{built.hub.epoch}-{built.hub.number}"
        built.hub.forget("kkt", "a")
        assert told(await client.hear("delta")) == {"kkt/a": None}


async def test_frames_are_built_once_for_each_distinct_subscription(autojump_clock: MockClock) -> None:
    async with hall() as built:
        whole, one, same = built.tokens.add("viewer"), built.tokens.add("viewer", INN), built.tokens.add("admin")
        built.publish("a", 1, circuit=1)
        clients = [built.connect() for _ in range(3)]
        for client, token in zip(clients, (whole, one, same), strict=True):
            await client.enter(token, "kkt")
        await trio.sleep(TICK)
        built.publish("a", 2, circuit=1)
        built.publish("z", 2, circuit=2)
        deltas = [await client.hear("delta") for client in clients]
        assert [told(delta) for delta in deltas] == [
            {"kkt/a": 2, "kkt/z": 2},
            {"kkt/a": 2},
            {"kkt/a": 2, "kkt/z": 2},
        ]
        assert clients[0].sent[-1] is clients[2].sent[-1]
        assert clients[0].sent[-1].wire is clients[2].sent[-1].wire
        assert clients[0].sent[-1] is not clients[1].sent[-1]


async def test_who_comes_back_with_a_rev_gets_what_was_missed(autojump_clock: MockClock) -> None:
    async with hall() as built:
        token = built.tokens.add("viewer")
        built.publish("a", 1)
        first = built.connect()
        rev = (await first.enter(token, "kkt"))["rev"]
        first.leave()
        built.publish("b", 2)
        back = await built.connect().enter(token, "kkt", since=rev)
        assert back["type"] == "delta"
        assert told(back) == {"kkt/b": 2}
        again = await built.connect().enter(token, "kkt", since=back["rev"])
        assert (again["type"], again["changes"]) == ("delta", [])


@pytest.mark.parametrize("since", ["0-0", "ffffffff-1", "{epoch}-99"])
async def test_an_unknown_rev_gets_a_snapshot(since: str, autojump_clock: MockClock) -> None:
    async with hall() as built:
        token = built.tokens.add("viewer")
        built.publish("a", 1)
        answer = await built.connect().enter(token, "kkt", since=since.format(epoch=built.hub.epoch))
        assert answer["type"] == "snapshot"


async def test_a_new_epoch_brings_everyone_a_snapshot(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("viewer"), "kkt")
        built.hub.renew()
        built.publish("a", 1)
        snapshot = await client.hear("snapshot")
        assert snapshot["rev"].startswith(built.hub.epoch)
        assert told(snapshot) == {"kkt/a": 1}
        built.publish("a", 2)
        assert told(await client.hear("delta")) == {"kkt/a": 2}


async def test_receipts_come_from_the_store_and_then_as_they_move(autojump_clock: MockClock) -> None:
    async with hall() as built:
        built.reader.rows = [stored(1), stored(2)]
        built.reader.meanwhile = lambda: built.hub.passed("receipts:1", [receipt(3)], 1)
        client = built.connect()
        snapshot = await client.enter(built.tokens.add("viewer"), "receipts:1")
        assert [change["key"] for change in snapshot["changes"]] == ["1", "2"]
        built.reader.meanwhile = lambda: None
        delta = await client.hear("delta")
        assert [change["key"] for change in delta["changes"]] == ["3"]  # accepted while the store was read
        built.hub.passed("receipts:2", [receipt(4, 2)], 2)
        built.hub.passed("receipts:1", [receipt(1, revision=2)], 1)
        delta = await client.hear("delta")
        assert [(change["key"], change["state"]["revision"]) for change in delta["changes"]] == [("1", 2)]


async def test_a_flood_of_receipts_ends_in_a_snapshot(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("viewer"), "receipts:1")
        await trio.sleep(1)
        built.hub.passed("receipts:1", [receipt(number) for number in range(5000)], 1)
        built.reader.rows = [stored(number) for number in range(5000)]
        snapshot = await client.hear("snapshot")
        assert len(snapshot["changes"]) == broadcast_module.LATEST
        assert snapshot["changes"][-1]["key"] == "4999"


async def test_a_store_that_is_away_is_told_and_may_be_asked_again(autojump_clock: MockClock) -> None:
    async with hall() as built:
        built.reader.trouble = StoreUnavailable("the disk is full")
        client = built.connect()
        failed = await client.enter(built.tokens.add("viewer"), "receipts:1")
        assert (failed["type"], failed["problem"]["status"], failed["op"]) == ("error", 503, "subscribe")
        built.reader.trouble = None
        await client.say({"op": "subscribe", "topics": ["receipts:1"]})
        assert (await client.hear())["type"] == "snapshot"


async def test_receipts_are_followed_for_a_while_after_the_last_watcher(autojump_clock: MockClock) -> None:
    async with hall() as built:
        token = built.tokens.add("viewer")
        client = built.connect()
        rev = (await client.enter(token, "receipts:1"))["rev"]
        client.leave()
        await trio.sleep(10)
        built.hub.passed("receipts:1", [receipt(7)], 1)
        back = built.connect()
        delta = await back.enter(token, "receipts:1", since=rev)
        assert (delta["type"], [change["key"] for change in delta["changes"]]) == ("delta", ["7"])
        back.leave()
        await trio.sleep(100)
        built.hub.passed("receipts:1", [receipt(8)], 1)
        assert (await built.connect().enter(token, "receipts:1", since=delta["rev"]))["type"] == "snapshot"


async def test_who_does_not_keep_up_is_told_and_closed_and_slows_nobody(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "BYTES", 50_000)
    async with hall() as built:
        token = built.tokens.add("viewer")
        slow, stuck, quick = built.connect(), built.connect(), built.connect()
        for client in (slow, stuck, quick):
            await client.enter(token, "kkt")
        slow.stuck = stuck.stuck = True
        for value in range(10):
            built.publish("a", value, filling="x" * 20_000)
            delta = await quick.hear("delta")
            assert told(delta) == {"kkt/a": value}
            await trio.sleep(0.1)
        assert built.stream.lag >= 1
        slow.stuck = False
        slow.abort()  # its write goes on; the memory socket knows no other way
        await trio.sleep(15)
        assert stuck.aborted
        assert (built.stream.clients, built.stream.lagged, built.stream.lag) == (1, 2, 0)
        assert sum(built.stream.lags.counts) >= 10
        assert quick.closed is None


async def test_a_lagging_client_that_reads_again_finds_lagged_and_4408(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "FRAMES", 4)
    async with hall() as built:
        client = built.connect()
        await client.enter(built.tokens.add("viewer"), "kkt")
        await trio.sleep(1)
        for value in range(6):  # a burst that comes while its writer is not scheduled
            session = next(iter(built.stream._sessions))
            built.publish("a", value)
            built.stream.broadcast._tick()
            assert session.outbox is not None
        assert (await client.hear("lagged")) == {"type": "lagged"}
        await trio.sleep(0.1)
        assert client.closed == (4408, "did not keep up")


async def test_ticks_come_more_seldom_under_load_and_recover(autojump_clock: MockClock) -> None:
    async with hall() as built:
        built.stream.broadcast._adapt(0.6)
        assert built.stream.broadcast.interval == pytest.approx(0.6 * broadcast_module.SHARE)
        built.stream.broadcast._adapt(9.0)
        assert built.stream.broadcast.interval == broadcast_module.LONGEST_TICK
        for _ in range(50):
            built.stream.broadcast._adapt(0.0)
        assert built.stream.broadcast.interval == pytest.approx(TICK, rel=0.01)


async def test_the_tree_of_actors_is_shown_while_it_is_watched(autojump_clock: MockClock) -> None:
    async with hall() as built:
        client = built.connect()
        snapshot = await client.enter(built.tokens.add("operator"), "actors")
        assert [change["key"] for change in snapshot["changes"]] == ["root"]
