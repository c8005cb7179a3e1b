"""A receipt while it is being passed: what has come so far, and whether it may become a document.

The order is the protocol's (sections 6.2 and 10): items, then agent and vending data, then the payment, then the
commit. Each step refuses what does not belong, and a refused step leaves everything as it was.
"""

from collections import Counter

from kassanet.sandbox.fiscal_storage import Draft, Registration
from kassanet.sandbox.terminalfa.agents import Agents
from kassanet.sandbox.terminalfa.body import FFD_12, FFD_105, archived_item, receipt_body
from kassanet.sandbox.terminalfa.failures import Code, Failure, demand
from kassanet.sandbox.terminalfa.rnm import inn_is_plausible
from kassanet.sandbox.terminalfa.settings import DeviceSettings
from schemas.receipts import Payments
from transports.terminalfa.commands.receipt import (
    CommitReceipt,
    Item,
    PassAgent,
    PassItem12,
    PassPayment,
    PassVending,
)

CREDIT_PAYMENT = 7
METHODS = range(1, 8)
SUBJECTS = range(1, 20)
SUBJECTS_12 = range(1, 34)
U40_MAX = 2**40 - 1
TYPES = range(1, 5)


class OpenReceipt:
    """One open receipt."""

    def __init__(self, registration: Registration, settings: DeviceSettings) -> None:
        self._registration = registration
        self._settings = settings
        self.items: list[tuple[Item | PassItem12, int]] = []
        self.total_of_items = 0
        self.taxable: Counter[int] = Counter()
        self.agents = Agents(registration.agents, settings.max_agent_items)
        self.agent: PassAgent | None = None
        self.vending: PassVending | None = None
        self.payment: PassPayment | None = None

    def pass_item(self, item: Item | PassItem12) -> None:
        demand(self.payment is None, Code.ITEM_AFTER_PAYMENT)
        demand(len(self.items) < self._settings.max_items, Code.TOO_MANY_ITEMS)
        self._check_values(item)
        cost = (item.price * item.quantity + 500) // 1000
        demand(cost <= U40_MAX, Code.ITEM_OVERFLOW)
        demand(self.total_of_items + cost <= U40_MAX, Code.TOTAL_OVERFLOW)
        self._check_credit_payment(item)
        self.agents.pass_item(item)
        self.items.append((item, cost))
        self.total_of_items += cost
        self.taxable[item.vat] += cost

    def _check_values(self, item: Item | PassItem12) -> None:
        demand(item.vat in self._settings.vat_rates, Code.VAT)
        subjects = SUBJECTS_12 if isinstance(item, PassItem12) else SUBJECTS
        demand(item.subject is None or item.subject in subjects, Code.VALUE)
        demand(item.method in METHODS and item.quantity > 0, Code.VALUE)
        if isinstance(item, Item) and item.goods_code is not None:
            demand(_is_hex(item.goods_code), Code.FORMAT)

    def _check_credit_payment(self, item: Item | PassItem12) -> None:
        """A payment of a credit stands in a receipt of its own kind."""
        others = {other.method == CREDIT_PAYMENT for other, _ in self.items}
        demand(others <= {item.method == CREDIT_PAYMENT}, Code.CREDIT_PAYMENT)

    def pass_agent(self, agent: PassAgent) -> None:
        self.agents.pass_whole(agent)
        self.agent = agent

    def pass_vending(self, vending: PassVending) -> None:
        """Taken also by a register that was registered with its own: live senders do so."""
        demand(self.vending is None, Code.PASSED_ALREADY)
        self.vending = vending

    def pass_payment(self, payment: PassPayment) -> None:
        demand(self.payment is None, Code.PASSED_ALREADY)
        check_tax_system(payment.tax_system, self._registration)
        for inn in (payment.cashier_inn, payment.buyer_inn):
            demand(not inn or inn_is_plausible(inn), Code.VALUE)
        self.payment = payment

    def draft(self, commit: CommitReceipt) -> Draft:
        """What goes to the fiscal storage; refuses what does not add up, in the protocol's order of errors."""
        demand(commit.kind in TYPES, Code.RECEIPT_TYPE)
        payment = self.payment
        if payment is None or not self.items:
            raise Failure(Code.NOT_ALL_PASSED)
        payments = Payments(payment.cash, payment.cashless, payment.prepaid, payment.credit, payment.counter)
        demand(payments.total - payments.cash <= commit.total, Code.NON_CASH)
        demand(payments.total == commit.total, Code.PAYMENTS)
        demand(self.total_of_items // 100 == commit.total // 100, Code.ITEMS)  # compared in whole roubles
        self.agents.check_complete()
        demand(self.vending is not None or self._registration.has_vending_data, Code.VENDING_NEEDED)
        return Draft(
            body=receipt_body(
                items=[archived_item(item, cost) for item, cost in self.items],
                payment=payment,
                agent=self.agent,
                vending=self.vending,
                registration=self._registration,
                taxable=self.taxable,
                version=FFD_12 if isinstance(self.items[0][0], PassItem12) else FFD_105,
            ),
            settlement=commit.kind,
            total=commit.total,
            payments=payments,
            mark=payment.additional,
        )


def check_tax_system(mask: int, registration: Registration) -> None:
    """Exactly one of those the register is registered with."""
    demand(mask != 0, Code.TAX_SYSTEM)
    demand(mask & (mask - 1) == 0 and bool(mask & registration.tax_systems), Code.VALUE)


def _is_hex(text: str) -> bool:
    try:
        return bool(bytes.fromhex(text))
    except ValueError:
        return False
