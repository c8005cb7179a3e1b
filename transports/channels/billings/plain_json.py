"""A billing that takes signed JSON: the words of :mod:`transports.channels.plain_json`, from the other side."""

import msgspec
from msgspec import Struct

from schemas.payments import BillingAnswer, CancelPayment, CheckAccount, Pay, TxnId
from transports.channels.billings.verdict import OK_STATUS, Question, classed, unknown
from transports.channels.dialect import JSON
from transports.channels.plain_json import Said, Told
from transports.channels.signatures import hmac_sha256


class JsonBillingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``secret`` signs every request as kassanet's notices are signed."""

    secret: str

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the secret of a JSON billing has at least 16 characters")


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Told).decode


class JsonBilling:
    """See :class:`transports.channels.billings.verdict.BillingDialect`."""

    def __init__(self, settings: JsonBillingSettings) -> None:
        self._settings = settings

    def numbered(self, txn_id: str) -> bool:
        try:
            msgspec.convert(txn_id, TxnId)
        except msgspec.ValidationError:
            return False
        return True

    def check(self, request: CheckAccount, now: float) -> Question:
        amount = request.sum or None
        return self._question(Said("check", request.txn_id, request.account, amount, None, request.service), now)

    def pay(self, request: Pay, now: float) -> Question:
        said = Said(
            "pay", request.txn_id, request.account, request.sum, request.at, request.service, request.payer,
            request.details,
        )  # fmt: skip
        return self._question(said, now)

    def cancel(self, request: CancelPayment, now: float) -> Question:
        return self._question(Said("cancel", request.txn_id, request.account, request.sum), now)

    def decode(self, request: CheckAccount | Pay | CancelPayment, status: int, body: bytes) -> BillingAnswer:
        if status != OK_STATUS:
            return unknown(f"answered {status}", str(status))
        try:
            told = _decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return unknown(f"not an answer: {error}")
        if request.txn_id is not None and told.txn_id != request.txn_id:
            return unknown(f"an answer to payment {(told.txn_id or '')[:64]!r}", told.result)
        if isinstance(request, Pay) and told.sum is not None and told.sum != request.sum:
            return unknown(f"success for another sum: {told.sum}", told.result)
        return classed(
            told.result, told.result, told.comment, told.prv_txn, repeated=told.repeated, subscriber=told.subscriber
        )

    def _question(self, said: Said, now: float) -> Question:
        body, timestamp = _encode(said), str(int(now))
        signature = hmac_sha256(self._settings.secret, timestamp, body)
        headers = {
            "Content-Type": JSON,
            "X-Kassanet-Timestamp": timestamp,
            "X-Kassanet-Signature": f"sha256={signature}",
        }
        return Question("POST", "", body, headers)
