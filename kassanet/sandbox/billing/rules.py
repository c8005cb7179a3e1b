"""What a billing decides: which accounts exist, which sums it takes, and that a number is credited once.

Accounts need not be made. Their first digits say what becomes of them, so that a test chooses by the account alone:

=========  =====================================================================
``404…``   not found
``403…``   forbidden by the provider
``479…``   not active
``401…``   temporarily not to be checked or paid
other      exists, where it is 1 to 20 letters or digits
=========  =====================================================================
"""

import re
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from kassanet.sandbox.billing.books import Ledger, LedgerLine

Word = Literal[
    "ok", "temporary", "bad_account", "no_account", "forbidden", "inactive", "too_small", "too_big", "cannot_cancel",
    "bad_request", "bad_signature",
]  # fmt: skip
_PREFIXES: dict[str, Word] = {"404": "no_account", "403": "forbidden", "479": "inactive", "401": "temporary"}
_ACCOUNT = re.compile(r"[0-9A-Za-zА-Яа-яЁё-]{1,20}")


class Limits(Struct, frozen=True):
    """Kopecks."""

    least: int = 100
    most: int = 10_000_000


class Ask(Struct, frozen=True):
    """A request as its dialect read it. ``sum`` in kopecks; ``said`` is the sum as it came."""

    command: Literal["check", "pay", "cancel", "verify"]
    txn_id: str = ""
    account: str = ""
    sum: int = 0
    said: str = ""


class Answer(Struct, frozen=True):
    """``credited`` is the payment that it speaks of; ``repeated``: it had been credited before."""

    word: Word
    credited: LedgerLine | None = None
    repeated: bool = False


class Billing:
    """A billing without its wire. ``committed`` is called at the moment of a credit."""

    def __init__(self, ledger: Ledger, limits: Limits | None = None) -> None:
        self.ledger = ledger
        self._limits = limits or Limits()

    def answer(self, ask: Ask, committed: Callable[[], None] = lambda: None) -> Answer:
        """A repeat of a payment is answered by the first one, whatever else it says now."""
        known = self.ledger.find(ask.txn_id) if ask.command != "check" else None
        if ask.command == "cancel":
            return self._cancel(known)
        if known is not None:
            return Answer("ok", known, repeated=True)
        if ask.command == "verify":
            return Answer("bad_request")
        word = self._objection(ask)
        if word != "ok" or ask.command == "check":
            return Answer(word)
        credited = self.ledger.credit(ask.txn_id, ask.account, ask.sum)
        committed()
        return Answer("ok", credited)

    def _objection(self, ask: Ask) -> Word:
        if _ACCOUNT.fullmatch(ask.account) is None:
            return "bad_account"
        for prefix, word in _PREFIXES.items():
            if ask.account.startswith(prefix):
                return word
        if ask.command == "pay" and ask.sum < self._limits.least:
            return "too_small"
        return "too_big" if ask.sum > self._limits.most else "ok"

    def _cancel(self, known: LedgerLine | None) -> Answer:
        if known is None:
            return Answer("cannot_cancel")
        repeated = known.txn_id in self.ledger.cancelled
        if not repeated:
            self.ledger.cancel(known.txn_id)
        return Answer("ok", known, repeated)
