"""Sberbank's protocol 2 ("type Б"): ``ACTION=check`` and ``ACTION=payment``, an XML answer with ``CODE``.

::

    ?ACTION=check&ACCOUNT=100500
    ?ACTION=payment&ACCOUNT=100500&AMOUNT=100.50&PAY_ID=1234567890&PAY_DATE=22.11.2026_18:00:00
    <response><CODE>0</CODE><MESSAGE/><EXT_ID>42</EXT_ID><REG_DATE>22.11.2026_18:00:01</REG_DATE>…</response>

Names come in capitals or in lower case. A repeated payment is code 8 with the ``EXT_ID`` and ``REG_DATE`` of the
first: the bank books it by those. The optional MD5 ``SIGN`` is not checked, since its recipe is not published; Basic
authentication, an address list and a client certificate stand in front of the channel instead.
"""

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from msgspec import Struct

from schemas.payments import ChannelAnswer, ChannelRequest, CheckAccount, Outcome, Pay, Subscriber
from transports.channels.dialect import XML, Incoming, Reply, Unacceptable
from transports.channels.parameters import Fields, parameters
from transports.channels.sums import roubles
from transports.channels.xml import write_element


class Code(NamedTuple):
    """A code: its outcome in neutral words, and what it says."""

    outcome: Outcome
    text: str


DUPLICATE = 8
INTERNAL = 300

CODES: dict[int, Code] = {
    0: Code("ok", "OK"),
    1: Code("temporary", "temporary error, repeat later"),
    2: Code("bad_request", "unknown request"),
    3: Code("no_account", "the account was not found"),
    4: Code("bad_account", "the account has another format"),
    5: Code("inactive", "the account is not active"),
    6: Code("bad_txn", "wrong PAY_ID"),
    7: Code("technical", "forbidden for technical reasons"),
    DUPLICATE: Code("ok", "the payment was made before"),
    9: Code("bad_sum", "wrong amount"),
    10: Code("too_small", "the amount is too small"),
    11: Code("too_big", "the amount is too big"),
    12: Code("bad_date", "wrong PAY_DATE"),
    13: Code("refused", "wrong phone or conversion rate"),
    14: Code("bad_signature", "the signature is wrong"),
    INTERNAL: Code("refused", "internal error"),
}
"""Every code of the protocol. Which of them the bank repeats is not published: 1 is the only one that says so."""

_OURS: dict[Outcome, int] = {
    **{code.outcome: number for number, code in CODES.items() if number not in (DUPLICATE, 13)},
    "not_finished": 1,
    "forbidden": 7,
    "cannot_check": 1,
}

_WRONG: dict[str, Outcome] = {
    "ACCOUNT": "bad_account",
    "AMOUNT": "bad_sum",
    "PAY_ID": "bad_txn",
    "PAY_DATE": "bad_date",
}
_DATE = "%d.%m.%Y_%H:%M:%S"


class SberbankSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``encoding`` of the parameters; ``utc_offset`` in hours of the zone in which REG_DATE is told (Moscow)."""

    encoding: str = "utf-8"
    utc_offset: float = 3.0
    service_field: str | None = None


class Sberbank:
    """The dialect as the bank speaks it to us."""

    def __init__(self, settings: SberbankSettings | None = None) -> None:
        self._settings = settings or SberbankSettings()
        self._zone = timezone(timedelta(hours=self._settings.utc_offset))

    def read(self, incoming: Incoming) -> CheckAccount | Pay:
        """See :meth:`transports.channels.dialect.Dialect.read`."""
        fields = Fields(_in_capitals(parameters(incoming, self._settings.encoding)), _WRONG)
        action = fields.needed("ACTION").lower()
        if action == "check":
            account = fields.account("ACCOUNT")
            return CheckAccount(account, fields.optional_sum("AMOUNT"), None, self._service(fields))
        if action == "payment":
            return self._payment(fields)
        raise fields.refuse("ACTION", f"{action[:32]!r} is neither check nor payment")

    def answer(self, request: ChannelRequest | None, answer: ChannelAnswer) -> Reply:
        """See :meth:`transports.channels.dialect.Dialect.answer`."""
        paid = isinstance(request, Pay)
        code = _OURS.get(answer.outcome, INTERNAL)
        if paid and answer.outcome == "ok" and answer.repeated:
            code = DUPLICATE
        children = [("CODE", str(code)), ("MESSAGE", answer.comment or CODES[code].text)]
        children += self._payment_told(answer) if paid else _subscriber_told(answer.subscriber)
        return Reply(write_element("response", children), XML)

    def _payment(self, fields: Fields) -> Pay:
        txn_id = fields.txn("PAY_ID")
        if not (txn_id.isdigit() and len(txn_id) <= 20):
            raise fields.refuse("PAY_ID", "has at most 20 digits")
        account = fields.account("ACCOUNT")
        amount = fields.sum("AMOUNT")
        at = fields.parsed("PAY_DATE", _moment)
        return Pay(txn_id, account, amount, at, self._service(fields), details=fields.rest)

    def _service(self, fields: Fields) -> str | None:
        named = self._settings.service_field
        return None if named is None else fields.optional(named.upper())

    def _payment_told(self, answer: ChannelAnswer) -> list[tuple[str, str]]:
        if answer.prv_txn is None or answer.registered_at is None:
            return []
        registered = answer.registered_at
        local = registered.astimezone(self._zone) if registered.tzinfo else registered
        told = [("EXT_ID", answer.prv_txn), ("REG_DATE", local.strftime(_DATE))]
        return told + ([("AMOUNT", roubles(answer.sum))] if answer.sum is not None else [])


def _in_capitals(found: dict[str, str]) -> dict[str, str]:
    capitals: dict[str, str] = {}
    for name, value in found.items():
        if name.upper() in capitals:
            raise Unacceptable("bad_request", name, "given twice")
        capitals[name.upper()] = value
    return capitals


def _moment(text: str) -> datetime:
    if len(text) != 19 or not text.isascii():
        raise ValueError(f"{text[:32]!r} is not a time as DD.MM.YYYY_HH:MM:SS")
    return datetime.strptime(text, _DATE)


def _subscriber_told(subscriber: Subscriber | None) -> list[tuple[str, str]]:
    if subscriber is None:
        return []
    told = [("FIO", subscriber.name), ("ADDRESS", subscriber.address)]
    sums = [("BALANCE", subscriber.balance), ("REC_SUM", subscriber.recommended)]
    told += [(name, None if amount is None else roubles(amount)) for name, amount in sums]
    return [(name, text) for name, text in [*told, ("INFO", subscriber.info)] if text is not None]
