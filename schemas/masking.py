"""Card numbers made unreadable: whatever a terminal or a slip says, no whole PAN goes further than this.

Drivers mask what they read and actors mask it again, because one forgotten place is one too many.
"""

import re

from msgspec.structs import replace

from schemas.operations import PinpadAnswer, Slips

_PAN = re.compile(r"(?<![0-9*])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
"""13 to 19 digits, perhaps grouped: as long as any card number is, and longer than an RRN (12) or an amount."""


def masked(text: str) -> str:
    """``text`` with every card number reduced to stars and its last four digits."""
    return _PAN.sub(_hidden, text)


def masked_answer(answer: PinpadAnswer) -> PinpadAnswer:
    """The answer with no whole card number in its PAN, its text or its slips."""
    slips = Slips(_masked(answer.slips.customer), _masked(answer.slips.merchant))
    return replace(answer, pan=_masked(answer.pan), text=_masked(answer.text), slips=slips)


def _masked(text: str | None) -> str | None:
    return None if text is None else masked(text)


def _hidden(found: re.Match[str]) -> str:
    digits = re.sub(r"[^0-9]", "", found[0])
    return "*" * (len(digits) - 4) + digits[-4:]
