"""A desk, its tax table, and operations of every kind."""

from datetime import UTC, datetime
from uuid import UUID

from schemas.prro import (
    CashOut,
    CloseShift,
    Desk,
    Item,
    OfflineBegin,
    OfflineEnd,
    OpenShift,
    Operation,
    PartPayment,
    Payment,
    Refund,
    Sale,
    ServiceIn,
    ServiceOut,
    Slip,
    Storno,
    TaxRate,
    ZReport,
)
from transports.prro.composing import Heading

DESK = Desk(
    register=4_000_000_001,
    number=1,
    tin="40000001",
    ipn="400000012345",
    org_name="ТОВ «Приклад»",
    point_name="Магазин",
    point_address="м. Київ",
    taxes=(
        TaxRate(letter="А", percent=2000),
        TaxRate(letter="Б", percent=700),
        TaxRate(letter="Г", percent=500, type=1, name="Акциз"),
        TaxRate(letter="Д", percent=750, type=2, name="ПФ", added=True),
    ),
)
HEADING = Heading(UUID(int=7), datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC), 5, "Касир")
CASH, CARD = 0, 1


def paid(*items: Item, due: int, rounding: int = 0, part: PartPayment | None = None) -> Sale:
    return Sale(items=items, payments=(Payment(form=CASH, sum=due),), rounding=rounding, part=part)


WINE = Item(name="Вино", price=25990, letters="АГ", uktzed="2204210000", excise_labels=("AATE508932 0000412168",))
COFFEE = Item(name="Кава", price=4500, letters="А", unit="шт", unit_code=2009, comment="гаряча")
SLIP = Slip(acquirer="АТ Банк", system="VISA", terminal="T1", card="XXXX1234", authorization="123456", transaction="9")
EVERY: dict[str, Operation] = {
    "sale": paid(COFFEE, WINE, due=30490),
    "card": Sale(items=(COFFEE,), payments=(Payment(form=CARD, sum=4500, slip=SLIP),)),
    "change": Sale(items=(COFFEE,), payments=(Payment(form=CASH, sum=4500, provided=5000),), comment="Дякуємо"),
    "rounded": paid(Item(name="Мило", price=1257, letters="А"), due=1260, rounding=3),
    "discount": paid(Item(name="морква", price=10000, letters="А", discount_percent=5000), due=5000),
    "part": paid(COFFEE, due=1500, part=PartPayment(type=2, sum=1500, of="77")),
    "return": Refund(of="1000001", items=(COFFEE,), payments=(Payment(form=CASH, sum=4500),)),
    "storno": Storno(of="1000002"),
    "service_in": ServiceIn(sum=10_000),
    "additional": ServiceIn(sum=10_000, additional=True),
    "service_out": ServiceOut(sum=5_000),
    "cash_out": CashOut(sum=50_000, commission=500, recipient="Іваненко І.", slip=SLIP),
    "open_shift": OpenShift(),
    "close_shift": CloseShift(),
    "z_report": ZReport(),
    "offline_begin": OfflineBegin(revoke_last=True),
    "offline_end": OfflineEnd(),
}
