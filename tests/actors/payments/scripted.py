"""A billing that answers as it is told, and the actor that asks it, over a real store on the virtual clock."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import trio

from actors.payments import Billing, BillingDesk, BillingSettings, Look, Outcomes
from actors.runtime import ChildSpec, Ref, Supervisor
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.payment_records import AcceptPayment, StoredPayment
from schemas.payments import BillingAnswer, CancelPayment, CheckAccount, Pay
from schemas.records import CreateCircuit, Write
from tests.actors.kkt.rack import InlineJournal, InlineReader, wall

OK = BillingAnswer("ok", "ok", "0", "OK", "42")
GONE = BillingAnswer("unknown", "not_finished", "", "no answer")
UNREACHED = BillingAnswer("temporary", "temporary", "", "not reached")
LATER = BillingAnswer("temporary", "temporary", "1", "repeat later")
NOBODY = BillingAnswer("refused", "no_account", "5", "no account")


class ScriptedClient:
    """``script`` by number of the payment; what is not in it is credited. ``seconds`` is what an answer takes."""

    def __init__(self) -> None:
        self.script: dict[str, deque[BillingAnswer]] = {}
        self.asked: list[tuple[float, Pay]] = []
        self.seconds = 0.1
        self.away = False
        self.under_way: list[str] = []
        self.most_under_way = 0
        self.overlapped = False

    async def pay(self, request: Pay, now: float) -> BillingAnswer:
        self.asked.append((trio.current_time(), request))
        self.overlapped |= request.account in self.under_way
        self.under_way.append(request.account)
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        try:
            await trio.sleep(self.seconds)
        finally:
            self.under_way.remove(request.account)
        if self.away:
            return UNREACHED
        answers = self.script.get(request.txn_id)
        return answers.popleft() if answers else OK

    async def check(self, request: CheckAccount, now: float) -> BillingAnswer:
        await trio.sleep(self.seconds)
        return UNREACHED if self.away else OK

    async def cancel(self, request: CancelPayment, now: float) -> BillingAnswer:
        raise NotImplementedError

    def numbered(self, txn_id: str) -> bool:
        return True

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()

    def times(self, txn_id: str) -> list[float]:
        return [round(at, 1) for at, request in self.asked if request.txn_id == txn_id]


class Office:
    """A store with payments, and the actor where :meth:`working` runs it."""

    def __init__(self, folder: Path) -> None:
        opening = Opening(folder)
        self.store = SqliteStore.open(opening)
        self.read = SqliteReader(opening)
        self.journal = InlineJournal(self.store)
        self.client = ScriptedClient()
        self.outcomes = Outcomes()
        self.rung: list[int] = []
        self.desk: BillingDesk | None = None
        self.ref: Ref | None = None
        self.commit(CreateCircuit("7801234564", "Shop", None, 0.0))

    def commit(self, *writes: Write[Any]) -> list[Any]:
        answers = self.store.commit(writes)
        assert not [answer for answer in answers if isinstance(answer, Exception)], answers
        return answers

    def paid(self, number: int, account: str = "100500") -> int:
        """A payment to be credited; its id."""
        body = msgspec.json.encode(Pay(str(number), account, 1000))
        write = AcceptPayment(
            "pay", "bank", str(number), None, "7801234564", account, 1000, None, None, "all", "credit_only", "main",
            str(number), None, None, body, wall(),
        )  # fmt: skip
        (accepted,) = self.commit(write)
        return int(accepted.payment.id)

    def row(self, payment_id: int) -> StoredPayment:
        found = self.read.payment(payment_id)
        assert found is not None
        return found

    @asynccontextmanager
    async def working(self, **changes: Any) -> AsyncIterator[Supervisor]:  # noqa: ANN401 - settings
        zone = timezone(timedelta(hours=3))
        settings = msgspec.structs.replace(BillingSettings(zone=zone, parallel=4), **changes)
        root = Supervisor("root", children=(ChildSpec("journal", lambda: self.journal, capacity=4096),))
        async with trio.open_nursery() as nursery:
            await nursery.start(root.run)
            self.desk = desk = self.desk or BillingDesk("main", self.client, wall, Random(1))
            reader = InlineReader(self.read)

            def make() -> Billing:
                journal, random = root.ref("journal"), Random(1)
                return Billing(
                    desk, journal, reader, self.outcomes, self.rung.append, settings, clock=wall, random=random
                )

            self.ref = await root.start_child(ChildSpec("billing/main", make))
            yield root
            root.stop()

    def look(self) -> None:
        assert self.ref is not None
        self.ref.tell(Look())

    async def until_decided(self, *payments: int) -> None:
        with trio.fail_after(10_000):
            while any(self.row(payment).undecided for payment in payments):  # noqa: ASYNC110 - what is on disk rings no bell
                await trio.sleep(0.05)
