"""The counters of the cash drawer: what came in and went out since the shift was opened."""

from typing import NamedTuple

from kassanet.sandbox.fiscal_storage import Document, Form

_SIGNS = {"sell": 1, "sell_refund": -1, "buy": -1, "buy_refund": 1, "sell_correction": 1, "buy_correction": -1}


class Sums(NamedTuple):
    """In kopecks. A drawer cannot hold less than nothing, which the protocol could not say either."""

    cash: int = 0
    electronic: int = 0


def count(sums: Sums, document: Document) -> Sums:
    """The sums after a document."""
    if document.form is Form.OPEN_SHIFT:
        return Sums()
    if document.payments is None:
        return sums
    sign = _SIGNS[document.kind]
    return Sums(
        max(0, sums.cash + sign * document.payments.cash), max(0, sums.electronic + sign * document.payments.cashless)
    )
