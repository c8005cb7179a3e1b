"""Whatever a driver does not object to, its register makes: intake's promise that an accepted receipt can be made."""

import pytest
import trio
from hypothesis import HealthCheck, event, given, settings

from actors.kkt.settlement import fits
from kassanet.edge.rules import broken
from schemas.receipts import Agent, Item, PayingAgent, Payments, ReceiptRequest, Supplier
from tests.contract.receipts import corrections, sales
from tests.contract.rig import MARK, rigged
from tests.contract.rigs import Pair
from transports.register import Refused

SETTINGS = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=120
)
ARCHIVE = 700
"""Bytes that the archive tells of a document: short of the longest, more than the plain ones need."""


async def _make(pair: Pair, sent: ReceiptRequest) -> None:
    async with rigged(pair, "memory") as rig:
        try:
            done = await rig.sell(sent)
        except Refused as refused:
            raise AssertionError(f"no objection, yet refused: {refused}") from refused
        booked = rig.device.book()[-1]
        assert (booked.kind, booked.total, booked.payments) == (sent.kind, sent.total, sent.payments)
        for limit in (32_768, ARCHIVE):
            rig.device.cut_archive(limit)
            assert fits(sent, int(MARK[1:], 16), await rig.read(done.fd))


def _hold(pair: Pair, sent: ReceiptRequest) -> None:
    objections = pair.driver(20.0, 0.1).objections(sent)
    if broken(sent) or objections:
        event("objected to")
        assert all(objection.path and objection.message for objection in objections)
        return
    event("made")
    trio.run(_make, pair, sent)


@SETTINGS
@given(sent=sales())
def test_sales_without_objection_are_made(pair: Pair, sent: ReceiptRequest) -> None:
    _hold(pair, sent)


@SETTINGS
@given(sent=corrections())
def test_corrections_without_objection_are_made(pair: Pair, sent: ReceiptRequest) -> None:
    _hold(pair, sent)


PLAIN = Item(name="Чай", price=100, quantity="1", vat="none")
CREDIT = Item(name="Кредит", price=100, quantity="1", vat="none", method="credit_payment")
BARE = Item(name="Связь", price=100, quantity="1", vat="none", agent=Agent("paying_agent"), supplier=Supplier())
AGENTS = Item(
    name="Связь",
    price=100,
    quantity="1",
    vat="none",
    agent=Agent("attorney", paying_agent=PayingAgent(operation="Платёж")),
    supplier=Supplier(("+79001112233",)),
)


def of(*items: Item, **said: object) -> ReceiptRequest:
    total = sum(item.total for item in items)
    plain: dict[str, object] = {"external_id": "1", "kind": "sell", "tax_system": "osn", "items": items}
    return ReceiptRequest(**{**plain, "payments": Payments(cash=total), **said})  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        (of(PLAIN, CREDIT), "items[1].method"),
        (of(PLAIN, BARE), "items[1].agent"),
        (of(PLAIN, agent=Agent("another"), supplier=Supplier()), "agent"),
        (
            of(AGENTS, agent=Agent("paying_agent", paying_agent=PayingAgent(operation="Платёж"))),
            "items[0].agent.type",
        ),
    ],
)
def test_what_only_the_whole_receipt_shows(pair: Pair, sent: ReceiptRequest, path: str) -> None:
    """Each field may stand, but not beside the others: a register would say so only after the acknowledgement."""
    assert path in [objection.path for objection in pair.driver(20.0, 0.1).objections(sent)]


@pytest.mark.parametrize("sent", [of(CREDIT, CREDIT), of(PLAIN, AGENTS)])
async def test_the_same_parts_alone_are_fine(pair: Pair, sent: ReceiptRequest) -> None:
    assert not pair.driver(20.0, 0.1).objections(sent)
    await _make(pair, sent)
