"""A final frame as an answer: what the terminal said, told apart from what it did not say.

Only a received status 1 is a success. Status 0 and a missing one say nothing; that some firmware answers an approved
void with 0 is believed only where the profile names the words that come with it.
"""

import re

from schemas.masking import masked, masked_answer
from schemas.operations import OperationKind, PinpadAnswer, Slips, Stage, Totals, Verdict
from transports.smartsale.fields import (
    AMOUNT,
    AUTH_CODE,
    BATCH,
    CREDIT_AMOUNT,
    CREDIT_COUNT,
    CURRENCY,
    DEBIT_AMOUNT,
    DEBIT_COUNT,
    FIELDS,
    HOST_TIME,
    MERCHANT_ID,
    NUMBER,
    PAN,
    QUESTION,
    RESPONSE_CODE,
    RESULT,
    RRN,
    SCREEN,
    SLIP_NUMBER,
    SLIPS,
    STATUS,
    TERMINAL_ID,
    TEXT,
    VOIDED_CREDIT_AMOUNT,
    VOIDED_CREDIT_COUNT,
    VOIDED_DEBIT_AMOUNT,
    VOIDED_DEBIT_COUNT,
    Field,
)
from transports.smartsale.message import Message, masked_pan
from transports.smartsale.profile import OperationProfile, TerminalProfile
from transports.smartsale.slips import SlipData, read_slips
from transports.smartsale.values import Malformed

APPROVED, OFFLINE = 1, 17
"""Field 39. 16 declined, 34 no connection and 53 interrupted are refusals like every other number but 0."""

_TOTALS: dict[str, Field[int]] = {
    "debit_amount": DEBIT_AMOUNT,
    "debit_count": DEBIT_COUNT,
    "credit_amount": CREDIT_AMOUNT,
    "credit_count": CREDIT_COUNT,
    "voided_debit_amount": VOIDED_DEBIT_AMOUNT,
    "voided_debit_count": VOIDED_DEBIT_COUNT,
    "voided_credit_amount": VOIDED_CREDIT_AMOUNT,
    "voided_credit_count": VOIDED_CREDIT_COUNT,
}


def read_answer(
    message: Message, kind: OperationKind, operation: OperationProfile, profile: TerminalProfile
) -> PinpadAnswer:
    """Raises :class:`Malformed` where a field that matters is no value of its kind."""
    data = message.get(SLIPS)
    slips = SlipData() if data is None else read_slips(data)
    pan = message.get(PAN)
    answer = PinpadAnswer(
        verdict=verdict_of(message, kind, operation, profile),
        status=message.get(STATUS),
        text=message.get(TEXT),
        amount=message.get(AMOUNT),
        currency=_currency(message.get(CURRENCY), profile),
        rrn=message.get(RRN),
        auth_code=message.get(AUTH_CODE),
        response_code=message.get(RESPONSE_CODE),
        pan=None if pan is None else masked_pan(pan),
        card_type=None if slips.card_type is None else masked(slips.card_type),
        number=message.get(NUMBER),
        slip_number=message.get(SLIP_NUMBER),
        host_at=message.get(HOST_TIME),
        terminal_id=message.get(TERMINAL_ID),
        merchant_id=message.get(MERCHANT_ID),
        batch=message.get(BATCH),
        balance=_balance(message, profile) if kind == "balance" else None,
        slips=Slips(slips.customer, slips.merchant),
        totals=_totals(message),
    )
    return masked_answer(answer)


def verdict_of(message: Message, kind: OperationKind, operation: OperationProfile, profile: TerminalProfile) -> Verdict:
    """What a final frame says; a report may be proved by something else than a status, where it brings none."""
    status = message.get(STATUS)
    if status is None and operation.proof == "result":
        result = message.get(RESULT)
        return "undefined" if result is None else "approved" if result == 0 else "refused"
    if status is None and operation.proof == "slip":
        return "undefined" if message.get(SLIPS) is None else "approved"
    if status == OFFLINE:
        return "offline" if profile.offline == "manual" else profile.offline
    if not status:
        approved = status == 0 and kind == "void" and _says(message, profile.void_zero_text)
        return "approved" if approved else "undefined"
    return "approved" if status == APPROVED else "refused"


def foreign(message: Message, terminal_id: str | None, number: int | None, former_rrn: str | None = None) -> str | None:
    """Why a result is not the one to our request, None when nothing speaks against it. Raises Malformed.

    What the answer does not tell is not held against it: the maker's own profile has no number in answers.
    ``former_rrn`` belongs to the operation before, whose result a pinpad sends again when it missed our ACK.
    """
    told, counted = message.get(TERMINAL_ID), message.get(NUMBER)
    if None not in (told, terminal_id) and _unpadded(told) != _unpadded(terminal_id):
        return f"terminal {told} answered instead of {terminal_id}"
    if None not in (counted, number) and counted != number:
        return f"the answer belongs to operation number {counted}, not to {number}"
    if former_rrn is not None and message.get(RRN) == former_rrn:
        return f"the answer has the RRN {former_rrn} of the operation before"
    return None


def progress_of(message: Message, profile: TerminalProfile) -> tuple[Stage, str | None]:
    """What the pinpad does, as far as the text of a WAIT or dialog shows; never more than a guess."""
    text = _shown(message)
    for stage, pattern in profile.stages.items():
        if text and re.search(pattern, text, re.IGNORECASE):
            return stage, text
    return "working", text


def _shown(message: Message) -> str | None:
    try:
        text = message.get(SCREEN) or message.get(QUESTION) or message.get(TEXT)
    except Malformed:
        return None
    return None if text is None else masked(text)


def _says(message: Message, pattern: str) -> bool:
    return bool(pattern) and re.search(pattern, message.get(TEXT) or "", re.IGNORECASE) is not None


def _currency(told: int | None, profile: TerminalProfile) -> str | None:
    if told is None:
        return None
    called = {int(code): currency for currency, code in profile.currency_codes.items()}
    return called.get(told, f"{told:03}")


def _balance(message: Message, profile: TerminalProfile) -> int | None:
    field = FIELDS.get(profile.balance_field)
    if field is None:
        raise Malformed(f"field {profile.balance_field} holds no balance")
    value = message.get(field)
    return value if isinstance(value, int) else AMOUNT.decode(str(value).encode()) if value else None


def _totals(message: Message) -> Totals | None:
    told = {name: message.get(field) for name, field in _TOTALS.items()}
    return Totals(**told) if any(value is not None for value in told.values()) else None


def _unpadded(terminal_id: str | None) -> str:
    return (terminal_id or "").strip().lstrip("0")
