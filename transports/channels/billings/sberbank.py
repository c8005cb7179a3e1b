"""A billing that speaks Sberbank's protocol 2: :mod:`transports.channels.sberbank` from the other side.

The protocol does not say which codes are for good. Code 300, *internal error*, may come after the billing has booked
the payment, so it decides nothing; the others name what is wrong with the request.
"""

import re

from msgspec import Struct

from schemas.payments import BillingAnswer, CancelPayment, CheckAccount, Pay, Subscriber
from transports.channels.billings.verdict import OK_STATUS, Question, classed, query, unknown
from transports.channels.sberbank import CODES, DUPLICATE, INTERNAL
from transports.channels.sums import kopecks, roubles
from transports.channels.xml import BadXml, Element, read_element

_DIGITS = re.compile(r"[0-9]{1,20}")


class SberbankBillingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lower_case`` writes the names of parameters small, as some billings want them."""

    encoding: str = "utf-8"
    lower_case: bool = False
    service_field: str | None = None


class SberbankBilling:
    """See :class:`transports.channels.billings.verdict.BillingDialect`."""

    def __init__(self, settings: SberbankBillingSettings | None = None) -> None:
        self._settings = settings or SberbankBillingSettings()

    def numbered(self, txn_id: str) -> bool:
        return _DIGITS.fullmatch(txn_id) is not None

    def check(self, request: CheckAccount, now: float) -> Question:
        return self._question({"ACTION": "check", "ACCOUNT": request.account}, request.service)

    def pay(self, request: Pay, now: float) -> Question:
        assert request.at is not None, "a payment without its time could not be repeated alike"
        pairs: dict[str, str | None] = {
            "ACTION": "payment",
            "ACCOUNT": request.account,
            "AMOUNT": roubles(request.sum),
            "PAY_ID": request.txn_id,
            "PAY_DATE": f"{request.at:%d.%m.%Y_%H:%M:%S}",
        }
        return self._question(pairs, request.service)

    def cancel(self, request: CancelPayment, now: float) -> Question | None:
        return None

    def decode(self, request: CheckAccount | Pay | CancelPayment, status: int, body: bytes) -> BillingAnswer:
        if status != OK_STATUS:
            return unknown(f"answered {status}", str(status))
        try:
            return _decoded(request, read_element(body))
        except BadXml as error:
            return unknown(f"not an answer: {error}")

    def _question(self, pairs: dict[str, str | None], service: str | None) -> Question:
        if self._settings.service_field is not None:
            pairs[self._settings.service_field] = service
        if self._settings.lower_case:
            pairs = {name.lower(): value for name, value in pairs.items()}
        return Question("GET", query(pairs, self._settings.encoding))


def _decoded(request: CheckAccount | Pay | CancelPayment, element: Element) -> BillingAnswer:
    said = element.texts
    text = said.get("code", "")
    code = CODES.get(int(text)) if _DIGITS.fullmatch(text) else None
    if element.name.lower() != "response" or code is None:
        return unknown(f"code {text[:16]!r} of <{element.name[:32]}> is none of the protocol", text[:16])
    if int(text) == INTERNAL:
        return unknown(said.get("message") or "internal error", text)
    repeated = int(text) == DUPLICATE
    if isinstance(request, Pay) and code.outcome == "ok":
        doubt = _doubt(request, said.get("ext_id"), said.get("amount"), repeated)
        if doubt is not None:
            return unknown(doubt, text)
    comment = said.get("message") or code.text
    subscriber = _subscriber(element) if isinstance(request, CheckAccount) else None
    prv_txn = said.get("ext_id") or None
    return classed(code.outcome, text, comment, prv_txn, repeated=repeated, subscriber=subscriber)


def _doubt(request: Pay, ext_id: str | None, amount: str | None, repeated: bool) -> str | None:
    """Why an answer of success is not believed; a duplicate must name the first payment."""
    if repeated and not ext_id:
        return "a duplicate without EXT_ID: of which payment is not said"
    try:
        same = not amount or kopecks(amount.replace(",", "."), padded=True) == request.sum
    except ValueError:
        same = False
    return None if same else f"success for another amount: {(amount or '')[:32]!r}"


def _subscriber(element: Element) -> Subscriber | None:
    said = element.texts
    told = Subscriber(said.get("fio") or None, said.get("address") or None, info=said.get("info") or None)
    return None if told == Subscriber() else told
