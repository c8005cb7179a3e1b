"""What the registers' own books say of what the service claims."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trio

from tests.crash.farm import Farm

RECEIPT_KINDS = {"sell", "sell_refund", "buy", "buy_refund", "sell_correction", "buy_correction"}
FINAL = {"fiscalized", "refused", "cancelled", "manual"}


@dataclass(frozen=True)
class Verdict:
    """``faults`` counts what was injected, ``in_window`` what landed between a document and its answer."""

    receipts: int
    documents: int
    manual: int
    refused: int
    kills: int
    faults: int
    kills_in_window: int
    faults_in_window: int
    repeats: int

    def __str__(self) -> str:
        return (
            f"{self.receipts} receipts, {self.documents} documents, {self.manual} manual, {self.refused} refused; "
            f"{self.kills} kills ({self.kills_in_window} answers lost between document and answer), "
            f"{self.faults} faults ({self.faults_in_window} of them there), {self.repeats} repeated posts"
        )


async def settled_receipts(farm: Farm, count: int, patience: float) -> list[dict[str, Any]]:
    """All receipts, once each has ended; fails with those that have not."""
    async with farm.client() as client:
        with trio.move_on_after(patience):
            while True:
                receipts = await _all_receipts(farm, client)
                if len(receipts) >= count and all(each["status"] in FINAL for each in receipts):
                    return receipts
                await trio.sleep(0.2)
        open_ones = [each for each in await _all_receipts(farm, client) if each["status"] not in FINAL]
        states = [(each["eip"], each["condition"], each["reason"]) for each in (await client.get("/api/v1/kkt")).json()]
    raise AssertionError(f"not settled in {patience} s: {open_ones[:5]} (of {len(open_ones)}); registers: {states}")


async def _all_receipts(farm: Farm, client: httpx.AsyncClient) -> list[dict[str, Any]]:
    receipts: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await client.get(f"/api/v1/circuits/{farm.circuit}/receipts?limit=500{cursor}")
        page = answer.json()
        receipts += page["receipts"]
        if page["next_cursor"] is None:
            return receipts
        cursor = f"&cursor={page['next_cursor']}"


def judge(farm: Farm, receipts: list[dict[str, Any]], acknowledged: dict[str, int], repeats: int) -> Verdict:
    """One document for each receipt, one receipt for each document, no refusal without a reason."""
    documents = {(fn, line["fd"]): line for fn, line in _books(farm.books) if line["kind"] in RECEIPT_KINDS}
    known = {each["external_id"]: each["id"] for each in receipts}
    assert {key: known.get(key) for key in acknowledged} == acknowledged, "an acknowledged receipt is lost"
    made = [each for each in receipts if each["status"] == "fiscalized"]
    claims = Counter((each["fiscal"]["fn"], each["fiscal"]["fd"]) for each in made)
    assert not [claim for claim, times in claims.items() if times > 1], "one document answers two receipts"
    for each in made:
        document = documents.get((each["fiscal"]["fn"], each["fiscal"]["fd"]))
        assert document is not None, f"no such document: {each}"
        assert document["total"] == each["total"]
        assert document["fpd"] == each["fiscal"]["fpd"]
    manual = [each for each in receipts if each["status"] == "manual"]
    spare = [key for key in documents if key not in claims]
    assert all(any(_in_window(key, each) for each in manual) for key in spare), f"documents of nobody: {spare}"
    assert len(spare) <= len(manual), "more documents than receipts"
    assert all(each.get("reason") for each in receipts if each["status"] in ("refused", "manual"))
    return _verdict(farm, receipts, len(documents), repeats)


def _verdict(farm: Farm, receipts: list[dict[str, Any]], documents: int, repeats: int) -> Verdict:
    events = [json.loads(line) for line in _lines(farm.books / "events.jsonl")]
    faults = [event for event in events if event.get("event") == "fault"]
    lost = [event for event in events if event.get("event") != "fault"]
    statuses = Counter(each["status"] for each in receipts)
    return Verdict(
        receipts=len(receipts),
        documents=documents,
        manual=statuses["manual"],
        refused=statuses["refused"],
        kills=farm.kills,
        faults=len(faults),
        kills_in_window=sum(bool(event.get("in_window")) for event in lost),
        faults_in_window=sum(bool(event.get("in_window")) for event in faults),
        repeats=repeats,
    )


def _in_window(key: tuple[str, int], receipt: dict[str, Any]) -> bool:
    window = receipt.get("window")
    return window is not None and window["fn"] == key[0] and window["first"] <= key[1] <= window["last"]


def _books(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    return [
        (book.stem.removeprefix("fn-"), json.loads(line))
        for book in sorted(folder.glob("fn-*.jsonl"))
        for line in _lines(book)
    ]


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
