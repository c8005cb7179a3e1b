"""A provider between its payment channels, billings and registers: what ``kassanet demo --scheme`` does over HTTP.

Channels, billings and routes are made as an administrator makes them. Then everybody pays, each channel in its own
dialect and with its own bad habits, and every payment that has ended is one line on the terminal, as the live stream
tells it.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import httpx
import structlog
import trio

from kassanet.client import Kassanet
from kassanet.demo_schemes import Scheme, billing_said, channel_said, route_said
from kassanet.demo_shop import Shop
from kassanet.sandbox.billing.acquirer import Acquirer, AcquirerServer
from kassanet.sandbox.billing.acquirer import Shop as AcquirersShop
from kassanet.sandbox.billing.channel_command import SECRET, player_of
from kassanet.sandbox.billing.players import Notice, endless
from kassanet.sandbox.billing.playing import Channel
from kassanet.sandbox.billing.statements import statement

ENDS = frozenset({"done", "give_back", "cancelled", "stuck", "manual", "not_fiscalized"})
REFUSED = 0.04
"""Of the payments: the billing does not know the account, and the money is to be given back."""

REFUNDED, CORRECTED = 0.06, 0.02
STATEMENT_EVERY = 20.0
STATEMENT_LINES = 6

log = structlog.get_logger(__name__)


class Provider:
    """``circuits`` by INN; ``rate`` is payments a second over all channels; ``folder`` is where statements are put."""

    def __init__(
        self, shop: Shop, url: str, token: str, scheme: Scheme, circuits: Mapping[str, int], rate: float, folder: Path
    ) -> None:
        self._shop = shop
        self._url = url
        self._token = token
        self._scheme = scheme
        self._circuits = circuits
        self._rate = rate
        self._folder = folder
        self._random = Random(3)
        self._first = int(time.time()) * 1000
        self._told: dict[str, str] = {}

    async def build(self, billings: Mapping[str, int], api: str) -> None:
        """Make or renew every part; ``billings`` are ports by name, ``api`` is YooKassa's address."""
        for name, kind in self._scheme.billings.items():
            await self._put("billings", billing_said(name, kind, billings[name]))
        for channel in self._scheme.channels:
            await self._put("channels", channel_said(channel, api))
        inns = {channel.name: channel.inn for channel in self._scheme.channels}
        for route in self._scheme.routes:
            inn = inns[route.channel]
            await self._put("routes", route_said(route, inn, self._circuits[inn]))

    async def serve(self, api_port: int) -> None:
        """Let everybody pay, for ever."""
        acquirer = Acquirer(AcquirersShop())
        async with trio.open_nursery() as nursery:
            await nursery.start(AcquirerServer(acquirer).serve, "127.0.0.1", api_port)
            await nursery.start(self._tell)
            share = self._rate / max(1, len(self._scheme.channels))
            for place, channel in enumerate(self._scheme.channels):
                if channel.kind == "file":
                    nursery.start_soon(self._put_statements)
                elif channel.kind == "api":
                    nursery.start_soon(self._post, channel.name, share, place)
                elif share:
                    player = player_of(channel.kind, SECRET, acquirer)
                    url = f"{self._url}/channels/{channel.name}"
                    playing = Channel(player, url, habits=channel.habits, seed=place)
                    nursery.start_soon(playing.play, self._notices(place), share)

    async def _put(self, kind: str, said: dict[str, Any]) -> None:
        known = await self._shop.ask("GET", f"/api/v1/{kind}")
        if said["name"] in {part["name"] for part in known}:
            await self._shop.ask("PUT", f"/api/v1/{kind}/{said['name']}", said)
        else:
            await self._shop.ask("POST", f"/api/v1/{kind}", said)

    def _notices(self, place: int) -> Iterator[Notice]:
        """The same number is the same payment, whoever it is of."""
        for notice in endless(self._first + 10**8 * place, place):
            unknown = Random(notice.txn_id).random() < REFUSED
            yield Notice(notice.txn_id, f"404{notice.account[3:]}" if unknown else notice.account, notice.sum)

    # -- a billing that tells -------------------------------------------------------------------------------------

    async def _post(self, channel: str, rate: float, place: int) -> None:
        """Repeats are told too; now and then a payment is given back, or corrected."""
        if not rate:
            return
        for notice in self._notices(place):
            await trio.sleep(self._random.expovariate(rate))
            said = {"channel": channel, "txn_id": notice.txn_id, "account": notice.account, "sum": notice.sum}
            try:
                made = await self._shop.ask("POST", "/api/v1/payments", said)
                await self._follow(made)
            except (httpx.HTTPError, RuntimeError) as error:
                log.warning("demo_payment_not_told", channel=channel, reason=str(error))

    async def _follow(self, made: dict[str, Any]) -> None:
        chance = self._random.random()
        kind = "refund" if chance < REFUNDED else "correction" if chance > 1 - CORRECTED else None
        if kind is not None:
            path = f"/api/v1/payments/{made['id']}/{kind}"
            await self._shop.ask("POST", path, {"txn_id": f"{kind}-{made['txn_id']}"}, fine=(200, 202, 409))

    # -- a bank's files -------------------------------------------------------------------------------------------

    async def _put_statements(self) -> None:
        """Each under its own name; what is being written is left alone by who watches the folder."""
        for number in range(10**6):
            content = b"".join(statement(STATEMENT_LINES, self._first + number))
            name = self._folder / f"statement-{self._first + number}.txt"
            await trio.to_thread.run_sync(_put_file, name, content)
            await trio.sleep(STATEMENT_EVERY)

    # -- what is told ---------------------------------------------------------------------------------------------

    async def _tell(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """A line for each payment that has ended; those of an earlier run have been told."""
        async with Kassanet(self._url, self._token) as kassanet, kassanet.follow("payments") as messages:
            first = True
            async for message in messages:
                for change in message.changes:
                    ended = change.state is not None and change.state["status"] in ENDS
                    if ended and self._told.get(change.key) != change.state["status"]:
                        self._told[change.key] = change.state["status"]
                        if not first:
                            print(f"  {await self._line(change.state)}", flush=True)
                if first:
                    task_status.started()
                first = False

    async def _line(self, payment: dict[str, Any]) -> str:
        """Channel, account, sum, how it ended, what the billing said, the document."""
        words = [f"{payment['channel']:<13}", f"л/с {payment['account']:<8}", f"{payment['sum'] / 100:>9.2f} RUB"]
        words.append(f"{payment['status'] if payment['kind'] == 'pay' else payment['kind']:<14}")
        if payment.get("billing"):
            words.append(f"{payment['billing']}: {payment.get('answer') or '-'}")
        if payment.get("receipt_id"):
            receipt = await self._shop.ask("GET", f"/api/v1/receipts/{payment['receipt_id']}")
            fiscal = receipt.get("fiscal")
            words.append(f"ФД {fiscal['fd']} ФН {fiscal['fn']}" if fiscal else str(receipt.get("reason") or ""))
        return "  ".join(words)


def _put_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
