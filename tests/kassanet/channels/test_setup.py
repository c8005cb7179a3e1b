"""Routes: what is refused when they are made, which one takes a payment, and why."""

import re
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kassanet.channels.patterns import matches, meet
from kassanet.channels.setup import Parts, Setup, check, explain
from kassanet.channels.template import TooSmall, receipt_of, record_of
from schemas.payment_records import StoredPart
from schemas.payments import Pay, Payer
from schemas.problems import ProblemError
from schemas.receipts import Customer
from schemas.routes import BillingSpec, ChannelSpec, ReceiptTemplate, RouteSpec, TemplateItem

INN, OTHER_INN = "5190114620", "7801234564"
TEMPLATE = ReceiptTemplate(tax_system="usn_income", items=(TemplateItem(name="Связь {account} {service}", vat="none"),))
BANK = ChannelSpec(name="bank", kind="osmp", inn=INN, open=True)
BILLING = BillingSpec(name="main", kind="osmp", url="http://127.0.0.1:1/")


def route(name: str, account: str = "*", **more: object) -> RouteSpec:
    said = {"name": name, "channel": "bank", "inn": INN, "account": account, "billing": "main", "circuit": 1,
            "receipt": TEMPLATE, **more}  # fmt: skip
    return RouteSpec(**said)  # type: ignore[arg-type]  # the test's own words


def circuit_inn(number: int) -> str | None:
    return {1: INN, 2: OTHER_INN}.get(number)


def setup(*routes: RouteSpec, channel: ChannelSpec = BANK) -> Setup:
    parts = Parts({channel.name: channel}, {"main": BILLING}, {one.name: one for one in routes})
    made = Setup(circuit_inn, parts)
    made.load([])
    return made


def pay(account: str, service: str | None = None, amount: int = 20_050) -> Pay:
    return Pay("77", account, amount, datetime(2026, 11, 22), service)


# -- patterns -------------------------------------------------------------------------------------

PATTERN = st.text(st.sampled_from("ab*?"), min_size=1, max_size=6)
ACCOUNT = st.text(st.sampled_from("ab"), min_size=1, max_size=7)


@given(PATTERN, PATTERN, ACCOUNT)
def test_patterns_that_take_one_account_meet(one: str, other: str, account: str) -> None:
    if matches(one, account) and matches(other, account):
        assert meet(one, other)
        assert meet(other, one)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1*", "2*", False), ("1*", "*1", True), ("1??", "1?", False), ("1?", "1*", True), ("*", "a.b", True),
     ("a*b", "*c", False), ("*a*", "*b*", True), ("10", "10", True), ("10", "1?0", False), ("a.b", "axb", False)],
)  # fmt: skip
def test_meeting(one: str, other: str, expected: bool) -> None:
    assert meet(one, other) == meet(other, one) == expected


def test_an_account_with_wildcards_in_it_is_only_itself() -> None:
    assert matches("a?c", "a*c")
    assert not matches("abc", "a*c")
    assert matches("*", "a\nb")


# -- what is refused ------------------------------------------------------------------------------


def refused(*routes: RouteSpec, channel: ChannelSpec = BANK) -> str:
    parts = Parts({channel.name: channel}, {"main": BILLING}, {one.name: one for one in routes})
    with pytest.raises(ProblemError) as raised:
        check(parts, circuit_inn)
    problem = raised.value.problem
    return f"{problem.type.rsplit(':', 1)[1]}: {problem.detail} {[error.message for error in problem.errors]}"


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        ((route("a", "1*"), route("b", "*5")), "overlap: Routes a and b"),
        ((route("a", services=("tv",)), route("b")), "overlap"),
        ((route("a", services=("tv", "net")), route("b", services=("net",))), "overlap"),
        ((route("a", fallback=True), route("b", fallback=True)), "overlap"),
        ((route("a", channel="other"),), "dangling: The route a leads to channel other"),
        ((route("a", billing="other"),), "dangling: The route a leads to billing other"),
        ((route("a", circuit=7),), "dangling: The route a leads to circuit 7"),
        ((route("a", circuit=2),), "dangling: .*circuit 2, which is of INN 7801234564"),
        ((route("a", inn=OTHER_INN),), "dangling: .*channel bank, which is of INN 5190114620"),
        ((route("a", billing=None),), "needs a billing"),
        ((route("a", policy="fiscalize_only"),), "asks no billing"),
        ((route("a", circuit=None),), "needs circuit and receipt"),
        ((route("a", receipt=None),), "needs circuit and receipt"),
        (
            (route("a", receipt=msgspec.structs.replace(TEMPLATE, items=TEMPLATE.items * 2)),),
            "one item, and only one, has no sum",
        ),
    ],
    ids=str,
)
def test_routes_that_cannot_be(routes: tuple[RouteSpec, ...], why: str) -> None:
    assert re.match(f".*{why}", refused(*routes))


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        (ChannelSpec(name="bank", kind="osmp", inn=INN), "signs nothing"),
        (ChannelSpec(name="bank", kind="osmp", inn=INN, allow=("10.0.0.0/33",)), "10.0.0.0/33"),
        (ChannelSpec(name="bank", kind="osmp", inn=INN, user="u", open=True), "together"),
        (ChannelSpec(name="bank", kind="paykeeper", inn=INN), "secret"),
        (ChannelSpec(name="bank", kind="json", inn=INN, settings={"secret": "short"}), "16 characters"),
        (ChannelSpec(name="bank", kind="osmp", inn=INN, open=True, settings={"typo": 1}), "typo"),
        (ChannelSpec(name="bank", kind="file", inn=INN, settings={"account_patterns": ["("]}), "regular expression"),
        (ChannelSpec(name="bank", kind="api", inn=INN, settings={"x": 1}), "no settings"),
    ],
    ids=str,
)
def test_channels_that_cannot_be(channel: ChannelSpec, why: str) -> None:
    assert why in refused(channel=channel)


