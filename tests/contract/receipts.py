"""Receipts of every shape that intake lets through, drawn by hypothesis.

Texts lean to what registers stumble over: the ends of their limits, letters that a code page lacks, quotation marks.
"""

from datetime import date
from typing import Any, get_args

from hypothesis import strategies as st

from schemas.receipts import (
    Agent,
    AgentType,
    Correction,
    Customer,
    Item,
    Method,
    PayingAgent,
    Payments,
    PaymentsOperator,
    ReceiptRequest,
    Subject,
    Supplier,
    TaxSystem,
    TransferOperator,
    UserProperty,
    Vat,
    Vending,
)

LETTERS = "абвгдеёжзАБЁЯ abcXYZ 0123456789 .,-/\"'"
RARE = "«»—…№₽ґєіїЄ€é☃"
PLAIN_VATS = ("none", "vat0", "vat10", "vat20", "vat110", "vat120")


def texts(longest: int) -> st.SearchStrategy[str]:
    """Mostly what can be printed; now and then as long as may be, or with a letter that cannot."""
    plain = st.text(LETTERS, min_size=1, max_size=min(longest, 30))
    full = st.sampled_from("яZ0").map(lambda letter: letter * longest)
    odd = st.text(LETTERS + RARE, min_size=1, max_size=min(longest, 20))
    return st.one_of(*[plain] * 12, full, full, odd)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


PHONES = st.lists(st.from_regex(r"\A\+7[0-9]{10}\Z"), max_size=1).map(tuple)
INNS = st.from_regex(r"\A([0-9]{10}|[0-9]{12})\Z")
EMAILS = st.sampled_from(["buyer@shop.example", "a" * 50 + "@b.example.ru", "почта@лавка.рф"])
SUPPLIERS = st.builds(Supplier, phones=PHONES, name=maybe(texts(64)), inn=maybe(INNS))
AGENTS = st.builds(
    Agent,
    type=st.sampled_from(get_args(AgentType)),
    paying_agent=maybe(st.builds(PayingAgent, operation=maybe(texts(24)), phones=PHONES)),
    receive_payments_operator=maybe(st.builds(PaymentsOperator, phones=PHONES)),
    money_transfer_operator=maybe(
        st.builds(TransferOperator, phones=PHONES, name=maybe(texts(64)), address=maybe(texts(164)), inn=maybe(INNS))
    ),
)
QUANTITIES = st.one_of(
    st.sampled_from(["1", "2", "0.001", "1.5", "12.345", "99999.999", "00001.10"]),
    st.decimals("0.001", "99999", places=3).map(lambda number: f"{number}"),
)
PRICES = st.one_of(st.integers(0, 1_000_000), st.sampled_from([0, 1, 10**7, 10**12]))


@st.composite
def items(draw: st.DrawFn, *, rich: bool = True) -> Item:
    """One item; ``rich`` with all that a sale may say about it."""
    return Item(
        name=draw(texts(128)),
        price=draw(PRICES),
        quantity=draw(QUANTITIES),
        vat=draw(st.sampled_from([*PLAIN_VATS * 12, *get_args(Vat)])),
        method=draw(st.sampled_from(get_args(Method))),
        subject=draw(st.sampled_from(get_args(Subject))),
        measurement_unit=draw(maybe(texts(16))) if rich else None,
        nomenclature_code=draw(maybe(st.from_regex(r"\A([0-9A-Fa-f]{2}){1,32}\Z"))) if rich else None,
        excise=draw(maybe(PRICES)) if rich else None,
        country_code=draw(maybe(st.from_regex(r"\A[0-9]{3}\Z"))) if rich else None,
        declaration_number=draw(maybe(texts(32))) if rich else None,
        user_data=draw(maybe(texts(64))) if rich else None,
        agent=draw(maybe(AGENTS)) if rich else None,
        supplier=draw(maybe(SUPPLIERS)) if rich else None,
    )


@st.composite
def payments(draw: st.DrawFn, total: int) -> Payments:
    """The total, paid in up to five ways."""
    left, sums = total, []
    for _ in range(4):
        sums.append(draw(st.just(0) | st.integers(0, left)))
        left -= sums[-1]
    order = draw(st.permutations([*sums, left]))
    return Payments(*order)


@st.composite
def sales(draw: st.DrawFn) -> ReceiptRequest:
    """Sales, purchases and their returns."""
    rich = draw(st.booleans())
    sold = tuple(draw(st.lists(items(rich=rich), min_size=1, max_size=draw(st.sampled_from([1, 3, 12])))))
    customer = st.builds(
        Customer,
        email=maybe(EMAILS),
        phone=maybe(st.from_regex(r"\A\+7[0-9]{10}\Z")),
        name=maybe(texts(256)),
        inn=maybe(INNS),
    )
    return ReceiptRequest(
        external_id="order-1",
        kind=draw(st.sampled_from(["sell", "sell_refund", "buy", "buy_refund"])),
        tax_system=draw(st.sampled_from(get_args(TaxSystem))),
        items=sold,
        payments=draw(payments(sum(item.total for item in sold))),
        customer=draw(maybe(customer)),
        agent=draw(maybe(AGENTS)) if rich else None,
        supplier=draw(maybe(SUPPLIERS)) if rich else None,
        cashier=draw(maybe(texts(64))),
        cashier_inn=draw(maybe(INNS)),
        additional_check_props=draw(maybe(texts(16))),
        additional_user_props=draw(maybe(st.builds(UserProperty, name=texts(64), value=texts(256)))),
        vending=draw(maybe(st.builds(Vending, address=texts(256), place=texts(256), machine_number=texts(20)))),
    )


@st.composite
def corrections(draw: st.DrawFn) -> ReceiptRequest:
    """Corrections by own decision and by order."""
    sold = tuple(draw(st.lists(items(rich=False), min_size=1, max_size=4)))
    return ReceiptRequest(
        external_id="order-1",
        kind=draw(st.sampled_from(["sell_correction", "buy_correction"])),
        tax_system=draw(st.sampled_from(get_args(TaxSystem))),
        items=sold,
        payments=draw(payments(sum(item.total for item in sold))),
        correction=draw(
            st.builds(
                Correction,
                type=st.sampled_from(["self", "order"]),
                date=st.dates(date(2016, 1, 1), date(2026, 11, 22)),
                number=texts(32),
            )
        ),
        cashier=draw(maybe(texts(64))),
        cashier_inn=draw(maybe(INNS)),
    )
