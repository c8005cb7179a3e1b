"""What the bank's ledger and the registers' books say of sales that the service tells about."""

import json
from collections import Counter as Tally
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.smartsale.bank.ledger import Ledger
from tests.crash.counter import Counter
from tests.crash.till import Tills
from tests.crash.verdict import RECEIPT_KINDS

if TYPE_CHECKING:
    from tests.crash.operator import Operator

NEITHER = ("refused", "failed", "aborted", "reversed")


@dataclass(frozen=True)
class CashVerdict:
    """``in_window`` counts what struck between the bank's approval and the cash side's ACK of the result.

    ``manual`` counts payments that a person decided, and sales that still wait for one.
    """

    sales: int
    done: int
    neither: int
    manual: int
    kills: int
    faults: int
    in_window: int
    aborts: int

    def __str__(self) -> str:
        return (
            f"{self.sales} sales: {self.done} charged with one document, {self.neither} neither, {self.manual} manual; "
            f"{self.kills} kills of service, terminals and host, {self.faults} faults, "
            f"{self.in_window} results lost between approval and ACK, {self.aborts} taken back by the till"
        )


async def judged(counter: Counter, tills: Tills, operator: "Operator", patience: float) -> CashVerdict:
    """Once bank, registers and service agree; fails with what they disagree about when that takes too long."""
    differences: list[str] = ["not looked yet"]
    with trio.move_on_after(patience):
        while differences := disagreements(counter, tills):  # noqa: ASYNC110 - other processes write to files
            await trio.sleep(0.5)
    assert not differences, "\n".join(differences[:20])
    statuses = Tally(tills.sales.values())
    done, neither = statuses["done"], sum(statuses[each] for each in NEITHER)
    events = [
        json.loads(line) for name in ("events.jsonl", "events-host.jsonl") for line in _lines(counter.cash / name)
    ]
    return CashVerdict(
        sales=len(tills.sales),
        done=done,
        neither=neither,
        manual=len(tills.sales) - done - neither + operator.decided,
        kills=counter.kills + counter.terminal_kills + counter.host_kills,
        faults=sum(event["event"] == "fault" for event in events),
        in_window=sum(bool(event["in_window"]) for event in events),
        aborts=tills.aborts,
    )


def disagreements(counter: Counter, tills: Tills) -> list[str]:
    """Sales of which the bank or the registers tell otherwise than the service."""
    charged, documents = charges(counter.cash / "host.jsonl"), made(counter.books)
    found = []
    for sale_id, price in tills.prices.items():
        status = tills.sales.get(sale_id, "never told")
        truth = (charged.get(price, 0), documents.get(price, 0))
        right = {"done": (price, 1)} | dict.fromkeys(NEITHER, (0, 0))
        if status in right and truth != right[status]:
            found.append(f"sale {sale_id} of {price} is {status}: charged {truth[0]}, {truth[1]} documents")
        if truth[1] > 1 or truth[0] not in (0, price):
            found.append(f"sale {sale_id} of {price}: charged {truth[0]}, {truth[1]} documents")
    strangers = (charged.keys() | documents.keys()) - set(tills.prices.values())
    return found + [f"{price} belongs to no sale" for price in strangers if charged.get(price) or documents.get(price)]


def charges(host: Path) -> dict[int, int]:
    """Kopecks that the bank has taken in the end, by the amount of the payment."""
    lines = MemoryLines()
    for line in _lines(host):
        lines.append(line.encode())
    taken: Tally[int] = Tally()
    for entry in Ledger(lines).entries.values():
        if entry.original is None:
            taken[entry.line.amount] += entry.left * entry.side
    return dict(taken)


def made(books: Path) -> dict[int, int]:
    """Receipts in the fiscal storages, by their total."""
    totals: Tally[int] = Tally()
    for book in sorted(books.glob("fn-*.jsonl")):
        for line in map(json.loads, _lines(book)):
            totals[line["total"]] += line["kind"] in RECEIPT_KINDS
    return dict(totals)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
