"""Orders as requests: the worked frames, every variant, and what can never be sent."""

import pytest
from msgspec.structs import replace

from schemas.operations import OperationKind
from schemas.problems import FieldError
from tests.transports.smartsale.orders import AT, PAID, SALE, order
from tests.transports.smartsale.vectors import BY_NAME
from transports.pinpad import NotConfigured, Order, Original, Place
from transports.smartsale.client import SmartSale
from transports.smartsale.driver import SmartSaleDriver
from transports.smartsale.fields import MODE, MODE2, OPERATION, SLIP_NUMBER
from transports.smartsale.message import Message
from transports.smartsale.profile import KINDS, TerminalProfile
from transports.smartsale.profiles import default_profile, make_profile
from transports.smartsale.requests import decoded_request, request_for
from transports.tcp import TcpDialer

NARROW = make_profile({"operations": {"payment": {"fields": {"8": "", "21": "", "26": ""}}}})
CONFIGURED = make_profile(
    {
        "partial_void": True,
        "operations": {
            "preauthorisation": {"code": 61},
            "incremental_preauthorisation": {"code": 62},
            "completion": {"code": 64},
            "top_up": {"code": 65},
            "cash_withdrawal": {"code": 66},
            "balance": {"code": 67},
            "card_data": {"code": 68},
            "unreferenced_refund": {"code": 71},
            "receipt_copy_by_number": {"code": 63, "fields": {"108": "{receipt_number}"}},
        },
    }
)


def wire(asked: Order, profile: TerminalProfile | None = None) -> bytes:
    return request_for(asked, profile or default_profile()).frame()


def test_a_payment_as_it_is_usual() -> None:
    assert wire(SALE) == BY_NAME["sale with 08, 21 and 26"].frame


def test_a_payment_with_the_least_fields() -> None:
    assert wire(SALE, NARROW) == BY_NAME["sale"].frame


def test_a_void() -> None:
    void = order("void", amount=1200, original=PAID)
    profile = make_profile({"operations": {"void": {"fields": {"21": "", "26": ""}}}})
    assert wire(void, profile) == BY_NAME["void"].frame
    assert request_for(void, default_profile()).raw(1) is None


def test_a_partial_void_names_the_whole() -> None:
    request = request_for(order("void", amount=500, original=PAID), CONFIGURED)
    assert (request.raw(0), request.raw(1)) == (b"500", b"1200")


@pytest.mark.parametrize("amount", [None, 1200])
def test_an_emergency_void_as_the_makers_library_asks(amount: int | None) -> None:
    assert wire(order("emergency_void", amount=amount, original=PAID)) == BY_NAME["emergency void"].frame


def test_an_emergency_void_as_one_driver_asks() -> None:
    profile = make_profile({"operations": {"emergency_void": {"repeats_request": True}}})
    void = order("emergency_void", amount=1200, original=replace(PAID, request=wire(SALE)))
    assert request_for(void, profile) == decoded_request(wire(SALE)).with_value(OPERATION, 53)
    assert wire(replace(void, original=PAID), profile) == BY_NAME["emergency void"].frame, "where we never asked"


def test_a_stored_request_that_is_none() -> None:
    profile = make_profile({"operations": {"emergency_void": {"repeats_request": True}}})
    with pytest.raises(ValueError, match="no frame"):
        request_for(order("emergency_void", original=replace(PAID, request=b"\2\1")), profile)


@pytest.mark.parametrize(("kind", "name"), [("connection_check", "connection check"), ("receipt_copy", "last slip")])
def test_questions(kind: str, name: str) -> None:
    assert wire(order(kind)) == BY_NAME[name].frame


@pytest.mark.parametrize(("kind", "mode2"), [("short_report", 20), ("full_report", 21)])
def test_reports(kind: str, mode2: int) -> None:
    request = request_for(order(kind), default_profile())
    assert (request.operation, request.get(MODE), request.get(MODE2)) == (63, 0, mode2)


def test_a_copy_by_number() -> None:
    copy = order("receipt_copy", receipt_number=7)
    with pytest.raises(NotConfigured) as missing:
        request_for(copy, default_profile())
    assert missing.value.key == "operations.receipt_copy_by_number.code"
    request = request_for(copy, CONFIGURED)
    assert (request.get(MODE), request.get(MODE2), request.get(SLIP_NUMBER)) == (0, 22, "7")


def test_an_incremental_preauthorisation_has_a_code_of_its_own() -> None:
    first = order("preauthorisation", amount=100)
    assert request_for(first, CONFIGURED).operation == 61
    assert request_for(replace(first, original=PAID), CONFIGURED).operation == 62


@pytest.mark.parametrize(("profile", "code"), [(CONFIGURED, 71), (default_profile(), 29)])
def test_a_refund_that_names_no_original(profile: TerminalProfile, code: int) -> None:
    assert request_for(order("refund", amount=100), profile).operation == code
    assert request_for(order("refund", amount=100, original=PAID), profile).operation == 29


@pytest.mark.parametrize("kind", KINDS)
def test_all_fifteen_once_they_are_configured(kind: OperationKind) -> None:
    asked = order(kind, amount=1200, original=PAID)
    assert request_for(asked, CONFIGURED).operation is not None
    assert SmartSaleDriver(CONFIGURED).objections(asked) == ()


def test_a_currency_that_is_called_otherwise_here() -> None:
    profile = make_profile({"currency_codes": {"643": "810"}})
    assert request_for(SALE, profile).raw(4) == b"810"


def test_padding() -> None:
    profile = make_profile({"operations": {"payment": {"fields": {"00": "{amount:12}"}}}})
    assert request_for(SALE, profile).raw(0) == b"000000001200"


def test_fields_stand_in_ascending_order() -> None:
    numbers = [number for number, _ in request_for(SALE, default_profile()).items]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (order("payment"), "amount"),
        (order("payment", amount=0), "amount"),
        (order("payment", amount=-1), "amount"),
        (order("payment", amount=10**12), "amount"),
        (order("payment", amount=1, currency="rub"), ""),
        (order("payment", amount=1, number=10**6), ""),
        (order("payment", amount=1, terminal_id="漢"), ""),
        (order("balance"), "kind"),
        (order("receipt_copy", receipt_number=1), "kind"),
    ],
)
def test_what_can_never_be_sent(asked: Order, path: str) -> None:
    [error] = SmartSaleDriver().objections(asked)
    assert isinstance(error, FieldError)
    assert error.path == path
    assert error.message


def test_the_largest_amount() -> None:
    assert SmartSaleDriver().objections(order("payment", amount=10**12 - 1)) == ()


def test_an_intent_is_the_request_and_names_the_pinpads_own_terminal() -> None:
    pinpad = SmartSale(TcpDialer("127.0.0.1", 1), Place(terminal_id="50101700"), default_profile())
    intent = pinpad.intend(replace(SALE, terminal_id=None))
    assert intent.request == BY_NAME["sale with 08, 21 and 26"].frame
    assert intent.order.at == AT
    with pytest.raises(ValueError, match="amount is needed"):
        pinpad.intend(order("payment"))


def test_a_void_of_what_was_made_elsewhere() -> None:
    known = Original(amount=1200, rrn="632612345678")
    request = request_for(order("void", amount=1200, original=known), default_profile())
    assert request.raw(14) == b"632612345678"
    assert request.raw(13) is None
    assert Message.decode(request.encode()) == request
