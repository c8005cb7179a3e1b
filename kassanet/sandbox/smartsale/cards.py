"""Who stands at the terminal: which card is presented, and what goes wrong with it.

Without a script customers are as they should be, but for amounts that nobody pays by accident: 999 900,NN is refused by
the issuer with response code NN, 999 901,NN plays the scenario of that number (see ``STAGED``). A script is a file of
JSON lines, the first that fits wins, and whatever can never happen is refused when the file is read::

    {"device":"*","on":"payment","amount":120000,"nth":1|"every":n|"p":0.1,"do":"decline","code":"51","card":"visa"}
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct

from kassanet.sandbox.occasions import Occasion, Occasions, load_lines

Act = Literal[
    "approve",
    "decline",
    "partial",
    "no_host",
    "no_card",
    "cancelled",
    "removed",
    "removed_late",
    "pin_wrong",
    "pin_blocked",
    "slow",
    "offline",
]
"""What a customer or an issuer does.

* ``decline`` the issuer refuses with ``code``; ``partial`` it approves half, which the terminal refuses and reverses
* ``no_host`` the terminal does not reach its bank
* ``no_card`` nobody comes; ``cancelled`` the customer presses the red button; ``removed`` the card is pulled out before
  the bank is asked, ``removed_late`` after it approved, which the terminal reverses
* ``pin_wrong`` the PIN is right at the second try; ``pin_blocked`` never
* ``slow`` the customer takes his time; ``offline`` the card is charged without the bank, which is told later
"""

ACTS: tuple[Act, ...] = get_args(Act)
DECLINED = 999_900_00
STAGED = 999_901_00
"""From this amount on, each kopeck more is the next of ``ACTS``: 999 901,02 is ``partial``."""


class Card(Struct, frozen=True):
    """A test card. ``aid`` and ``brand`` stand on its slips."""

    pan: str
    brand: str
    aid: str
    expiry: str = "3012"

    @property
    def track2(self) -> str:
        return f"{self.pan}={self.expiry}2010000000000"


CARDS = {
    "mir": Card("2200000000000053", "МИР", "A0000006581010"),
    "visa": Card("4000000000000002", "VISA", "A0000000031010"),
    "mastercard": Card("5100000000000008", "MASTERCARD", "A0000000041010"),
}


class Scenario(Struct, frozen=True):
    """What happens with one card. ``issuer`` is the response code that its bank gives."""

    act: Act = "approve"
    issuer: str = "00"
    card: Card = CARDS["mir"]


class CardLine(Occasion, frozen=True, forbid_unknown_fields=True):
    """One line of a script as it is written."""

    do: Act
    amount: int | None = None
    code: str = "05"
    card: str = "mir"

    def scenario(self) -> Scenario:
        """Raises ValueError with the reason when the line asks for something that does not exist."""
        if self.card not in CARDS:
            raise ValueError(f"`card` is {self.card!r}, known are {', '.join(CARDS)}")
        return scenario(self.do, self.code, CARDS[self.card])

    def check(self, devices: Collection[str] | None, operations: Callable[[str], bool]) -> None:
        """Raises ValueError with the reason when the line can never happen."""
        self.scenario()
        self.check_when()
        self.check_where(devices, operations, ("terminal", "operation"))


def scenario(act: Act, code: str = "05", card: Card = CARDS["mir"]) -> Scenario:
    """``code`` matters for a refusal only."""
    issuer = {"decline": code, "partial": "10"}.get(act, "00")
    return Scenario(act, issuer, card)


class Customers:
    """The customers of one terminal, one after another."""

    def __init__(self, lines: Sequence[CardLine] = (), seed: str = "0") -> None:
        self._lines = lines
        self._occasions = Occasions(lines, [f"{seed}/{place}" for place in range(len(lines))])

    def next(self, amount: int | None, *names: str) -> Scenario:
        """What the next customer does at an operation that goes by ``names``."""
        happening = self._occasions.happening(lambda line: line.concerns(names) and line.amount in (None, amount))
        first = next(happening, None)
        return _by_amount(amount or 0) if first is None else self._lines[first].scenario()


class CardScript:
    """All lines of a script. ``seed`` makes the chances of ``p`` other ones."""

    def __init__(self, lines: Sequence[CardLine] = (), seed: int = 0) -> None:
        self.lines = tuple(lines)
        self._seed = seed

    @classmethod
    def load(
        cls, path: Path, operations: Callable[[str], bool], seed: int = 0, devices: Collection[str] | None = None
    ) -> "CardScript":
        """Read a script; raises :class:`PlanError` naming file, line and key. Empty lines are passed over."""
        lines = load_lines(path, CardLine, lambda line: line.check(devices, operations))
        return cls(lines, seed)

    def for_device(self, *names: str) -> Customers:
        """Who comes to the terminal that goes by any of ``names``."""
        return Customers([line for line in self.lines if line.device in ("*", *names)], f"{self._seed}/{names[0]}")


def _by_amount(amount: int) -> Scenario:
    if DECLINED <= amount < STAGED:
        return scenario("decline", f"{amount - DECLINED:02d}")
    if STAGED <= amount < STAGED + len(ACTS):
        return scenario(ACTS[amount - STAGED])
    return Scenario()
