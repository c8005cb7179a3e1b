"""The driver against the device: what one sends, the other makes, and what was made reads back the same."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import msgspec
import pytest
import trio

from kassanet.sandbox.terminalfa import serve_stream
from schemas.kkt import ArchivedItem
from schemas.receipts import CORRECTIONS, ReceiptRequest, quantity_thousandths
from tests.kassanet.sandbox.desk import Desk
from transports.memory import MemoryDialer
from transports.terminalfa.client import TerminalFa
from transports.terminalfa.settings import TerminalFaSettings

Ffd = Literal["1.05", "1.2"]
SUPPLIER = {"name": "ООО «Перевозчик»", "inn": "7707000015", "phones": ["+79000000001"]}
AGENT = {
    "type": "bank_paying_agent",
    "paying_agent": {"operation": "перевод", "phones": ["+79000000002"]},
    "receive_payments_operator": {"phones": ["+79000000003"]},
    "money_transfer_operator": {"name": "Оператор", "inn": "7700000009", "address": "Москва", "phones": ["+7900000"]},
}
ITEM = {"name": "Доставка «до двери» — №1", "price": 12345, "quantity": "2.5", "vat": "vat20"}
PLACE = {"address": "ул. Ленина, 1", "place": "автомат", "machine_number": "A-1"}

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "refund": {"kind": "sell_refund"},
    "buy": {"kind": "buy"},
    "buy refund": {"kind": "buy_refund"},
    "many items": {
        "items": [
            ITEM | {"vat": vat, "quantity": "1"} for vat in ("vat20", "vat10", "vat120", "vat110", "vat0", "none")
        ],
        "payments": {"cash": 10000, "cashless": 20000, "prepaid": 30000, "credit": 4070, "counter": 10000},
    },
    "agent of the receipt": {"agent": AGENT},
    "agent and supplier": {"agent": {"type": "commission_agent"}, "supplier": SUPPLIER},
    "agent of an item": {
        "items": [ITEM | {"quantity": "1", "agent": AGENT, "supplier": SUPPLIER}],
        "payments": {"cash": 12345},
    },
    "everything else": {
        "items": [
            ITEM
            | {
                "quantity": "1",
                "excise": 100,
                "country_code": "643",
                "declaration_number": "10/1",
                "user_data": "x",
            }
        ],
        "payments": {"cashless": 12345},
        "customer": {"phone": "+79001234567", "name": "Иван", "inn": "7707000015"},
        "cashier": "Пётр",
        "cashier_inn": "770000000000",
        "additional_user_props": {"name": "заказ", "value": "7"},
        "vending": PLACE,
    },
    "correction": {"kind": "sell_correction", "correction": {"type": "order", "date": "2026-11-01", "number": "5"}},
    "correction of a purchase": {"kind": "buy_correction", "correction": {"type": "self", "date": "2026-11-01"}},
}


def receipt(**changes: object) -> ReceiptRequest:
    raw = {
        "external_id": "order-1",
        "kind": "sell",
        "tax_system": "osn",
        "items": [{"name": "Вода", "price": 15000, "quantity": "1", "vat": "none"}],
        "payments": {"cashless": 15000},
    }
    return msgspec.convert({**raw, **changes}, ReceiptRequest)


@pytest.mark.parametrize("ffd", ["1.05", "1.2"])
@pytest.mark.parametrize("case", CASES)
async def test_a_receipt_there_and_back(
    shop: Desk, case: str, ffd: Literal["1.05", "1.2"], nursery: trio.Nursery
) -> None:
    request = receipt(**CASES[case])
    client = client_of(shop, nursery, TerminalFaSettings(ffd=ffd))
    await client.prepare(request, "mark-1")
    done = await client.commit(request)
    document = await client.document(done.fd)
    assert document is not None
    assert document.complete
    assert (document.fd, document.fpd, document.receipt_kind) == (done.fd, done.fpd, request.kind)
    assert (document.total, document.payments) == (request.total, request.payments)
    assert document.receipt_number == done.receipt_number == 1
    if request.kind not in CORRECTIONS:
        compare(request, document.items or (), document.mark, document.customer)


def compare(request: ReceiptRequest, items: Sequence[ArchivedItem], mark: str | None, customer: str | None) -> None:
    assert mark == "mark-1"
    assert customer == (request.customer.contact if request.customer else None)
    assert [(item.price, item.quantity) for item in items] == [
        (item.price, quantity_thousandths(item.quantity)) for item in request.items
    ]


async def test_what_the_register_tells_of_itself(shop: Desk, nursery: trio.Nursery) -> None:
    client = client_of(shop, nursery)
    identity = await client.identify()
    assert (identity.serial, identity.fn, identity.tax_systems) == (shop.device.serial, shop.device.fn.serial, 0x3F)
    assert (await client.device_status()).clock == shop.device.now().replace(second=0)
    assert (await client.fn_status()).last_fd == 2
    assert (await client.validity()).expires is not None
    assert (await client.ofd_status()).unsent == 2
    assert (await client.close_shift("Иванов")).fd == 3
    assert (await client.open_shift()).shift == 2
    await client.x_report()
    assert await client.document(99) is None


def client_of(desk: Desk, nursery: trio.Nursery, settings: TerminalFaSettings | None = None) -> TerminalFa:
    return TerminalFa(MemoryDialer(nursery, partial(serve_stream, desk.device)), settings)
