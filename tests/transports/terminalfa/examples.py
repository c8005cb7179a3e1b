"""Receipts that tests start from and change."""

from datetime import date

import msgspec

from schemas.receipts import Agent, Correction, Customer, Item, PayingAgent, Payments, ReceiptRequest, Supplier

ITEM = Item(name="Вода", price=15000, quantity="1", vat="none")
RECEIPT = ReceiptRequest(
    external_id="order-1",
    kind="sell",
    tax_system="osn",
    items=(ITEM,),
    payments=Payments(cashless=15000),
)
CORRECTION = ReceiptRequest(
    external_id="order-2",
    kind="sell_correction",
    tax_system="osn",
    items=(ITEM, Item(name="Чай", price=10000, quantity="2", vat="vat20")),
    payments=Payments(cash=35000),
    correction=Correction(type="self", date=date(2020, 3, 12)),
)
AGENT = Agent(type="paying_agent", paying_agent=PayingAgent(operation="Платёж", phones=("+79001112233",)))
SUPPLIER = Supplier(phones=("+79004445566",))
NAMED_SUPPLIER = Supplier(phones=("+79004445566",), name="ООО Родник", inn="7806197274")
CUSTOMER = Customer(email="a@b.example", name="Иванов", inn="7806197274")


def receipt(**changes: object) -> ReceiptRequest:
    """The plain receipt with changes."""
    return msgspec.structs.replace(RECEIPT, **changes)


def item(**changes: object) -> Item:
    return msgspec.structs.replace(ITEM, **changes)
