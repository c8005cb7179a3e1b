"""OSMP, the dialect of QIWI, Pegas, Rapida and most terminal networks: a GET with ``command``, an XML answer.

::

    ?command=check&txn_id=1234567&account=4957835959&sum=200.00
    ?command=pay&txn_id=1234567&txn_date=20261122180000&account=4957835959&sum=200.00
    <response><osmp_txn_id>1234567</osmp_txn_id><prv_txn>42</prv_txn><sum>200.00</sum><result>0</result></response>

The base protocol signs nothing: an address list, HTTP Basic and client certificates stand in front of it. A repeat of
``pay`` must hear the same result and the same ``prv_txn``, which is why a repeat is told as the first success.
"""

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from schemas.payments import (
    CancelPayment,
    ChannelAnswer,
    ChannelRequest,
    CheckAccount,
    Outcome,
    Pay,
    Payer,
    Subscriber,
    VerifyPayment,
)
from transports.channels.dialect import XML, Incoming, Reply
from transports.channels.parameters import Fields, parameters
from transports.channels.sums import roubles
from transports.channels.xml import labelled, write_element


class Result(NamedTuple):
    """A result code: its outcome in neutral words, and whether the operator stops repeating."""

    outcome: Outcome
    fatal: bool
    text: str


RESULTS: dict[int, Result] = {
    0: Result("ok", False, "OK"),
    1: Result("temporary", False, "temporary error, repeat later"),
    4: Result("bad_account", True, "the account has another format"),
    5: Result("no_account", True, "the account was not found"),
    7: Result("forbidden", True, "the provider forbids it"),
    8: Result("technical", True, "forbidden for technical reasons"),
    10: Result("ok", True, "already paid"),  # Rapida
    79: Result("inactive", True, "the account is not active"),
    90: Result("not_finished", False, "the payment is not finished"),
    241: Result("too_small", True, "the sum is too small"),
    242: Result("too_big", True, "the sum is too big"),
    243: Result("cannot_check", True, "the account cannot be checked"),  # Pegas
    251: Result("cannot_cancel", True, "the payment cannot be cancelled"),  # Pegas
    300: Result("refused", True, "another error"),
    500: Result("bad_signature", True, "the signature is wrong"),  # Rapida
}
"""Every result code that is known of this family."""

ALREADY_PAID = 10

CODES: dict[Outcome, int] = {result.outcome: code for code, result in RESULTS.items() if code != ALREADY_PAID}
"""Outcomes as we tell them; the rest is 300, *other error*."""

OTHER = 300

_WRONG: dict[str, Outcome] = {"account": "bad_account"}
_COMMANDS = ("check", "pay", "cancel", "verify")
_LABELS = (("name", "fio"), ("address", "address"), ("info", "info"))


class OsmpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs between networks of this family.

    * ``encoding`` of the parameters: the base protocol is UTF-8, older gateways send windows-1251.
    * ``service_field`` names the parameter that tells services of one provider apart, where the network sends one.
    * ``cancelled_field`` names the payment that ``cancel`` takes back. Networks differ (``txn_id`` itself, or
      ``cancel_txn_id`` beside a number of the cancellation): follow the contract.
    """

    encoding: str = "utf-8"
    service_field: str | None = None
    cancelled_field: str = "txn_id"


class Osmp:
    """The dialect as a channel speaks it to us."""

    def __init__(self, settings: OsmpSettings | None = None) -> None:
        self._settings = settings or OsmpSettings()

    def read(self, incoming: Incoming) -> ChannelRequest:
        """See :meth:`transports.channels.dialect.Dialect.read`."""
        fields = Fields(parameters(incoming, self._settings.encoding), _WRONG)
        match fields.one_of("command", _COMMANDS):
            case "check":
                return self._check(fields)
            case "pay":
                return self._pay(fields)
            case "cancel":
                return self._cancel(fields)
            case _:
                return VerifyPayment(fields.txn("txn_id"))

    def answer(self, request: ChannelRequest | None, answer: ChannelAnswer) -> Reply:
        """See :meth:`transports.channels.dialect.Dialect.answer`."""
        paid = not isinstance(request, CheckAccount)
        children = [
            ("osmp_txn_id", answer.txn_id or _txn_of(request) or ""),
            ("prv_txn", answer.prv_txn if paid else None),
            ("sum", roubles(answer.sum) if paid and answer.sum is not None else None),
            ("result", str(CODES.get(answer.outcome, OTHER))),
            ("comment", answer.comment),
            ("fields", _fields(answer.subscriber)),
        ]
        return Reply(write_element("response", children), XML)

    def _check(self, fields: Fields) -> CheckAccount:
        txn_id = fields.txn("txn_id")
        account = fields.account("account")
        return CheckAccount(account, fields.optional_sum("sum"), txn_id, self._service(fields))

    def _pay(self, fields: Fields) -> Pay:
        txn_id = fields.txn("txn_id")
        account = fields.account("account")
        amount = fields.sum("sum")
        at = fields.parsed("txn_date", _moment)
        service = self._service(fields)
        return Pay(txn_id, account, amount, at, service, Payer(), details=fields.rest)

    def _cancel(self, fields: Fields) -> CancelPayment:
        own = fields.txn("txn_id")
        named = self._settings.cancelled_field
        cancelled = own if named == "txn_id" else fields.other_txn(named)
        return CancelPayment(cancelled, fields.optional("account"), fields.optional_sum("sum"))

    def _service(self, fields: Fields) -> str | None:
        named = self._settings.service_field
        return None if named is None else fields.optional(named)


def _moment(text: str) -> datetime:
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:32]!r} is not a time as YYYYMMDDHHMMSS")
    return datetime.strptime(text, "%Y%m%d%H%M%S")


def _txn_of(request: ChannelRequest | None) -> str | None:
    return None if request is None else request.txn_id


def _fields(subscriber: Subscriber | None) -> str | None:
    """What the terminal may show to the payer."""
    if subscriber is None:
        return None
    told = [(label, getattr(subscriber, name)) for name, label in _LABELS]
    told += [("balance", _rouble_text(subscriber.balance)), ("rec_sum", _rouble_text(subscriber.recommended))]
    return labelled(((label, text) for label, text in told if text is not None), "disp")


def _rouble_text(amount: int | None) -> str | None:
    return None if amount is None else roubles(amount)
