"""A billing beside the farm, channels that pay without end, and the judgement over ledger and books."""

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import trio

from kassanet.sandbox.billing.players import Notice, OsmpPlayer, disordered
from kassanet.sandbox.billing.playing import Channel
from tests.crash.farm import INN, READY_SECONDS, Farm, end_process, kassanet
from tests.ports import free_ports

ACCOUNTS = 12
REFUSED_EVERY = 10
"""Each so many payments one is for an account that the billing does not have."""

TEMPLATE = {"tax_system": "usn_income", "items": [{"name": "Связь, л/с {account}", "vat": "none"}]}

CUTS: tuple[dict[str, object], ...] = (
    {"device": "*", "on": "pay", "p": 0.08, "do": "cut_reply", "at": 40},
    {"device": "*", "on": "pay", "p": 0.08, "do": "drop_reply", "seconds": 0.3},
    {"device": "*", "on": "pay", "p": 0.06, "do": "cut_request"},
    {"device": "*", "on": "pay", "p": 0.06, "do": "bad_crc"},
    {"device": "*", "on": "pay", "p": 0.05, "do": "delay", "seconds": 1.2},
    {"device": "*", "on": "pay", "p": 0.05, "do": "duplicate"},
    {"device": "*", "on": "pay", "p": 0.03, "do": "error:02"},
    {"device": "*", "on": "pay", "p": 0.03, "do": "power_cycle", "seconds": 0.3},
)
"""Faults around the billing's credit."""


@dataclass(frozen=True)
class PaymentVerdict:
    """``in_window`` counts faults after a credit and before its answer, and kills with a credit undecided."""

    payments: int
    credited: int
    refused: int
    documents: int
    kills: int
    faults: int
    in_window: int
    requests: int


class BillingProcess:
    """The simulated billing; what it credited stands in its ledger, whatever is done to it."""

    def __init__(self, folder: Path, faults: Sequence[Mapping[str, object]]) -> None:
        self.folder = folder / "billing"
        self.port = free_ports()
        self._plan = folder / "billing-faults.jsonl"
        self._plan.write_text("".join(json.dumps(line) + "\n" for line in faults))
        self._process: trio.Process | None = None

    async def start(self) -> None:
        words = ["sandbox", "billing", "--kind=osmp", f"--port={self.port}", f"--state={self.folder}"]
        command = [*kassanet(*words), f"--faults={self._plan}"]
        self._process = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        with trio.fail_after(READY_SECONDS):
            assert (await self._process.stdout.receive_some(4096)).startswith(b"ready")

    async def restart(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        await self.end()
        await self.start()

    async def end(self) -> None:
        await end_process(self._process)

    def ledger(self) -> list[dict[str, object]]:
        return _lines(self.folder / "billing-osmp.jsonl")

    def events(self) -> list[dict[str, object]]:
        return _lines(self.folder / "events-osmp.jsonl")


@asynccontextmanager
async def running_billing(folder: Path, faults: Sequence[Mapping[str, object]] = CUTS) -> AsyncIterator[BillingProcess]:
    billing = BillingProcess(folder, faults)
    try:
        await billing.start()
        yield billing
    finally:
        with trio.CancelScope(shield=True):
            await billing.end()


async def set_up(farm: Farm, billing: BillingProcess, policy: str) -> None:
    url = f"http://127.0.0.1:{billing.port}/"
    route = {"name": "all", "channel": "bank", "inn": INN, "billing": "main", "circuit": farm.circuit}
    parts: list[tuple[str, dict[str, object]]] = [
        ("channels", {"name": "bank", "kind": "osmp", "inn": INN, "open": True, "deadline": 1.0}),
        ("billings", {"name": "main", "kind": "osmp", "url": url, "timeout": 1.0}),
        ("routes", {**route, "receipt": TEMPLATE, "policy": policy}),
    ]
    async with farm.client() as client:
        for what, said in parts:
            answer = await client.post(f"/api/v1/{what}", json=said)
            assert answer.status_code == 201, answer.text


def bill(count: int, random: Random) -> list[Notice]:
    """Payments, each of a sum of its own so that its document is known among all."""
    return [
        Notice(
            str(number),
            "404404" if number % REFUSED_EVERY == 0 else str(100_000 + random.randrange(ACCOUNTS)),
            1000 + number,
        )
        for number in range(1, count + 1)
    ]


async def play_payments(
    farm: Farm,
    billing: BillingProcess,
    count: int,
    steps: list[Callable[[], Awaitable[None]]],
    *,
    fiscal_first: bool = False,
    seed: int = 1,
) -> PaymentVerdict:
    """Pay while things are killed, wait until everything is decided, and judge.

    ``fiscal_first``: payments were to be fiscalized before the billing is asked, so refused ones have documents too.
    """
    random = Random(seed)
    items = bill(count, random)
    channel = Channel(OsmpPlayer(), f"{farm.url}/channels/bank", at_once=10, longest_wait=0.5)
    undecided = 0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(channel.play, disordered(items, seed))
        for step in steps:
            await trio.sleep(random.uniform(0.2, 0.8))
            undecided += await _undecided(farm)
            await step()
    receipts = [notice.sum for notice in items if fiscal_first or notice.account != "404404"]
    await _until_fiscalized(farm, len(receipts))
    assert Counter(_documents(farm)) == Counter(receipts), "fiscalized once each"
    return await judge_payments(farm, billing, items, channel, undecided)


async def judge_payments(
    farm: Farm, billing: BillingProcess, items: list[Notice], channel: Channel, undecided: int
) -> PaymentVerdict:
    """Fails unless each payment was credited once, or refused and owed."""
    good = {notice.txn_id: notice for notice in items if notice.account != "404404"}
    ledger = billing.ledger()
    assert Counter(line["txn_id"] for line in ledger) == dict.fromkeys(good, 1), "credited once each"
    for line in ledger:
        notice = good[str(line["txn_id"])]
        assert (line["account"], line["sum"]) == (notice.account, notice.sum)
    documents = _documents(farm)
    refused = {notice.txn_id for notice in items} - set(good)
    assert {txn for txn, believes in channel.believed.items() if believes == "refused"} == refused
    assert {txn for txn, believes in channel.believed.items() if believes == "paid"} == set(good)
    assert await _owed(farm) == refused
    events = billing.events()
    in_window = sum(bool(event["in_window"]) for event in events)
    return PaymentVerdict(
        len(items),
        len(ledger),
        len(refused),
        len(documents),
        farm.kills,
        len(events),
        in_window + undecided,
        channel.sent,
    )


async def _undecided(farm: Farm) -> int:
    """1 when the kill that follows will meet a payment whose credit is not decided."""
    async with farm.client() as client:
        answer = await client.get("/api/v1/payments", params={"state": "open", "limit": "1"})
    return int(answer.status_code == 200 and bool(answer.json()["payments"]))


async def _owed(farm: Farm) -> set[str]:
    async with farm.client() as client:
        answer = await client.get("/api/v1/payments", params={"state": "give_back", "limit": "500"})
    return {row["txn_id"] for row in answer.json()["payments"]}


async def _until_fiscalized(farm: Farm, count: int) -> None:
    with trio.fail_after(300):
        while len(_documents(farm)) < count:  # noqa: ASYNC110 - another process writes them to files
            await trio.sleep(0.2)


def _documents(farm: Farm) -> list[int]:
    found = [line for file in farm.books.glob("fn-*.jsonl") for line in _lines(file)]
    return [int(str(line["total"])) for line in found if line["kind"] == "sell"]


def _lines(path: Path) -> list[dict[str, object]]:
    """Whole lines: the last may be on its way."""
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.splitlines()]
