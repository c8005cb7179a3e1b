"""DC2's documents as operations of a pinpad, and what came of them as DC2's documents."""

import hashlib
from uuid import uuid4

import msgspec
from msgspec import Struct

from schemas.operations import FINANCIAL, OperationKind, OperationRequest, PinpadAnswer
from schemas.pinpad_records import StoredOperation
from transports.dc2.documents import Answer, BadDocument, Request
from transports.smartsale.fields import (
    AMOUNT,
    AUTH_CODE,
    CURRENCY,
    HOST_TIME,
    LOCAL_TIME,
    MERCHANT_ID,
    MODE,
    MODE2,
    NUMBER,
    OPERATION,
    PAN,
    RESPONSE_CODE,
    RRN,
    SLIPS,
    STATUS,
    TERMINAL_ID,
    TEXT,
    Field,
)
from transports.smartsale.message import Message
from transports.smartsale.profile import VARIANTS, TerminalProfile, Variant
from transports.smartsale.slips import SlipData, write_slips
from transports.smartsale.values import Malformed

OK, TIMEOUT, SYSTEM, BAD_REQUEST, NO_CONFIGURATION, DEVICES, NO_LINK, CANCELLED, BUSY = 0, 1, 3, 4, 6, 9, 13, 15, 16
"""DUALConnector's codes."""

DEFAULT_TIMEOUT = 180.0
"""Seconds for a till that names none; the maker's library waits as long."""

CODES = {
    "pinpad_busy": BUSY,
    "pinpad_held": BUSY,
    "pinpad_blocked": BUSY,
    "sales_open": BUSY,
    "pinpad_inactive": DEVICES,
    "operation_not_configured": NO_CONFIGURATION,
    "operation_not_known": NO_CONFIGURATION,
}
"""What a refusal of ours is called there; every other one is a bad request."""

_WAYS: dict[Variant, OperationKind] = {
    "unreferenced_refund": "refund",
    "receipt_copy_by_number": "receipt_copy",
    "incremental_preauthorisation": "preauthorisation",
}
_NAMES_ORIGINAL: frozenset[OperationKind] = frozenset({"void", "refund", "completion", "preauthorisation"})
_MOVES_MONEY: frozenset[OperationKind] = frozenset(
    {"payment", "void", "refund", "preauthorisation", "completion", "top_up", "cash_withdrawal"}
)


class Asked(Struct, frozen=True):
    """``code`` and ``number`` are the fields 25 and 26 as they came: answers repeat them.

    A till that numbers its operations takes another number in an answer for another operation's answer.
    ``undone`` is the amount that an emergency void names: two tills at one pinpad may mean different last operations.
    """

    code: int
    request: OperationRequest
    number: int | None = None
    undone: int | None = None


def read_asked(said: Request, profile: TerminalProfile) -> Asked:
    """Raises :class:`BadDocument` for what is no operation of this terminal."""
    message = said.message
    try:
        code = message.operation
        if code is None:
            raise BadDocument("field 25, the operation, is missing")
        variant = _variant(message, code, profile)
        kind: OperationKind = _WAYS.get(variant, variant)  # type: ignore[arg-type]  # the other variants are kinds
        number = message.get(NUMBER) if kind in FINANCIAL else None  # in a slip's copy it would be the copied one's
        undone = message.get(AMOUNT) if kind == "emergency_void" else None
        return Asked(code, _request(said, kind, variant, profile), number, undone)
    except (Malformed, msgspec.ValidationError) as error:
        raise BadDocument(str(error)) from None


def _variant(message: Message, code: int, profile: TerminalProfile) -> Variant:
    """The way of asking whose code and fixed fields these are, the most closely fitting one."""
    fitting = [
        (len(fixed), variant)
        for variant in VARIANTS
        if profile.operation(variant).code == code
        for fixed in [_fixed(variant, profile)]
        if all(message.get(field) == value for field, value in fixed.items())
    ]
    if not fitting:
        raise BadDocument(f"operation {code} is not configured for this terminal")
    return max(fitting, key=lambda each: each[0])[1]


def _fixed(variant: Variant, profile: TerminalProfile) -> dict[Field[int], int]:
    said = profile.operation(variant).fields
    return {field: int(said[str(field.number)]) for field in (MODE, MODE2) if said.get(str(field.number), "").isdigit()}


