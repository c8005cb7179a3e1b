"""The link under which a buyer finds a receipt in the tax service's cabinet; its QR code holds the same text.

How the address is put together was read in two clients, not in the service's text, so every part of it that differs
between them is a setting.
"""

from datetime import datetime
from urllib.parse import quote, urlencode

from msgspec import Struct


class LinkRules(Struct, frozen=True):
    """``time_form`` is for :func:`datetime.strftime`; one client writes ``HH:MM:SS``, another ``HHMMSS``."""

    address: str = "https://cabinet.tax.gov.ua/cashregs/check"
    time_form: str = "%H:%M:%S"


def tax_link(
    fiscal_number: str,
    register: int,
    at: datetime,
    total: int,
    *,
    mac: str | None = None,
    rules: LinkRules | None = None,
) -> str:
    """``total`` in kopecks, ``at`` as printed; ``mac`` is the hash that an offline document carries."""
    rules = rules or LinkRules()
    parts = {
        "id": fiscal_number,
        "date": f"{at:%Y%m%d}",
        "time": at.strftime(rules.time_form),
        "fn": str(register),
        "sm": f"{total // 100}.{total % 100:02d}",
    }
    if mac is not None:
        parts["mac"] = mac
    return f"{rules.address}?{urlencode(parts, quote_via=quote, safe='')}"
