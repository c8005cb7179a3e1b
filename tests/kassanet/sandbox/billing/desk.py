"""A billing on a port and a client that asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import trio

from kassanet.sandbox.billing.books import Events, Ledger
from kassanet.sandbox.billing.command_line import SECRET, dialect
from kassanet.sandbox.billing.rules import Billing
from kassanet.sandbox.billing.server import BillingServer
from kassanet.sandbox.books import MemoryLines
from kassanet.sandbox.faults import FaultPlan, Line
from schemas.payments import Pay
from transports.channels.billings.client import BillingClient
from transports.channels.billings.osmp import OsmpBilling, OsmpBillingSettings
from transports.channels.billings.plain_json import JsonBilling, JsonBillingSettings
from transports.channels.billings.sberbank import SberbankBilling
from transports.channels.billings.verdict import BillingDialect

KINDS = ["osmp", "sberbank", "json"]
NOW = 1_795_000_000.0


def payment(txn_id: str = "77", account: str = "100500", amount: int = 20050) -> Pay:
    return Pay(txn_id, account, amount, datetime(2026, 11, 22, 18))


def ours(kind: str, secret: str = SECRET) -> BillingDialect:
    if kind == "json":
        return JsonBilling(JsonBillingSettings(secret=secret))
    return OsmpBilling(OsmpBillingSettings(cancels=True)) if kind == "osmp" else SberbankBilling()


class Desk:
    """What a test touches: the client, the ledger, the list of faults that happened."""

    def __init__(self, client: BillingClient, server: BillingServer, events: MemoryLines, port: int) -> None:
        self.client = client
        self.server = server
        self.events = events
        self.port = port

    @property
    def credited(self) -> list[tuple[str, str, int]]:
        return [(line.txn_id, line.account, line.sum) for line in self.server.billing.ledger.read()]


@asynccontextmanager
async def open_desk(
    kind: str, *plan: Line, password: str | None = None, secret: str = SECRET, timeout: float = 60.0
) -> AsyncIterator[Desk]:
    events = MemoryLines()
    faults = FaultPlan(plan).for_device("b")
    server = BillingServer(
        "b", Billing(Ledger()), dialect(kind), faults=faults, events=Events(events), password=password
    )
    async with trio.open_nursery() as nursery:
        port = await nursery.start(server.serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{port}/pay?agent=5"
        client = BillingClient(url, ours(kind, secret), timeout=timeout, password=password)
        yield Desk(client, server, events, port)
        await client.aclose()
        nursery.cancel_scope.cancel()