def _request(said: Request, kind: OperationKind, variant: Variant, profile: TerminalProfile) -> OperationRequest:
    message = said.message
    named = kind in _NAMES_ORIGINAL
    asked = {
        "external_id": _key(message),
        "kind": kind,
        "amount": message.get(AMOUNT) if kind in _MOVES_MONEY else None,
        "currency": _currency(message, profile),
        "rrn": message.get(RRN) if named else None,
        "auth_code": message.get(AUTH_CODE) if named else None,
        "receipt_number": _receipt_number(message, variant, profile),
        "forced": kind in ("void", "refund"),  # the till has chosen, and DUALConnector obeys
        "time_limit": _time_limit(said, kind),
    }
    return msgspec.convert(asked, OperationRequest)


def _time_limit(said: Request, kind: OperationKind) -> float | None:
    """Whatever moves money ends when its till is told that it was not completed, also where the till said no time."""
    if said.timeout:
        return float(said.timeout)
    return DEFAULT_TIMEOUT if kind in _MOVES_MONEY or kind == "emergency_void" else None


def _key(message: Message) -> str:
    """The same request is the same operation: tills that number theirs (26) and say when (21) may repeat them."""
    number, at = message.get(NUMBER), message.get(LOCAL_TIME)
    if number is None or at is None:
        return f"dc2/{uuid4().hex}"
    return f"dc2/{number}/{at}/{hashlib.sha256(message.encode()).hexdigest()[:16]}"


def _currency(message: Message, profile: TerminalProfile) -> str | None:
    told = message.get(CURRENCY)
    if told is None:
        return None
    called = {int(code): currency for currency, code in profile.currency_codes.items()}
    return called.get(told, f"{told:03}")


def _receipt_number(message: Message, variant: Variant, profile: TerminalProfile) -> int | None:
    if variant != "receipt_copy_by_number":
        return None
    number = next((n for n, text in profile.operation(variant).fields.items() if "receipt_number" in text), None)
    data = message.raw(int(number)) if number is not None else None
    if data is None or not data.isdigit():
        raise BadDocument("the number of the receipt to be copied is missing")
    return int(data)


# -- what came of it ------------------------------------------------------------------------------


def refusal(code: int, text: str) -> Answer:
    """Nothing was done, or it is not known what was: the fields are empty, and so nothing is approved."""
    return Answer(message=Message(), code=code, text=text)


def outcome(asked: Asked, operation: StoredOperation) -> Answer:
    """A till looks at the code first and at field 39 then; only an approval of ours gives it 0 and 1."""
    result = None if operation.result is None else msgspec.json.decode(operation.result, type=PinpadAnswer)
    match operation.status:
        case "approved" | "refused" if result is not None:
            return Answer(message=_fields(asked, operation, result), code=OK)
        case "refused" | "approved" | "reversed":
            fields = {OPERATION: asked.code, STATUS: 1 if operation.status == "approved" else 16}
            return Answer(message=Message.of(fields), code=OK, text=operation.reason)
        case "failed":
            return refusal(NO_LINK, operation.reason or "no link to the device")
        case "cancelled":
            return refusal(CANCELLED, operation.reason or "cancelled")
        case _:
            return refusal(TIMEOUT, "not completed: the outcome is being found out")


def _fields(asked: Asked, operation: StoredOperation, result: PinpadAnswer) -> Message:
    slips = SlipData(customer=result.slips.customer, merchant=result.slips.merchant, card_type=result.card_type)
    told = result.status if result.status not in (None, 0, 1) else 16  # a person may refuse what the terminal approved
    status = 1 if operation.status == "approved" else told
    return Message.of(
        {
            AMOUNT: operation.amount,
            CURRENCY: int(operation.currency),
            HOST_TIME: result.host_at,
            PAN: result.pan,
            AUTH_CODE: result.auth_code,
            RRN: result.rrn,
            RESPONSE_CODE: result.response_code,
            TEXT: result.text,
            OPERATION: asked.code,
            NUMBER: asked.number,
            TERMINAL_ID: result.terminal_id,
            MERCHANT_ID: result.merchant_id,
            STATUS: status,
            SLIPS: write_slips(slips) if slips != SlipData() else None,
        }
    )
