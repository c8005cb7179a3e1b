"""The person whom undecided payments wait for: looks into the bank's ledger and says what stands there."""

from typing import Any

import httpx
import trio

from tests.crash.cash import charges
from tests.crash.counter import Counter

SURE = 4.0
"""Seconds that an operation must have waited: by then a terminal has reversed what it will reverse by itself."""


class Operator:
    """``decided`` counts verdicts; a run with many of them is no good run."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._seen: dict[int, float] = {}
        self.decided = 0

    async def watch(self) -> None:
        """For ever."""
        async with self._counter.client() as client:
            while True:
                for pinpad in self._counter.pinpads:
                    try:
                        await self._look(client, f"/api/v1/pinpads/{pinpad}/operations")
                    except httpx.HTTPError:
                        continue  # the service is being killed again
                await trio.sleep(0.5)

    async def _look(self, client: httpx.AsyncClient, path: str) -> None:
        answer = await client.get(path, params={"status": "manual"})
        for operation in answer.json()["operations"] if answer.status_code == 200 else []:
            since = self._seen.setdefault(operation["id"], trio.current_time())
            if operation["kind"] == "payment" and trio.current_time() > since + SURE:
                await self._decide(client, f"{path}/{operation['id']}/resolve", operation)

    async def _decide(self, client: httpx.AsyncClient, path: str, operation: dict[str, Any]) -> None:
        stands = charges(self._counter.cash / "host.jsonl").get(operation["amount"], 0)
        said = {"verdict": "approved" if stands else "refused", "reason": "as the bank's ledger says"}
        if (await client.post(path, json=said)).status_code == 200:
            self.decided += 1
