"""Card numbers made unreadable: whatever a terminal or a slip says, no whole PAN goes further than this.

Drivers mask what they read and actors mask it again, because one forgotten place is one too many.
"""

import re

from msgspec.structs import replace

from schemas.operations import PinpadAnswer, Slips

_CANDIDATE = re.compile(r"(?<![0-9*])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
"""13 to 19 digits, perhaps grouped: as long as any card number is, and longer than an RRN (12) or an amount."""

_CERTAIN = re.compile(r"[0-9]{16,19}\Z|[0-9]{4}([ -][0-9]{4}){3}([ -]?[0-9]{1,3})?\Z")
"""What looks like a card number is hidden. The rest, which may be a merchant's number or two numbers side by side, only
where its check digit is right."""


def masked(text: str) -> str:
    """``text`` with every card number reduced to stars and its last four digits."""
    return _CANDIDATE.sub(_hidden, text)


def masked_answer(answer: PinpadAnswer) -> PinpadAnswer:
    """The answer with no whole card number in its PAN, its text or its slips."""
    slips = Slips(_masked(answer.slips.customer), _masked(answer.slips.merchant))
    return replace(answer, pan=_masked(answer.pan), text=_masked(answer.text), slips=slips)


def _masked(text: str | None) -> str | None:
    return None if text is None else masked(text)


def _hidden(found: re.Match[str]) -> str:
    digits = re.sub(r"[^0-9]", "", found[0])
    if not _CERTAIN.match(found[0]) and not _luhn(digits):
        return found[0]
    return "*" * (len(digits) - 4) + digits[-4:]


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812: every card number ends with its check digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
