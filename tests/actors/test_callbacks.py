"""Notices to integrators over a real store, on the virtual clock: at least once, in order, and never in a crowd."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from actors.callbacks import PAGE, Callbacks, CallbackSettings, signed_headers
from actors.runtime import ChildSpec, Supervisor
from kassanet.edge.intake import Intake
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.records import (
    AddIntegration,
    BecameManual,
    Cancel,
    CreateCircuit,
    Resolve,
    RetryCallback,
    Write,
)
from schemas.rows import StoredCallback
from tests.actors.kkt.rack import InlineJournal, InlineReader, wall
from tests.actors.receipts import receipt
from transports.webhook import Undelivered

KEY = "callback-key"
PLAN = CallbackSettings(parallel=8, first_wait=5.0, longest_wait=60.0, tries=4, poll=1.0, host_pause=10.0)


class Post:
    """Takes notices to hosts that behave as told: ``seconds`` to answer, and what goes wrong."""

    def __init__(self) -> None:
        self.arrived: list[tuple[float, str, dict[str, Any], Mapping[str, str]]] = []
        self.tried: list[tuple[float, str]] = []
        self.seconds: dict[str, float] = {}
        self.refusals: dict[str, list[Undelivered]] = {}
        self.under_way = 0
        self.most_under_way = 0
        self.closed = False

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.tried.append((trio.current_time(), url))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await trio.sleep(self.seconds.get(url, 0.1))
        finally:
            self.under_way -= 1
        if self.refusals.get(url):
            raise self.refusals[url].pop(0)
        self.arrived.append((trio.current_time(), url, json.loads(body), headers))

    async def aclose(self) -> None:
        self.closed = True

    def of(self, receipt_id: int) -> list[tuple[str, int]]:
        """What arrived of one receipt: status and revision."""
        return [(said["status"], said["revision"]) for _, _, said, _ in self.arrived if said["id"] == receipt_id]


class Shop:
    """A store with receipts that owe notices."""

    def __init__(self, folder: Path) -> None:
        opening = Opening(folder)
        self.store = SqliteStore.open(opening)
        self.read = SqliteReader(opening)
        self.post = Post()
        self.journal = InlineJournal(self.store)
        self.commit(CreateCircuit("7801234564", "Shop", None, 0.0))
        self.commit(AddIntegration(1, "api", None, None, b"{}", KEY, None, 0.0))

    def commit(self, *writes: Write[Any]) -> list[Any]:
        answers = self.store.commit(writes)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        return answers

    def sell(self, *numbers: int, url: str = "https://shop.example/done") -> list[int]:
        """Accepted receipts' ids."""
        said = [receipt(external_id=f"order-{number}", callback_url=url) for number in numbers]
        answers = self.commit(*[Intake(1, 1).record(msgspec.json.encode(each), wall()) for each in said])
        return [accepted.receipt_id for accepted in answers]

    def cancelled(self, *numbers: int, url: str = "https://shop.example/done") -> list[int]:
        """Receipts that owe one notice each."""
        ids = self.sell(*numbers, url=url)
        self.commit(*[Cancel(receipt_id, "no more", wall()) for receipt_id in ids])
        return ids

    def rows(self, receipt_id: int) -> list[StoredCallback]:
        return list(self.read.callbacks_of(receipt_id))

    @asynccontextmanager
    async def delivering(self, plan: CallbackSettings = PLAN) -> AsyncIterator[Supervisor]:
        root = Supervisor("root", children=(ChildSpec("journal", lambda: self.journal, capacity=4096),))
        async with trio.open_nursery() as nursery:
            await nursery.start(root.run)
            journal, reader = root.ref("journal"), InlineReader(self.read)
            await root.start_child(
                ChildSpec(
                    "callbacks", lambda: Callbacks(journal, reader, self.post, plan, clock=wall, random=Random(3))
                )
            )
            try:
                yield root
            finally:
                root.stop()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


async def test_a_notice_arrives_signed_and_is_then_owed_no_more(shop: Shop, autojump_clock: MockClock) -> None:
    async with shop.delivering():
        [receipt_id] = shop.cancelled(1)
        await trio.sleep(3)
    [(_, url, said, headers)] = shop.post.arrived
    assert url == "https://shop.example/done"
    assert (said["id"], said["status"], said["external_id"]) == (receipt_id, "cancelled", "order-1")
    [row] = shop.rows(receipt_id)
    assert row.delivered_at is not None
    signed = headers["X-Kassanet-Timestamp"].encode() + b"." + row.body
    expected = hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Kassanet-Signature"] == f"sha256={expected}"
    assert abs(int(headers["X-Kassanet-Timestamp"]) - wall()) < 10
    assert shop.post.closed


def test_without_a_key_nothing_is_signed() -> None:
    callback = StoredCallback(1, 1, 1, "https://shop.example/", b"{}", None, 0, 0.0, None, None)
    assert "X-Kassanet-Signature" not in signed_headers(callback, 1.0)


async def test_the_notices_of_a_receipt_keep_their_order(shop: Shop, autojump_clock: MockClock) -> None:
    url = "https://shop.example/slow"
    shop.post.refusals[url] = [Undelivered("answered 500")]
    async with shop.delivering():
        [receipt_id] = shop.sell(1, url=url)
        shop.commit(BecameManual(receipt_id, None, "look", None, wall()))
        shop.commit(Resolve(receipt_id, "cancelled", None, "seen", "token 1", wall() + 1))
        await trio.sleep(30)
    statuses = [status for status, _ in shop.post.of(receipt_id)]
    assert statuses == ["manual", "cancelled"]


