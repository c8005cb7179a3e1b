"""Channels that pay: each sends its notices in its own dialect, again and out of order, until it hears what ends them.

A real channel keeps a notice for hours and repeats it until the answer is final; an answer that got lost is a reason to
repeat, and so is a temporary one. What a player believes in the end is written down, to be held against the ledgers.
The wire is written from the protocols, not with our codecs.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from random import Random
from typing import Literal, Protocol
from urllib.parse import urlencode
from xml.etree import ElementTree

from msgspec import Struct

from kassanet.sandbox.billing.acquirer import Acquirer
from kassanet.sandbox.billing.acquirer import notice as acquirer_notice

Believes = Literal["paid", "refused", "again"]
FATAL_RESULTS = frozenset({4, 5, 7, 8, 79, 241, 242, 243, 251, 300, 500})


class Notice(Struct, frozen=True):
    """A payment of a channel. ``sum`` in kopecks; ``date`` is ``YYYYMMDDHHMMSS``."""

    txn_id: str
    account: str
    sum: int
    date: str = "20261122180000"


class Sent(Struct, frozen=True):
    """A request without its address."""

    method: str
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Answered(Struct, frozen=True):
    """An answer, or none: ``status`` 0."""

    status: int
    body: bytes = b""


class Player(Protocol):
    """A channel's side of its dialect."""

    def pay(self, notice: Notice) -> Sent: ...

    def believes(self, notice: Notice, answered: Answered) -> Believes: ...


class OsmpPlayer:
    """A terminal network."""

    def pay(self, notice: Notice) -> Sent:
        said = {"command": "pay", "txn_id": notice.txn_id, "txn_date": notice.date, "account": notice.account}
        return Sent("GET", urlencode({**said, "sum": roubles(notice.sum)}))

    def check(self, notice: Notice) -> Sent:
        """Asked before the payer puts money in."""
        said = {"command": "check", "txn_id": notice.txn_id, "account": notice.account, "sum": roubles(notice.sum)}
        return Sent("GET", urlencode(said))

    def cancel(self, notice: Notice) -> Sent:
        """The payer wants the money back, or the operator made a mistake."""
        said = {"command": "cancel", "txn_id": notice.txn_id, "account": notice.account, "sum": roubles(notice.sum)}
        return Sent("GET", urlencode(said))

    def believes(self, notice: Notice, answered: Answered) -> Believes:
        result = _xml_number(answered, "result")
        if result == 0:
            return "paid"
        return "refused" if result in FATAL_RESULTS else "again"


class SberbankPlayer:
    """The bank; its number is of digits."""

    def pay(self, notice: Notice) -> Sent:
        date = notice.date
        when = f"{date[6:8]}.{date[4:6]}.{date[:4]}_{date[8:10]}:{date[10:12]}:{date[12:]}"
        said = {"ACTION": "payment", "ACCOUNT": notice.account, "AMOUNT": roubles(notice.sum)}
        return Sent("GET", urlencode({**said, "PAY_ID": notice.txn_id, "PAY_DATE": when}))

    def check(self, notice: Notice) -> Sent:
        """Asked before the payer is let to pay."""
        return Sent("GET", urlencode({"ACTION": "check", "ACCOUNT": notice.account}))

    def believes(self, notice: Notice, answered: Answered) -> Believes:
        code = _xml_number(answered, "CODE")
        if code in (0, 8):
            return "paid"
        return "again" if code in (None, 1) else "refused"


