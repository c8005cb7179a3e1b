"""The result of an operation: its message, and what is to be remembered when it was acknowledged."""

from typing import Any

from msgspec import Struct

from kassanet.sandbox.smartsale.terminal.asked import ROUBLES, Refuse
from kassanet.sandbox.smartsale.terminal.device import MERCHANT
from kassanet.sandbox.smartsale.terminal.journal import APPROVED, Entry
from kassanet.sandbox.smartsale.terminal.paper import slip
from kassanet.sandbox.smartsale.terminal.settings import TerminalSettings
from kassanet.sandbox.smartsale.terminal.work import Work
from transports.smartsale.fields import (
    AMOUNT,
    AUTH_CODE,
    BATCH,
    CURRENCY,
    HOST_TIME,
    LOCAL_TIME,
    MERCHANT_ID,
    MODE2,
    NUMBER,
    OPERATION,
    PAN,
    RESPONSE_CODE,
    RESULT,
    RRN,
    SLIP_NUMBER,
    SLIPS,
    STATUS,
    TERMINAL_ID,
    TEXT,
    Field,
)
from transports.smartsale.message import Message
from transports.smartsale.slips import SlipData, write_slips

TERSE = frozenset({0, 4, 13, 14, 15, 19, 25, 27, 28, 39, 65, 67, 90})
"""What the maker's own profile lists in answers."""

USER_COMMAND = 63
DONE, FAILED = 0, 1

Fields = dict[Field[Any], Any]


class Reply(Struct, frozen=True):
    """``entry`` is the operation that stands only once this result is acknowledged."""

    message: Message
    entry: Entry | None = None


def reply(work: Work, status: int, fields: Fields | None = None, entry: Entry | None = None) -> Reply:
    """A result with what every one has, ascending by field number."""
    terminal, asked = work.terminal, work.asked
    said: Fields = {
        OPERATION: asked.operation or 0,
        TERMINAL_ID: terminal.settings.answers_as or terminal.tid,
        STATUS: status,
        LOCAL_TIME: terminal.now(),
        **(fields or {}),
    }
    if asked.operation == USER_COMMAND:
        said |= {MODE2: asked.mode2, RESULT: DONE if status == APPROVED else FAILED}
    ordered = sorted(said.items(), key=lambda item: item[0].number)
    return Reply(Message.of({field: value for field, value in ordered if _is_told(terminal.settings, field)}), entry)


def _is_told(settings: TerminalSettings, field: Field[Any]) -> bool:
    return field.number != settings.leaves_out and (not settings.terse or field.number in TERSE)


def refusal(work: Work, refuse: Refuse, entry: Entry | None = None) -> Reply:
    """A result that is not success; ``entry`` is the operation that came to nothing."""
    fields: Fields = {TEXT: refuse.text, RESPONSE_CODE: refuse.code}
    if work.asked.amount is not None:
        fields |= {AMOUNT: work.asked.amount, CURRENCY: ROUBLES}
    if entry is not None:
        fields |= _told(work, entry)
        fields[TEXT] = refuse.text
    return reply(work, refuse.status, fields)


def success(work: Work, entry: Entry, text: str = "ОДОБРЕНО", status: int = APPROVED) -> Reply:
    """The result of an operation that moved money."""
    return reply(work, status, {**_told(work, entry), TEXT: text}, entry)


def _told(work: Work, entry: Entry) -> Fields:
    began, decided = entry.began, entry.decided
    fields: Fields = {
        AMOUNT: began.amount,
        CURRENCY: ROUBLES,
        NUMBER: began.cash_number,
        MERCHANT_ID: MERCHANT,
        PAN: began.pan or None,
        LOCAL_TIME: began.at,
        BATCH: str(work.terminal.journal.batch),
        SLIP_NUMBER: str(began.number),
        SLIPS: slips(work, entry),
    }
    if decided is not None:
        fields |= {
            AUTH_CODE: decided.auth,
            RRN: decided.rrn,
            RESPONSE_CODE: decided.code,
            HOST_TIME: decided.host_at,
        }
    return fields


def slips(work: Work, entry: Entry, *, copy: bool = False) -> bytes:
    """Field 90 of an operation: the customer's slip, the merchant's, and the card."""
    settings = work.terminal.settings
    text = slip(
        entry, work.terminal.tid, MERCHANT, copy=copy, numbered=settings.numbers_slips, extra=settings.slip_lines
    )
    signed = f"{text}\n\nПОДПИСЬ ____________________"
    return write_slips(SlipData(text, signed, entry.began.brand or None, entry.began.aid or None))


def printed(text: str) -> bytes:
    """Field 90 of a report."""
    return write_slips(SlipData(text))
