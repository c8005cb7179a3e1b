"""Why this type of register can never make a receipt, with every field that stands in the way named at once.

Two reasons beyond values that do not fit: the protocol has no place for something the receipt says, or has one that
would change it. What settles an unknown outcome (the buyer's address, the additional requisite, prices) must come
back from the archive letter by letter, so nothing may be substituted there.
"""

from collections.abc import Iterator

from schemas.problems import FieldError
from schemas.receipts import (
    CORRECTIONS,
    Agent,
    Item,
    PayingAgent,
    PaymentsOperator,
    ReceiptRequest,
    Supplier,
    TransferOperator,
)
from transports.terminalfa.agents import agent_of_item, agent_of_receipt
from transports.terminalfa.frames import MAX_DATA
from transports.terminalfa.receipts import Step, check_rate, commit_command, steps
from transports.terminalfa.settings import TerminalFaSettings
from transports.terminalfa.text import NotEncodable, printed
from transports.terminalfa.values import Unfit


def objections(receipt: ReceiptRequest, settings: TerminalFaSettings) -> list[FieldError]:
    """Every objection, each once; empty when the register can make the receipt."""
    found = [*_structural(receipt, settings), *_unfit_values(receipt, settings), *_total(receipt)]
    return list(dict.fromkeys(found))


def _structural(receipt: ReceiptRequest, settings: TerminalFaSettings) -> Iterator[FieldError]:
    yield from _rates(receipt, settings)
    if receipt.kind in CORRECTIONS:
        yield from _not_in_corrections(receipt)
        return
    yield from _exact(receipt)
    yield from _credit_payments(receipt)
    yield from _agents(receipt)
    yield from _phones(receipt.agent, receipt.supplier, "")
    for index, item in enumerate(receipt.items):
        yield from _item(item, f"items[{index}].", settings)


def _rates(receipt: ReceiptRequest, settings: TerminalFaSettings) -> Iterator[FieldError]:
    for index, item in enumerate(receipt.items):
        try:
            check_rate(item.vat, receipt.kind, settings)
        except Unfit as unfit:
            yield FieldError(f"items[{index}].vat", unfit.message, unfit.expected)


def _credit_payments(receipt: ReceiptRequest) -> Iterator[FieldError]:
    """Error 52: a payment of a credit stands in a receipt of its own."""
    if len({item.method == "credit_payment" for item in receipt.items}) > 1:
        for index, item in enumerate(receipt.items):
            if item.method == "credit_payment":
                yield FieldError(f"items[{index}].method", "stands beside other items", "a receipt of its own")


def _item(item: Item, path: str, settings: TerminalFaSettings) -> Iterator[FieldError]:
    if item.sum not in (None, item.cost):
        expected = "price × quantity rounded half up; put discounts into the price"
        yield FieldError(f"{path}sum", "this register reckons the sum itself", expected)
    yield from _phones(item.agent, item.supplier, path)
    if settings.ffd == "1.2":
        for name in ("measurement_unit", "nomenclature_code"):
            if getattr(item, name) is not None:
                yield FieldError(f"{path}{name}", "has no place in this register's item command (FFD 1.2)", "nothing")


def _agents(receipt: ReceiptRequest) -> Iterator[FieldError]:
    """Errors 53 and 3F: an agent of whom nothing is said, and items whose agent is not that of the whole receipt."""
    if receipt.agent is None and all(item.agent is None for item in receipt.items):
        return
    whole = agent_of_receipt(receipt)
    said = [("agent", whole)] if whole is not None else []
    for index, item in enumerate(receipt.items):
        agent = agent_of_item(receipt, item, f"items[{index}]")
        if agent.agent is not None:
            said.append((agent.agent_path, agent))
            if whole is not None and whole.agent is not None and whole.agent.type != agent.agent.type:
                yield FieldError(f"items[{index}].agent.type", "contradicts the receipt's agent", whole.agent.type)
    for path, agent in said:
        if set(agent.fields()) == {"agent"}:
            yield FieldError(path, "is named by its type alone", "something of the agent or its supplier")


def _phones(agent: Agent | None, supplier: Supplier | None, path: str) -> Iterator[FieldError]:
    holders: dict[str, PayingAgent | PaymentsOperator | TransferOperator | Supplier | None] = {}
    if agent is not None:
        holders["agent.paying_agent"] = agent.paying_agent
        holders["agent.receive_payments_operator"] = agent.receive_payments_operator
        holders["agent.money_transfer_operator"] = agent.money_transfer_operator
    if supplier is not None:
        holders["supplier"] = supplier
    for name, holder in holders.items():
        if holder is not None and len(holder.phones) > 1:
            yield FieldError(f"{path}{name}.phones", f"holds {len(holder.phones)} numbers", "one number")


def _exact(receipt: ReceiptRequest) -> Iterator[FieldError]:
    customer, additional = receipt.customer, receipt.additional_check_props
    if customer and customer.email and not _survives(customer.email):
        yield FieldError("customer.email", "would be changed by this register's code page", "characters of CP866")
    if additional is not None and not _survives(additional):
        expected = "characters of CP866, no spaces at the ends"
        yield FieldError("additional_check_props", "would be changed by this register", expected)


def _survives(text: str) -> bool:
    try:
        return printed(text) == text == text.strip()
    except NotEncodable:
        return True  # said by the value itself


def _not_in_corrections(receipt: ReceiptRequest) -> Iterator[FieldError]:
    names = ("customer", "agent", "supplier", "additional_check_props", "additional_user_props")
    said = [name for name in names if getattr(receipt, name) is not None]
    for index, item in enumerate(receipt.items):
        said += [f"items[{index}].{name}" for name in ("agent", "supplier") if getattr(item, name) is not None]
    for path in said:
        yield FieldError(path, "has no place in a correction of this type of register", "nothing")


def _unfit_values(receipt: ReceiptRequest, settings: TerminalFaSettings) -> Iterator[FieldError]:
    try:
        planned = list(steps(receipt, settings, None))
    except Unfit as unfit:
        yield FieldError("correction", unfit.message, unfit.expected)
        return
    for step in planned:
        yield from _unfit_step(step)


def _unfit_step(step: Step) -> Iterator[FieldError]:
    try:
        size = len(step.request.encode())
    except Unfit:
        for fault in step.request.faults():
            yield FieldError(step.path(fault.field), fault.message, fault.expected)
    else:
        yield from _oversize(size, step.origin)


def _oversize(size: int, path: str) -> Iterator[FieldError]:
    if size > MAX_DATA:
        yield FieldError(path, f"takes {size} bytes together on this register", f"at most {MAX_DATA} bytes")


def _total(receipt: ReceiptRequest) -> Iterator[FieldError]:
    if receipt.kind in CORRECTIONS and not receipt.total:
        yield FieldError("items", "correct nothing: their total is 0", "a total above 0")  # the register answers 45…47
    for fault in commit_command(receipt).faults():
        yield FieldError("items", f"the total {fault.message}", fault.expected)
