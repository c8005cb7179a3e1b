"""A request of the cash register as the terminal reads it, and what it says to one that it will not do."""

from msgspec import Struct

from kassanet.sandbox.smartsale.terminal.codes import Codes
from kassanet.sandbox.smartsale.terminal.journal import REFUSED
from schemas.operations import OperationKind
from transports.smartsale.fields import (
    ADDITIONAL_AMOUNT,
    AMOUNT,
    AUTH_CODE,
    CURRENCY,
    MODE,
    MODE2,
    NUMBER,
    RRN,
    SLIP_NUMBER,
    TERMINAL_ID,
)
from transports.smartsale.message import Message
from transports.smartsale.values import Malformed

ROUBLES = 643
RRN_DIGITS = 12


class Refuse(Exception):
    """The operation ends with this field 39, text and response code; no money has moved."""

    def __init__(self, text: str, status: int = REFUSED, code: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.code = code


class Asked(Struct, frozen=True, kw_only=True):
    """The fields of a request that matter here. ``kind`` None is an operation that this terminal does not know.

    ``malformed``: some field is no value of its kind; nothing else of the request is trusted then.
    """

    message: Message
    kind: OperationKind | None = None
    operation: int | None = None
    mode: int | None = None
    mode2: int | None = None
    amount: int | None = None
    original_amount: int | None = None
    currency: int | None = None
    number: int | None = None
    terminal_id: str | None = None
    rrn: str | None = None
    auth: str | None = None
    slip_number: str | None = None
    malformed: bool = False


def read_request(codes: Codes, message: Message) -> Asked:
    """Never raises."""
    try:
        rrn = message.get(RRN)
        return Asked(
            message=message,
            kind=codes.kind(message),
            operation=message.operation,
            mode=message.get(MODE),
            mode2=message.get(MODE2),
            amount=message.get(AMOUNT),
            original_amount=message.get(ADDITIONAL_AMOUNT),
            currency=message.get(CURRENCY),
            number=message.get(NUMBER),
            terminal_id=message.get(TERMINAL_ID),
            rrn=None if rrn is None else rrn.zfill(RRN_DIGITS),
            auth=message.get(AUTH_CODE),
            slip_number=message.get(SLIP_NUMBER),
        )
    except Malformed:
        return Asked(message=message, malformed=True)