class PayKeeperPlayer:
    """An acquirer that repeats until it hears OK."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def pay(self, notice: Notice) -> Sent:
        said = {"id": notice.txn_id, "sum": roubles(notice.sum), "clientid": notice.account, "orderid": ""}
        key = hashlib.md5("".join([*said.values(), self._secret]).encode()).hexdigest()
        return _form({**said, "key": key})

    def believes(self, notice: Notice, answered: Answered) -> Believes:
        expected = f"OK {hashlib.md5((notice.txn_id + self._secret).encode()).hexdigest()}"
        return "paid" if answered.status == 200 and answered.body.decode() == expected else "again"


class YooKassaPlayer:
    """An acquirer whose notice only names the payment, which stands in its API; it repeats until it hears 200."""

    def __init__(self, acquirer: Acquirer) -> None:
        self._acquirer = acquirer

    def pay(self, notice: Notice) -> Sent:
        found = self._acquirer.paid(notice.txn_id, roubles(notice.sum), {"account": notice.account})
        body = acquirer_notice("payment.succeeded", found)
        return Sent("POST", "", body, {"Content-Type": "application/json"})

    def believes(self, notice: Notice, answered: Answered) -> Believes:
        return "paid" if answered.status == 200 else "again"


class RobokassaPlayer:
    """An acquirer that repeats until it hears OK and the invoice's number."""

    def __init__(self, password2: str) -> None:
        self._password = password2

    def pay(self, notice: Notice) -> Sent:
        amount = f"{roubles(notice.sum)}0000"
        signed = f"{amount}:{notice.txn_id}:{self._password}:Shp_account={notice.account}"
        value = hashlib.md5(signed.encode()).hexdigest().upper()
        said = {"OutSum": amount, "InvId": notice.txn_id, "Shp_account": notice.account, "SignatureValue": value}
        return _form(said)

    def believes(self, notice: Notice, answered: Answered) -> Believes:
        return "paid" if answered.status == 200 and answered.body.decode() == f"OK{notice.txn_id}" else "again"


class JsonPlayer:
    """A program."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._clock = clock

    def pay(self, notice: Notice) -> Sent:
        said = {"command": "pay", "txn_id": notice.txn_id, "account": notice.account, "sum": notice.sum}
        body, stamp = json.dumps(said).encode(), str(int(self._clock()))
        code = hmac.new(self._secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Kassanet-Timestamp": stamp, "X-Kassanet-Signature": f"sha256={code}"}
        return Sent("POST", "", body, headers)

    def believes(self, notice: Notice, answered: Answered) -> Believes:
        try:
            result = json.loads(answered.body)["result"] if answered.status == 200 else "temporary"
        except (ValueError, KeyError, TypeError):
            return "again"
        if result == "ok":
            return "paid"
        return "again" if result in ("temporary", "not_finished") else "refused"


def notices(count: int, seed: int = 0, *, first: int = 1, accounts: int = 50) -> list[Notice]:
    """Payments of some subscribers, numbers counted through."""
    random = Random(seed)
    return [
        Notice(str(number), str(100_000 + random.randrange(accounts)), random.randrange(100, 500_000))
        for number in range(first, first + count)
    ]


def disordered(items: Sequence[Notice], seed: int = 0, *, repeats: float = 0.3, reach: int = 5) -> list[Notice]:
    """Some of them again, and all of them shuffled among their neighbours: as networks with many workers send."""
    random = Random(seed)
    twice = [item for item in items for _ in range(1 + (random.random() < repeats))]
    order = sorted(range(len(twice)), key=lambda place: place + random.uniform(0, reach))
    return [twice[place] for place in order]


def endless(first: int, seed: int = 0, *, accounts: int = 50, repeats: float = 0.3) -> Iterator[Notice]:
    """Payments for ever, disordered as they come."""
    for run in count():
        some = notices(20, seed + run, first=first + 20 * run, accounts=accounts)
        yield from disordered(some, seed + run, repeats=repeats)


def roubles(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def _form(said: Mapping[str, str]) -> Sent:
    return Sent("POST", "", urlencode(said).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def _xml_number(answered: Answered, name: str) -> int | None:
    """None where there was no answer, or none that can be read."""
    if answered.status != 200:
        return None
    try:
        return int(ElementTree.fromstring(answered.body).findtext(name, "nothing"))
    except (ElementTree.ParseError, ValueError):
        return None
