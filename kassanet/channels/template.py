"""From a payment to its receipt, by the route's template: the same payment always makes the same receipt.

The receipt's key is made of the channel's key, so a repeat of the payment could never make a second receipt even if the
journal forgot that they belong together.
"""

from collections.abc import Mapping

import msgspec

from kassanet.edge.intake import Intake, Objections, no_objections
from schemas.payments import Pay
from schemas.receipts import Correction, Customer, Item, Kind, Payments, ReceiptRequest
from schemas.records import AcceptReceipt
from schemas.routes import ReceiptTemplate, RouteSpec, TemplateItem

LONGEST_NAME = 128
_encode = msgspec.json.Encoder().encode


class TooSmall(ValueError):
    """The fixed items of the template cost more than was paid."""


def receipt_of(
    template: ReceiptTemplate, pay: Pay, external_id: str, kind: Kind = "sell", correction: Correction | None = None
) -> ReceiptRequest:
    """Raises :class:`TooSmall`."""
    words = {"{account}": pay.account, "{service}": pay.service or "", "{txn_id}": pay.txn_id}
    fixed = sum(item.sum or 0 for item in template.items)
    rest = pay.sum - fixed
    if rest < 0 or (rest == 0 and any(item.sum is None for item in template.items)):
        raise TooSmall(f"{pay.sum} kopecks do not pay the fixed items, {fixed} kopecks")
    items = tuple(_item(item, rest if item.sum is None else item.sum, words) for item in template.items)
    return ReceiptRequest(
        external_id=external_id,
        kind=kind,
        tax_system=template.tax_system,
        items=items,
        payments=Payments(**{template.payment: sum(item.total for item in items)}),
        customer=_customer(template, pay),
        correction=correction,
        agent=template.agent,
        supplier=template.supplier,
        additional_check_props=template.additional_check_props,
    )


def record_of(
    route: RouteSpec, receipt: ReceiptRequest, at: float, objections: Objections = no_objections
) -> AcceptReceipt:
    """Checked by the rules of every receipt; raises :class:`schemas.problems.ProblemError`."""
    assert route.circuit is not None
    return Intake(route.circuit, None, objections).record(_encode(receipt), at)


def _item(item: TemplateItem, price: int, words: Mapping[str, str]) -> Item:
    name = item.name
    for word, value in words.items():
        name = name.replace(word, value)
    return Item(
        name=" ".join(name.split())[:LONGEST_NAME] or "-",
        price=price,
        quantity="1",
        vat=item.vat,
        method=item.method,
        subject=item.subject,
        measurement_unit=item.measurement_unit,
        agent=item.agent,
        supplier=item.supplier,
    )


def _customer(template: ReceiptTemplate, pay: Pay) -> Customer | None:
    """The payer's address where the channel tells one that can be used; else the template's."""
    said = {name: getattr(pay.payer, name) for name in ("email", "phone") if getattr(pay.payer, name)}
    for name in tuple(said):
        try:
            msgspec.convert({name: said[name]}, Customer)
        except msgspec.ValidationError:
            del said[name]  # an address that nobody could write to makes no payment impossible
    return msgspec.convert(said, Customer) if said else template.copy_to
