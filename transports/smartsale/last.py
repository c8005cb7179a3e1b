"""The last operation as the terminal tells it: the answer to a receipt copy, its fields first, then its slip.

Whether that answer brings more than a slip is documented nowhere. So everything is optional, two different values for
one thing are none, and a status of the copy itself proves nothing about the operation unless the profile says so.
"""

import re

from schemas.masking import masked
from schemas.operations import OperationKind
from transports.pinpad import LastOperation
from transports.smartsale.answers import APPROVED, OFFLINE
from transports.smartsale.fields import (
    AMOUNT,
    AUTH_CODE,
    HOST_TIME,
    LOCAL_TIME,
    NUMBER,
    ORIGINAL_OPERATION,
    RRN,
    SLIPS,
    STATUS,
)
from transports.smartsale.message import Message
from transports.smartsale.profile import KINDS, SlipWords, TerminalProfile
from transports.smartsale.slips import SlipData, read_slips

_FLAGS = re.IGNORECASE | re.MULTILINE


def read_last(message: Message, profile: TerminalProfile) -> LastOperation | None:
    """None when the terminal says that it has none. Raises Malformed."""
    status = message.get(STATUS)
    if status is not None and status == profile.no_copy_status:
        return None
    slip = _text(message)
    words = profile.slip
    rrn, auth_code = message.get(RRN), message.get(AUTH_CODE)
    amount, number = message.get(AMOUNT), message.get(NUMBER)
    return LastOperation(
        approved=_by_status(status, profile) if profile.copy_status == "operation" else _by_slip(slip, words),
        kind=_kind(message.get(ORIGINAL_OPERATION), slip, profile),
        amount=_kopecks(_one(words.amount, slip)) if amount is None else amount,
        number=_int(_one(words.number, slip)) if number is None else number,
        at=message.get(HOST_TIME) or _moment(words.at, slip) or _local_time(message, profile),
        rrn=rrn or _one(words.rrn, slip),
        auth_code=auth_code or _one(words.auth_code, slip),
        slip=masked(slip) or None,
    )


def _text(message: Message) -> str:
    data = message.get(SLIPS)
    slips = SlipData() if data is None else read_slips(data)
    return slips.customer or slips.merchant or ""


def _by_status(status: int | None, profile: TerminalProfile) -> bool | None:
    if not status:
        return None
    if status == OFFLINE:
        return {"manual": None, "approved": True, "refused": False}[profile.offline]
    return status == APPROVED


def _local_time(message: Message, profile: TerminalProfile) -> str | None:
    """Field 21 of a copy may as well be the time of the copying, which would fit every question."""
    return message.get(LOCAL_TIME) if profile.copy_status == "operation" else None


def _by_slip(slip: str, words: SlipWords) -> bool | None:
    """Both or neither said: nothing is known."""
    approved, refused = (bool(pattern) and bool(_search(pattern, slip)) for pattern in (words.approved, words.refused))
    return None if approved == refused else approved


def _kind(code: int | None, slip: str, profile: TerminalProfile) -> OperationKind | None:
    by_code = [kind for kind in KINDS if code is not None and profile.operation(kind).code == code]
    found = by_code or [kind for kind, pattern in profile.slip.kinds.items() if _search(pattern, slip)]
    return found[0] if len(found) == 1 else None


def _one(pattern: str, slip: str) -> str | None:
    """What the only group of ``pattern`` finds; None when it finds nothing or different things."""
    found = {each[1] for each in re.finditer(pattern, slip, _FLAGS)} if pattern else set()
    return found.pop() if len(found) == 1 else None


def _moment(pattern: str, slip: str) -> str | None:
    found = {_stamp(each) for each in re.finditer(pattern, slip, _FLAGS)} if pattern else set()
    return found.pop() if len(found) == 1 else None


def _stamp(found: re.Match[str]) -> str:
    parts = found.groupdict()
    year = parts["year"] if len(parts["year"]) == 4 else f"20{parts['year']}"
    return "".join((year, parts["month"], parts["day"], parts["hour"], parts["minute"], parts.get("second") or "00"))


def _kopecks(text: str | None) -> int | None:
    if text is None:
        return None
    roubles, _, kopecks = re.sub(r"[\s'\xa0]", "", text).replace(",", ".").partition(".")
    digits = roubles + (kopecks or "00")
    return int(digits) if digits.isascii() and digits.isdigit() and len(kopecks) in (0, 2) else None


def _int(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _search(pattern: str, slip: str) -> re.Match[str] | None:
    return re.search(pattern, slip, _FLAGS)
