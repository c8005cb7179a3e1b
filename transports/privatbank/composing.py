"""From an order to the bytes of its request."""

from schemas.operations import OperationKind
from transports.pinpad import NotConfigured, Order
from transports.privatbank.messages import request, write_amount
from transports.privatbank.profile import Profile

ABSENT: frozenset[OperationKind] = frozenset({"emergency_void", "preauthorisation", "completion", "top_up"})
"""Kinds of which the protocol knows nothing, in any spelling."""


def compose(order: Order, profile: Profile) -> bytes:
    """Raises :class:`NotConfigured`, or ``ValueError`` for what the protocol cannot carry."""
    method = method_of(order.kind, profile)
    return request(method, **_params(order, profile))


def method_of(kind: OperationKind, profile: Profile) -> str:
    """Raises :class:`NotConfigured`, or ``ValueError`` for a kind that the protocol does not have."""
    if kind in ABSENT:
        raise ValueError(f"this protocol has no {kind}")
    method: str | None = getattr(profile.methods, kind)
    if method is None:
        raise NotConfigured(f"methods.{kind}")
    return method


def _params(order: Order, profile: Profile) -> dict[str, str]:
    match order.kind:
        case "payment" | "cash_withdrawal":
            return _sum(order, profile)
        case "refund":
            return {**_sum(order, profile), "rrn": _rrn(order)}
        case "void":
            return {**_sum(order, profile), "rrn": _rrn(order), "invoiceNumber": _invoice(order)}
        case "receipt_copy":
            return {"invoiceNumber": "0" if order.receipt_number is None else str(order.receipt_number)}
        case _:
            return {}


def _sum(order: Order, profile: Profile) -> dict[str, str]:
    if order.amount is None:
        raise ValueError("an amount is needed")
    if order.currency != profile.currency:
        raise ValueError(f"this terminal knows currency {profile.currency} alone")
    return {"amount": write_amount(order.amount), "discount": profile.discount, "merchantId": profile.merchant_id}


class OriginalUnknown(ValueError):
    """The payment that is given back is not known well enough yet."""


def _rrn(order: Order) -> str:
    if order.original is None or order.original.rrn is None:
        raise OriginalUnknown("the RRN of the original payment is needed")
    return order.original.rrn


def _invoice(order: Order) -> str:
    """The slip number of the original; the terminal takes the RRN where it is not known."""
    return (order.original.slip_number if order.original else None) or ""