def test_routes_that_keep_apart() -> None:
    made = setup(
        route("one", "1*"), route("two", "2*", services=("tv",)), route("net", "2*", services=("net",)),
        route("rest", fallback=True), route("old", is_active=False),
    )  # fmt: skip
    found = [made.route("bank", account, service) for account, service in
             [("100", None), ("200", "tv"), ("200", "net"), ("200", None), ("300", "tv")]]  # fmt: skip
    assert [one and one.name for one in found] == ["one", "two", "net", "rest", "rest"]
    assert made.route("other", "100", None) is None


# -- what is explained ----------------------------------------------------------------------------


def test_explained() -> None:
    made = setup(route("one", "1*", services=("tv",)))
    found, why, receipt = explain(made, "bank", pay("100", "tv"))
    assert (found and found.name, why) == ("one", "route one takes accounts '1*' of tv")
    assert receipt is not None
    assert (receipt.items[0].name, receipt.total, receipt.external_id) == ("Связь 100 tv", 20_050, "payment:bank:77")
    assert explain(made, "bank", pay("200", "tv"))[1] == "route one takes only accounts '1*'"
    assert explain(made, "bank", pay("100"))[1] == "route one takes only services tv, not None"
    assert explain(made, "nowhere", pay("1"))[1] == "there is no channel nowhere"


def test_templates() -> None:
    one = route("a")
    fixed = TemplateItem(name="Комиссия", vat="vat22", sum=1000)
    template = msgspec.structs.replace(TEMPLATE, items=(fixed, *TEMPLATE.items), copy_to=Customer(email="o@x.ru"))
    receipt = receipt_of(template, pay("100"), "x")
    assert [(item.name, item.total) for item in receipt.items] == [("Комиссия", 1000), ("Связь 100", 19_050)]
    assert (receipt.payments.cashless, receipt.customer) == (20_050, Customer(email="o@x.ru"))
    assert record_of(one, receipt, 1.0).total == 20_050
    with pytest.raises(TooSmall):
        receipt_of(template, pay("100", amount=1000), "x")
    known = msgspec.structs.replace(pay("100"), payer=Payer(email="a@b.ru", phone="not a phone"))
    assert receipt_of(template, known, "x").customer == Customer(email="a@b.ru")
    unusable = msgspec.structs.replace(pay("100"), payer=Payer(email="nobody"))
    assert receipt_of(template, unusable, "x").customer == Customer(email="o@x.ru")
    long = receipt_of(TEMPLATE, pay("x" * 64, "y" * 64), "x")
    assert len(long.items[0].name) == 128


def test_a_configured_route_sleeps_until_its_circuit_is_made() -> None:
    inns: dict[int, str] = {}
    made = Setup(inns.get, Parts({"bank": BANK}, {"main": BILLING}, {"all": route("all")}))
    made.load([])
    assert made.route("bank", "1", None) is None
    inns[1] = OTHER_INN
    made.wake()
    assert made.route("bank", "1", None) is None, "another organisation's"
    inns[1] = INN
    made.wake()
    found = made.route("bank", "1", None)
    assert found is not None
    assert found.name == "all"


# -- what is stored -------------------------------------------------------------------------------


def test_a_stored_part_that_fits_no_more_is_left_out() -> None:
    made = Setup(circuit_inn, Parts({"bank": BANK}))
    encode = msgspec.json.encode
    made.load(
        [
            StoredPart("route", "good", encode(route("good", "1*"))),
            StoredPart("route", "gone", encode(route("gone", "2*", circuit=7))),
            StoredPart("route", "broken", b"{}"),
            StoredPart("billing", "main", encode(BILLING)),
            StoredPart("channel", "bank", encode(msgspec.structs.replace(BANK, inn=OTHER_INN))),
        ]
    )
    assert set(made.parts.routes) == {"good"}
    assert made.parts.channels["bank"].inn == INN, "the configuration's part wins"
    with pytest.raises(ProblemError, match="configuration file"):
        made.tried("channel", "bank", None)
    with pytest.raises(ProblemError, match="leads to billing main"):
        made.tried("billing", "main", None)
    assert set(made.tried("route", "good", None).routes) == set()
