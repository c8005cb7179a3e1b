"""An order as the request that asks for it, by the terminal's profile; and why it can never be asked for."""

from collections.abc import Iterator

from schemas.operations import FINANCIAL, OperationKind
from schemas.problems import FieldError
from transports.pinpad import NotConfigured, Order, Original
from transports.smartsale.fields import MODE2, NUMBER, OPERATION
from transports.smartsale.frames import Frame, FrameDecoder
from transports.smartsale.message import Message
from transports.smartsale.profile import TerminalProfile, Variant, code_key
from transports.smartsale.templates import Absent, Words
from transports.smartsale.values import Malformed

MOST = 999_999_999_999
"""An amount has 12 digits."""

NEEDS_AMOUNT = FINANCIAL - {"emergency_void"}


def variant_of(order: Order, profile: TerminalProfile) -> Variant:
    """Which way of asking the order takes."""
    if order.kind == "receipt_copy" and order.receipt_number is not None:
        return "receipt_copy_by_number"
    if order.kind == "preauthorisation" and order.original is not None:
        return "incremental_preauthorisation"
    if order.kind == "refund" and _names_nothing(order.original):
        known = profile.operation("unreferenced_refund").code is not None
        return "unreferenced_refund" if known else "refund"
    return order.kind


def request_for(order: Order, profile: TerminalProfile) -> Message:
    """Raises :class:`NotConfigured` where the profile has no code, ValueError for what the protocol cannot carry."""
    variant = variant_of(order, profile)
    operation = profile.operation(variant)
    if operation.code is None:
        raise NotConfigured(code_key(variant))
    if operation.repeats_request and order.original is not None and order.original.request is not None:
        return decoded_request(order.original.request).with_value(OPERATION, operation.code)
    words = words_of(order, profile)
    try:
        written = [(template.number, template.data(words)) for template in operation.templates]
    except Absent as absent:
        raise ValueError(str(absent)) from None
    code = (OPERATION.number, OPERATION.encode(operation.code))
    return Message(sorted([code, *((number, data) for number, data in written if data is not None)]))


def decoded_request(wire: bytes) -> Message:
    """The message of a stored request; raises ValueError when the bytes are none."""
    found = [event for event in FrameDecoder().feed(wire) if isinstance(event, Frame)]
    if len(found) != 1:
        raise Malformed("the stored request is no frame")
    return Message.decode(found[0].body)


def words_of(order: Order, profile: TerminalProfile) -> Words:
    """What the templates of a profile may use."""
    original = order.original or Original()
    currency = original.currency or order.currency if order.kind == "emergency_void" else order.currency
    partial = None not in (order.amount, original.amount) and order.amount != original.amount
    return {
        "amount": original.amount if order.amount is None else order.amount,
        "currency": profile.currency_codes.get(currency, currency),
        "at": order.at,
        "number": order.number,
        "terminal_id": order.terminal_id,
        "auth_code": original.auth_code,
        "rrn": original.rrn,
        "original_amount": original.amount,
        "partial_of": original.amount if partial else None,
        "original_number": original.number,
        "original_code": _code_of(original.kind, profile),
        "original_slip_number": original.slip_number,
        "receipt_number": order.receipt_number,
    }


def objections(order: Order, profile: TerminalProfile) -> Iterator[FieldError]:
    """Why this profile can never carry the order; nothing when it can."""
    amount = order.amount
    if amount is None and order.kind in NEEDS_AMOUNT and (order.original is None or order.original.amount is None):
        yield FieldError("amount", "is needed for this operation", f"1…{MOST} kopecks")
    if amount is not None and not 1 <= amount <= MOST:
        yield FieldError("amount", f"{amount} cannot be sent to this terminal", f"1…{MOST} kopecks")
        return
    try:
        request_for(order, profile).frame()
    except NotConfigured as missing:
        yield FieldError("kind", str(missing))
    except ValueError as error:
        if amount is not None or order.kind not in NEEDS_AMOUNT:
            yield FieldError("", str(error))


def asks_for(request: Message) -> tuple[int, int | None, int | None]:
    """Operation, field 65 and number of a request of ours; raises Malformed."""
    operation = request.operation
    if operation is None:
        raise Malformed("the request names no operation")
    return operation, request.get(MODE2), request.get(NUMBER)


def _names_nothing(original: Original | None) -> bool:
    return original is None or (original.rrn is None and original.auth_code is None and original.number is None)


def _code_of(kind: OperationKind | None, profile: TerminalProfile) -> int | None:
    return None if kind is None else profile.operation(kind).code
