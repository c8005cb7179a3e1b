"""The tax service's books against what the service told its tills."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import trio

from tests.crash.archive import Archive, archives
from tests.crash.bureau import Bureau
from tests.crash.stalls import OTHER_TRIES, Stalls

SETTLED = ("registered", "refused")


@dataclass(frozen=True)
class TaxVerdict:
    """``in_window`` counts answers that were lost after a document was registered and before its sender had it."""

    sales: int
    refused: int
    documents: int
    revoked: int
    sessions: int
    kills: int
    cuts: int
    in_window: int
    repeats: int

    def __str__(self) -> str:
        return (
            f"{self.sales} sales ({self.refused} refused), {self.documents} documents, {self.sessions} offline "
            f"sessions, {self.revoked} revoked in them; {self.kills} kills of service, agent and tax service, "
            f"{self.cuts} cuts, {self.in_window} answers lost between registering and answer, "
            f"{self.repeats} repeated operations"
        )


async def judged(bureau: Bureau, stalls: Stalls, patience: float) -> TaxVerdict:
    """Once nothing waits any more: one document for each sale that was not refused, none for any other."""
    async with bureau.client() as client:
        await _until_nothing_waits(bureau, client, patience)
        statuses = await _statuses(bureau, stalls, client)
    await bureau.service.end()
    found = archives(bureau.books)
    refused = {key for key, status in statuses.items() if status == "refused"}
    expected = Counter(price for key, price in stalls.prices.items() if key not in refused)
    booked = Counter(total for archive in found for total in archive.sales())
    assert booked == expected, f"too many: {booked - expected}, too few: {expected - booked}"
    return _verdict(bureau, stalls, found, len(refused))


async def _until_nothing_waits(bureau: Bureau, client: httpx.AsyncClient, patience: float) -> None:
    shown: list[dict[str, Any]] = []
    with trio.move_on_after(patience):
        while True:
            try:
                shown = (await client.get("/api/v1/prro")).json()
            except OTHER_TRIES:
                shown = []
            if shown and all(each["state"]["condition"] == "online" for each in shown):
                return
            await trio.sleep(0.2)
    raise AssertionError(f"not settled in {patience} s: {[each['state'] for each in shown]}")


async def _statuses(bureau: Bureau, stalls: Stalls, client: httpx.AsyncClient) -> dict[str, str]:
    """What each operation has become in the end: the document that its till was told, and settled."""
    found = {}
    for key, (register, document) in stalls.answered.items():
        answer = await client.get(f"/api/v1/prro/{register}/documents", params={"external_id": key})
        [shown] = answer.json()["documents"]
        assert shown["id"] == document, f"{key} was told as {document}, and is {shown}"
        assert shown["status"] in SETTLED, f"{key} is {shown}"
        found[key] = shown["status"]
    assert stalls.prices.keys() <= found.keys(), "an operation was never answered"
    return found


def _verdict(bureau: Bureau, stalls: Stalls, found: list[Archive], refused: int) -> TaxVerdict:
    events = bureau.events()
    return TaxVerdict(
        sales=len(stalls.prices),
        refused=refused,
        documents=sum(len(archive.lines) for archive in found),
        revoked=sum(len(archive.revoked) for archive in found),
        sessions=sum(archive.sessions for archive in found),
        kills=sum(process.kills for process in bureau.processes),
        cuts=bureau.wire.cuts + sum(event["event"] == "fault" for event in events),
        in_window=sum(bool(event["in_window"]) for event in events),
        repeats=stalls.repeats,
    )
