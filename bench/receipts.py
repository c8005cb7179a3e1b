"""The receipt that benches post: one item, as most are, from an internet provider."""

from collections.abc import Iterator

import msgspec

PRICE = 50_000


def receipt(external_id: str) -> dict[str, object]:
    return {
        "external_id": external_id,
        "kind": "sell",
        "tax_system": "usn_income",
        "customer": {"email": "buyer@mail.example"},
        "items": [
            {
                "name": "Интернет 100 Мбит/с, ноябрь",
                "price": PRICE,
                "quantity": "1",
                "vat": "none",
                "subject": "service",
            }
        ],
        "payments": {"cashless": PRICE},
    }


def lines(prefix: str, count: int, chunk: int = 500) -> Iterator[bytes]:
    """NDJSON in pieces of ``chunk`` lines; each receipt is one of its kind."""
    template = msgspec.json.encode(receipt("@"))
    for first in range(0, count, chunk):
        numbers = range(first, min(first + chunk, count))
        yield b"".join(template.replace(b"@", b"%b-%d" % (prefix.encode(), number), 1) + b"\n" for number in numbers)
