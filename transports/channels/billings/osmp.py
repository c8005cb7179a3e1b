"""A billing that speaks OSMP: the same dialect as :mod:`transports.channels.osmp`, from the other side."""

import re

from msgspec import Struct

from schemas.payments import BillingAnswer, CancelPayment, CheckAccount, Pay, Subscriber
from transports.channels.billings.verdict import OK_STATUS, Question, classed, query, unknown
from transports.channels.osmp import ALREADY_PAID, RESULTS
from transports.channels.sums import kopecks, roubles
from transports.channels.xml import BadXml, Element, read_element

_DIGITS = re.compile(r"[0-9]{1,20}")


class OsmpBillingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``cancels``: whether the billing knows Pegas' ``cancel``. The base protocol does not."""

    encoding: str = "utf-8"
    service_field: str | None = None
    cancels: bool = False


class OsmpBilling:
    """See :class:`transports.channels.billings.verdict.BillingDialect`."""

    def __init__(self, settings: OsmpBillingSettings | None = None) -> None:
        self._settings = settings or OsmpBillingSettings()

    def numbered(self, txn_id: str) -> bool:
        return _DIGITS.fullmatch(txn_id) is not None

    def check(self, request: CheckAccount, now: float) -> Question:
        amount = None if request.sum is None else roubles(request.sum)
        return self._question("check", request.txn_id, None, request.account, amount, request.service)

    def pay(self, request: Pay, now: float) -> Question:
        assert request.at is not None, "a payment without its time could not be repeated alike"
        date = f"{request.at:%Y%m%d%H%M%S}"
        return self._question("pay", request.txn_id, date, request.account, roubles(request.sum), request.service)

    def cancel(self, request: CancelPayment, now: float) -> Question | None:
        if not self._settings.cancels:
            return None
        amount = None if request.sum is None else roubles(request.sum)
        return self._question("cancel", request.txn_id, None, request.account, amount, None)

    def decode(self, request: CheckAccount | Pay | CancelPayment, status: int, body: bytes) -> BillingAnswer:
        if status != OK_STATUS:
            return unknown(f"answered {status}", str(status))
        try:
            return _decoded(request, read_element(body))
        except BadXml as error:
            return unknown(f"not an answer: {error}")

    def _question(
        self, command: str, txn_id: str | None, date: str | None, account: str | None, amount: str | None,
        service: str | None,
    ) -> Question:  # fmt: skip
        pairs = {"command": command, "txn_id": txn_id, "txn_date": date, "account": account, "sum": amount}
        if self._settings.service_field is not None:
            pairs[self._settings.service_field] = service
        return Question("GET", query(pairs, self._settings.encoding))


def _decoded(request: CheckAccount | Pay | CancelPayment, element: Element) -> BillingAnswer:
    said = element.texts
    code = said.get("result", "")
    result = RESULTS.get(int(code)) if _DIGITS.fullmatch(code) else None
    if element.name.lower() != "response" or result is None:
        return unknown(f"result {code[:16]!r} of <{element.name[:32]}> is none of the protocol", code[:16])
    named = said.get("osmp_txn_id") or said.get("txn_id")
    if not _names(request, named):
        return unknown(f"an answer to payment {(named or '')[:64]!r}", code)
    if int(code) == ALREADY_PAID:
        return unknown("already paid: by this payment or by another, the code does not say", code)
    if isinstance(request, Pay) and result.outcome == "ok" and not _same_sum(said.get("sum"), request.sum):
        return unknown(f"success for another sum: {said['sum'][:32]!r}", code)
    comment = said.get("comment") or result.text
    return classed(result.outcome, code, comment, said.get("prv_txn") or None, subscriber=_subscriber(element))


def _names(request: CheckAccount | Pay | CancelPayment, named: str | None) -> bool:
    """An answer about money must name its payment; one to a question need not."""
    if named is None:
        return isinstance(request, CheckAccount)
    return request.txn_id is None or named == request.txn_id


def _same_sum(said: str | None, paid: int) -> bool:
    """Billings leave the sum out, or write it with a point or a comma; an answer for another sum is not an answer."""
    if not said:
        return True
    try:
        return kopecks(said.replace(",", "."), padded=True) == paid
    except ValueError:
        return False


def _subscriber(element: Element) -> Subscriber | None:
    found = {label.lower(): text for parent, label, text in element.nested if parent == "fields" and text}
    if not found:
        return None
    return Subscriber(found.get("fio"), found.get("address"), info=found.get("info"))
