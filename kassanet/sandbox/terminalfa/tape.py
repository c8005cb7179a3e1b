"""What a receipt looks like on paper: enough of it for a person to recognise the document."""

from collections.abc import Iterator

from kassanet.sandbox.fiscal_storage import Document
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.paper import money

TITLES = {
    "sell": "ПРИХОД",
    "sell_refund": "ВОЗВРАТ ПРИХОДА",
    "buy": "РАСХОД",
    "buy_refund": "ВОЗВРАТ РАСХОДА",
    "sell_correction": "КОРРЕКЦИЯ ПРИХОДА",
    "buy_correction": "КОРРЕКЦИЯ РАСХОДА",
}
PAYMENTS = {
    "cash": "НАЛИЧНЫМИ",
    "cashless": "БЕЗНАЛИЧНЫМИ",
    "prepaid": "АВАНСОМ",
    "credit": "В КРЕДИТ",
    "counter": "ВСТРЕЧНЫМ",
}


def receipt_lines(device: Device, document: Document) -> Iterator[str]:
    """Head, sums and the fiscal sign of a document."""
    yield TITLES.get(document.kind, document.kind.upper())
    yield f"{document.at:%d.%m.%y %H:%M} ЗН ККТ {device.serial}"
    if document.payments is not None:
        yield money("ИТОГ", document.total)
        for name, title in PAYMENTS.items():
            if kopecks := getattr(document.payments, name):
                yield money(title, kopecks)
    yield f"СМЕНА {document.shift} ЧЕК {document.receipt}"
    yield f"ФН {device.fn.serial} ФД {document.fd} ФП {document.fpd}"
