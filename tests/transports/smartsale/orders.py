"""Orders as the worked frames have them."""

from transports.pinpad import Order, Original

AT = "20261122141800"
SALE = Order(kind="payment", number=12, at=AT, amount=1200, terminal_id="50101700")
PAID = Original(kind="payment", amount=1200, currency="643", rrn="632612345678", auth_code="A12345", number=12)


def order(kind: str, **values: object) -> Order:
    """An order of the same sum at the same terminal."""
    given = {"kind": kind, "number": 12, "at": AT, "terminal_id": "50101700"} | values
    return Order(**given)  # type: ignore[arg-type]  # a test may ask for anything
