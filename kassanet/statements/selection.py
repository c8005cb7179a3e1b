"""Which lines become payments, and why the others do not.

A receipt is owed to a person who paid, once. So money between our own accounts, money of companies, and the one
transfer with which a bank hands over what a registry lists payment by payment are passed over, each with its reason.
Whose account a payment is for is read from the file; where it is not said, or said twice, a person decides: nobody
guesses.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from kassanet.statements.line import Line

Reason = Literal[
    "outgoing",
    "not_booked",
    "own_transfer",
    "registry_lump_sum",
    "not_a_person",
    "excluded",
    "no_account",
    "several_accounts",
    "duplicate",
    "no_route",
    "conflict",
]
"""Why a line is no payment. The two about accounts, ``no_route`` and ``conflict`` are for a person to decide."""

ASKS: frozenset[Reason] = frozenset({"no_account", "several_accounts", "no_route", "conflict"})

WORDS: dict[Reason, str] = {
    "outgoing": "money that goes out",
    "not_booked": "the bank has not booked it yet",
    "own_transfer": "a transfer between own accounts",
    "registry_lump_sum": "the sum of a registry, whose own lines say who paid",
    "not_a_person": "the payer is not a person",
    "excluded": "excluded by a rule",
    "no_account": "no account is found in it",
    "several_accounts": "several accounts are found in it",
    "duplicate": "this payment is known already",
    "no_route": "no route takes it",
    "conflict": "a payment of this number is known with other content",
}

Digits = Annotated[str, Meta(pattern=r"^[0-9]{1,20}\Z")]
Pattern = Annotated[str, Meta(min_length=1, max_length=512)]
MOST_SEARCHED = 2048
"""Characters of a purpose that are searched for an account; a bank writes at most 210."""


class LumpSum(Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer that carries a whole registry: all that is given here must fit. Empty fits nothing."""

    payer_inn: Digits | None = None
    payer_account: Digits | None = None
    purpose: Pattern | None = None


class SelectionRules(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of an import.

    * ``account_patterns``: regular expressions whose first group is the subscriber's account, sought in the purpose.
    * ``person_accounts``: first digits of payers' accounts that are people's; ``pass_through`` of those through which
      banks pass people's payments on.
    * ``exclude_payers``: INNs and accounts that are never payers.
    * ``own_inn``: our own, the channel's where none is said; money from it is a transfer.
    """

    account_patterns: tuple[Pattern, ...] = (
        r"(?i)(?:л/с|лс|лиц\w*\.?\s*сч[её]т\w*|дог(?:овор\w*|\.))\s*[:№N#]*\s*(\d[\d-]{0,31})",
    )
    person_accounts: tuple[Digits, ...] = ("40817", "40820", "423")
    pass_through: tuple[Digits, ...] = ("30232", "30233", "47422")
    exclude_payers: tuple[Digits, ...] = ()
    lump_sums: tuple[LumpSum, ...] = (LumpSum(purpose=r"(?i)реестр"),)
    own_inn: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a pattern that is none."""
        for pattern in self.account_patterns:
            if _compiled(pattern).groups < 1:
                raise ValueError(f"{pattern!r} has no group for the account")
        for lump in self.lump_sums:
            _compiled(lump.purpose or "")


class Choice(Struct, frozen=True):
    """What a line becomes: a payment to ``account``, or nothing, with the reason."""

    line: Line
    account: str | None = None
    reason: Reason | None = None


class Selection:
    """The rules at work on one file. ``own`` are our accounts as the file names them."""

    def __init__(self, rules: SelectionRules, own: Iterable[str], *, registry: bool) -> None:
        self._rules = rules
        self._own = frozenset(own)
        self._registry = registry
        self._patterns = [re.compile(pattern) for pattern in rules.account_patterns]
        self._lumps = [(lump, re.compile(lump.purpose or "")) for lump in rules.lump_sums]
        self._people = rules.person_accounts + rules.pass_through

    def choose(self, line: Line) -> Choice:
        """The first rule that speaks decides."""
        reason = None if self._registry else self._passed_over(line)
        if reason is not None:
            return Choice(line, None, reason)
        if line.account is not None:
            return Choice(line, line.account)
        accounts = self._accounts(line.purpose)
        if len(accounts) == 1:
            return Choice(line, accounts.pop())
        return Choice(line, None, "several_accounts" if accounts else "no_account")

    def _passed_over(self, line: Line) -> Reason | None:
        if line.own_account not in self._own:
            return "outgoing"
        if line.credited is None:
            return "not_booked"
        if line.payer_account in self._own or (self._rules.own_inn and line.payer_inn == self._rules.own_inn):
            return "own_transfer"
        if {line.payer_inn, line.payer_account} & set(self._rules.exclude_payers):
            return "excluded"
        if any(_is_lump(lump, purpose, line) for lump, purpose in self._lumps):
            return "registry_lump_sum"
        return None if line.payer_account.startswith(self._people) else "not_a_person"

    def _accounts(self, purpose: str) -> set[str]:
        text = purpose[:MOST_SEARCHED]
        return {found[1] for pattern in self._patterns for found in pattern.finditer(text) if found[1]}


def _is_lump(lump: LumpSum, purpose: re.Pattern[str], line: Line) -> bool:
    if lump == LumpSum():
        return False
    return (
        lump.payer_inn in (None, line.payer_inn)
        and lump.payer_account in (None, line.payer_account)
        and purpose.search(line.purpose[:MOST_SEARCHED]) is not None
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
