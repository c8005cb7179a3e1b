"""A plain JSON channel with HMAC, for programs that have no dialect of their own.

::

    POST  {"command": "pay", "txn_id": "77", "account": "100500", "sum": 20050, "at": "2026-11-22T18:00:00"}
    X-Kassanet-Timestamp: 1763826000
    X-Kassanet-Signature: sha256=<hex HMAC-SHA256(secret, timestamp + "." + raw body)>
    →     {"result": "ok", "txn_id": "77", "prv_txn": "42", "sum": 20050}

Sums are integer kopecks, as everywhere in kassanet; a float is refused. The form of the signature is that of
kassanet's own notices, and a billing that speaks JSON is asked in the same words.
"""

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.payments import (
    CancelPayment,
    ChannelAnswer,
    ChannelRequest,
    CheckAccount,
    Outcome,
    Pay,
    Payer,
    Subscriber,
    TxnId,
    VerifyPayment,
)
from transports.channels.dialect import JSON, MOST_OF_A_REQUEST, Incoming, Reply, Unacceptable
from transports.channels.signatures import hmac_sha256, same

SIGNATURE, TIMESTAMP = "x-kassanet-signature", "x-kassanet-timestamp"

Account = Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,62}[^\x00-\x20\x7f])?\Z")]
Sum = Annotated[int, Meta(ge=1, le=10**12)]
_SECONDS = re.compile(r"[0-9]{1,12}")


class PlainJsonSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``secret`` signs; a signature is good for ``window`` seconds around its time: none is kept and replayed."""

    secret: str
    window: float = 300.0

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the secret of a JSON channel has at least 16 characters")


class Said(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A request as it stands in the body."""

    command: Literal["check", "pay", "cancel", "verify"]
    txn_id: TxnId | None = None
    account: Account | None = None
    sum: Sum | None = None
    at: datetime | None = None
    service: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    payer: Payer = Payer()
    details: dict[str, str] = {}


class Told(Struct, frozen=True, omit_defaults=True):
    """An answer as it stands in the body; ``result`` is an outcome of :mod:`schemas.payments`."""

    result: Outcome
    txn_id: str | None = None
    prv_txn: str | None = None
    sum: int | None = None
    registered_at: datetime | None = None
    repeated: bool = False
    comment: str = ""
    subscriber: Subscriber | None = None


_decode = msgspec.json.Decoder(Said).decode
_encode = msgspec.json.Encoder().encode
_WRONG: dict[str, Outcome] = {"sum": "bad_sum", "account": "bad_account", "txn_id": "bad_txn", "at": "bad_date"}
_PATH = re.compile(r"`\$\.?([^`]*)`")


class PlainJson:
    """The dialect as a program speaks it to us."""

    def __init__(self, settings: PlainJsonSettings) -> None:
        self._settings = settings

    def read(self, incoming: Incoming) -> CheckAccount | Pay | CancelPayment | VerifyPayment:
        """See :meth:`transports.channels.dialect.Dialect.read`; nothing is decoded before the signature fits."""
        if len(incoming.body) > MOST_OF_A_REQUEST:
            raise Unacceptable("bad_request", "", f"longer than {MOST_OF_A_REQUEST} bytes")
        self._check_signature(incoming)
        try:
            said = _decode(incoming.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _located(str(error)) from None
        return _neutral(said)

    def answer(self, request: ChannelRequest | None, answer: ChannelAnswer) -> Reply:
        """See :meth:`transports.channels.dialect.Dialect.answer`."""
        told = Told(
            answer.outcome,
            answer.txn_id or (None if request is None else request.txn_id),
            answer.prv_txn,
            answer.sum,
            answer.registered_at,
            answer.repeated,
            answer.comment,
            answer.subscriber,
        )
        status = {"bad_signature": 403, "bad_request": 422}.get(answer.outcome, 200)
        return Reply(_encode(told), JSON, status)

    def _check_signature(self, incoming: Incoming) -> None:
        timestamp = incoming.headers.get(TIMESTAMP, "")
        if _SECONDS.fullmatch(timestamp) is None or abs(int(timestamp) - incoming.now) > self._settings.window:
            raise Unacceptable("bad_signature", TIMESTAMP, "is not a time near now, in seconds")
        expected = hmac_sha256(self._settings.secret, timestamp, incoming.body)
        if not same(incoming.headers.get(SIGNATURE, "").removeprefix("sha256="), expected):
            raise Unacceptable("bad_signature", SIGNATURE, "is not the signature of this body")


def _neutral(said: Said) -> CheckAccount | Pay | CancelPayment | VerifyPayment:
    if said.command == "check":
        return CheckAccount(_needed(said, "account", said.account), said.sum, said.txn_id, said.service)
    txn_id = _needed(said, "txn_id", said.txn_id)
    if said.command == "cancel":
        return CancelPayment(txn_id, said.account, said.sum)
    if said.command == "verify":
        return VerifyPayment(txn_id)
    account = _needed(said, "account", said.account)
    if said.sum is None:
        raise Unacceptable("bad_sum", "sum", "is needed", txn_id)
    return Pay(txn_id, account, said.sum, said.at, said.service, said.payer, said.details)


def _needed(said: Said, name: str, value: str | None) -> str:
    if value is None:
        raise Unacceptable(_WRONG[name], name, "is needed", said.txn_id)
    return value


def _located(message: str) -> Unacceptable:
    """msgspec writes ``… - at `$.sum```; the rest of its words say what is wrong."""
    found = _PATH.search(message)
    path = found[1] if found else ""
    text = message.partition(" - at ")[0]
    return Unacceptable(_WRONG.get(path, "bad_request"), path, text)
