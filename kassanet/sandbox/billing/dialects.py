"""The wire of a simulated billing, written from the protocols and not from our codecs: bytes to asks and back."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Protocol
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from kassanet.sandbox.billing.rules import Answer, Ask, Word

MOSCOW = timedelta(hours=3)


class Misread(Exception):
    """A request that makes no sense in the dialect; carries the word to answer."""

    def __init__(self, word: Word) -> None:
        super().__init__(word)
        self.word = word


class Dialect(Protocol):
    def read(self, method: str, query: str, body: bytes, headers: Mapping[str, str]) -> Ask:
        """Raises :class:`Misread`."""

    def write(self, ask: Ask, answer: Answer) -> tuple[str, bytes]:
        """Content type and body."""


class OsmpDialect:
    """OSMP with Pegas' ``cancel`` and ``verify``."""

    _RESULTS: dict[Word, int] = {  # noqa: RUF012 - a table
        "ok": 0, "temporary": 1, "bad_account": 4, "no_account": 5, "forbidden": 7, "inactive": 79, "too_small": 241,
        "too_big": 242, "cannot_cancel": 251, "bad_request": 300, "bad_signature": 500,
    }  # fmt: skip

    def read(self, method: str, query: str, body: bytes, headers: Mapping[str, str]) -> Ask:
        said = _form(query, body)
        command = said.get("command", "")
        if command not in ("check", "pay", "cancel", "verify"):
            raise Misread("bad_request")
        if command == "pay" and len(said.get("txn_date", "")) != 14:
            raise Misread("bad_request")
        amount = _kopecks(said.get("sum", "")) if command == "pay" else 0
        return Ask(command, _txn(said.get("txn_id", "")), said.get("account", ""), amount, said.get("sum", ""))  # type: ignore[arg-type]  # compared above

    def write(self, ask: Ask, answer: Answer) -> tuple[str, bytes]:
        paid = answer.credited
        told = f"<osmp_txn_id>{escape(ask.txn_id)}</osmp_txn_id>"
        if paid is not None:
            told += f"<prv_txn>{paid.prv_txn}</prv_txn><sum>{_roubles(paid.sum)}</sum>"
        told += f"<result>{self._RESULTS[answer.word]}</result><comment>{answer.word}</comment>"
        if ask.command == "check" and answer.word == "ok":
            told += '<fields><field1 name="fio" type="disp">Иванов И. И.</field1></fields>'
        return "text/xml; charset=utf-8", _document(told)


class SberbankDialect:
    """Sberbank's protocol 2."""

    _CODES: dict[Word, int] = {  # noqa: RUF012 - a table
        "ok": 0, "temporary": 1, "bad_request": 2, "no_account": 3, "bad_account": 4, "inactive": 5, "forbidden": 7,
        "too_small": 10, "too_big": 11, "bad_signature": 14, "cannot_cancel": 2,
    }  # fmt: skip

    def read(self, method: str, query: str, body: bytes, headers: Mapping[str, str]) -> Ask:
        said = {name.upper(): value for name, value in _form(query, body).items()}
        account = said.get("ACCOUNT", "")
        if said.get("ACTION") == "check":
            return Ask("check", account=account)
        if said.get("ACTION") != "payment":
            raise Misread("bad_request")
        try:
            datetime.strptime(said.get("PAY_DATE", ""), "%d.%m.%Y_%H:%M:%S")
        except ValueError:
            raise Misread("bad_request") from None
        return Ask("pay", _txn(said.get("PAY_ID", "")), account, _kopecks(said.get("AMOUNT", "")))

    def write(self, ask: Ask, answer: Answer) -> tuple[str, bytes]:
        paid = answer.credited
        code = 8 if answer.repeated and answer.word == "ok" else self._CODES[answer.word]
        told = f"<CODE>{code}</CODE><MESSAGE>{answer.word}</MESSAGE>"
        if paid is not None:
            registered = datetime.fromisoformat(paid.at).astimezone(UTC) + MOSCOW
            told += f"<EXT_ID>{paid.prv_txn}</EXT_ID><REG_DATE>{registered:%d.%m.%Y_%H:%M:%S}</REG_DATE>"
            told += f"<AMOUNT>{_roubles(paid.sum)}</AMOUNT>"
        elif ask.command == "check" and answer.word == "ok":
            told += "<FIO>Иванов И. И.</FIO><BALANCE>0.00</BALANCE>"
        return "text/xml; charset=utf-8", _document(told)


class JsonDialect:
    """Signed JSON."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def read(self, method: str, query: str, body: bytes, headers: Mapping[str, str]) -> Ask:
        stamp = headers.get("x-kassanet-timestamp", "")
        code = hmac.new(self._secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(headers.get("x-kassanet-signature", ""), f"sha256={code}"):
            raise Misread("bad_signature")
        try:
            said = json.loads(body)
            command, amount = said["command"], said.get("sum", 0)
            if command not in ("check", "pay", "cancel", "verify") or type(amount) is not int:
                raise Misread("bad_request")
            return Ask(command, str(said.get("txn_id", "")), str(said.get("account", "")), amount)
        except (ValueError, KeyError, AttributeError):
            raise Misread("bad_request") from None

    def write(self, ask: Ask, answer: Answer) -> tuple[str, bytes]:
        told: dict[str, object] = {"result": answer.word, "repeated": answer.repeated}
        if ask.txn_id:
            told["txn_id"] = ask.txn_id
        if answer.credited is not None:
            told |= {"prv_txn": answer.credited.prv_txn, "sum": answer.credited.sum}
        return "application/json", json.dumps(told).encode()


def _form(query: str, body: bytes) -> dict[str, str]:
    try:
        said = parse_qs(query + "&" + body.decode(), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Misread("bad_request") from None
    return {name: values[0] for name, values in said.items()}


def _txn(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise Misread("bad_request")
    return text


def _kopecks(text: str) -> int:
    try:
        amount = Decimal(text) * 100
    except InvalidOperation:
        raise Misread("bad_request") from None
    if amount != amount.to_integral_value() or amount <= 0:
        raise Misread("bad_request")
    return int(amount)


def _roubles(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


def _document(inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<response>{inner}</response>'.encode()