async def test_failures_are_visible_and_tried_again_ever_later(shop: Shop, autojump_clock: MockClock) -> None:
    url = "https://shop.example/broken"
    shop.post.refusals[url] = [Undelivered("answered 500")] * 3
    async with shop.delivering():
        [receipt_id] = shop.cancelled(1, url=url)
        await trio.sleep(2)
        [row] = shop.rows(receipt_id)
        assert (row.tries, row.last_error, row.delivered_at) == (1, "answered 500", None)
        await trio.sleep(100)
    assert shop.post.of(receipt_id)
    times = [at for at, _ in shop.post.tried]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert len(waits) == 3
    for wait, plain in zip(waits, (5, 10, 20), strict=True):
        assert 0.8 * plain <= wait <= 1.2 * plain + 2 * PLAN.poll


async def test_after_the_last_try_a_person_decides(shop: Shop, autojump_clock: MockClock) -> None:
    url = "https://shop.example/gone"
    shop.post.refusals[url] = [Undelivered("answered 410")] * PLAN.tries
    async with shop.delivering() as root:
        [receipt_id] = shop.cancelled(1, url=url)
        await trio.sleep(500)
        [row] = shop.rows(receipt_id)
        assert (row.tries, row.next_at, row.delivered_at) == (PLAN.tries, None, None)
        assert len(shop.post.tried) == PLAN.tries
        shop.commit(RetryCallback(row.id, wall()))
        root.ref("callbacks").tell("look")
        await trio.sleep(0.5)
        assert shop.post.of(receipt_id) == [("cancelled", 2)]


async def test_a_full_disk_delays_the_record_not_the_truth(shop: Shop, autojump_clock: MockClock) -> None:
    async with shop.delivering():
        [receipt_id] = shop.cancelled(1)
        shop.journal.away = True
        await trio.sleep(10)
        assert len(shop.post.arrived) == 1
        shop.journal.away = False
        await trio.sleep(3)
    assert len(shop.post.arrived) == 1
    assert shop.rows(receipt_id)[0].delivered_at is not None


async def test_what_was_not_recorded_is_sent_again_after_a_crash(shop: Shop, autojump_clock: MockClock) -> None:
    async with shop.delivering():
        [receipt_id] = shop.cancelled(1)
        shop.journal.away = True
        await trio.sleep(3)
    shop.journal.away = False
    async with shop.delivering():
        await trio.sleep(3)
    assert shop.post.of(receipt_id) == [("cancelled", 2)] * 2


async def test_only_so_many_are_under_way_and_only_a_quarter_to_one_host(shop: Shop, autojump_clock: MockClock) -> None:
    shop.cancelled(*range(40))
    async with shop.delivering():
        await trio.sleep(0.05)
        assert shop.post.under_way == PLAN.parallel // 4
        for number in range(40, 80):
            shop.cancelled(number, url=f"https://shop{number}.example/")
        await trio.sleep(60)
    assert len(shop.post.arrived) == 80
    assert shop.post.most_under_way == PLAN.parallel


async def test_many_notices_do_not_wait_for_the_next_look(shop: Shop, autojump_clock: MockClock) -> None:
    shop.cancelled(*range(100))
    async with shop.delivering():
        await trio.sleep(0.1 * 100 / 2 + PLAN.poll + 0.5)
    assert len(shop.post.arrived) == 100


async def test_a_dead_host_with_a_long_queue_does_not_hold_up_the_living(shop: Shop, autojump_clock: MockClock) -> None:
    dead = "https://dead.example/done"
    shop.post.seconds[dead] = 10.0
    shop.post.refusals[dead] = [Undelivered("no answer within 10 s", unanswered=True)] * 10_000
    queue = shop.cancelled(*range(PAGE + 20), url=dead)
    async with shop.delivering():
        await trio.sleep(1)
        alive = shop.cancelled(*range(600, 610))
        began = trio.current_time()
        await trio.sleep(5)
        assert all(shop.post.of(receipt_id) for receipt_id in alive)
        assert max(at for at, *_ in shop.post.arrived) - began < 3
        await trio.sleep(40)
        assert len([url for _, url in shop.post.tried if url == dead]) < 30
        postponed = shop.rows(queue[-1])[0]
        assert postponed.tries >= 1
        assert "not tried" in (postponed.last_error or "")


async def test_a_slow_host_with_a_long_queue_does_not_hide_the_others(shop: Shop, autojump_clock: MockClock) -> None:
    slow = "https://slow.example/done"
    shop.post.seconds[slow] = 5.0
    shop.cancelled(*range(PAGE + 20), url=slow)
    async with shop.delivering():
        await trio.sleep(1)
        [receipt_id] = shop.cancelled(700)
        await trio.sleep(5)
        assert shop.post.of(receipt_id)


async def test_an_address_that_is_none_fails_alone(shop: Shop, autojump_clock: MockClock) -> None:
    strange = "http://[::1/done"
    shop.post.refusals[strange] = [Undelivered("not an address")] * 9
    async with shop.delivering() as root:
        shop.cancelled(1, url=strange)
        [receipt_id] = shop.cancelled(2)
        await trio.sleep(3)
        assert shop.post.of(receipt_id)
        shown = root.tree()
    assert "crash" not in str(shown).lower()
