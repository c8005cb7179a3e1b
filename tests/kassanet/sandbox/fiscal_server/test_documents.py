"""The rules of online documents: every error code of the service, in both of its forms."""

import gzip
import zlib

import msgspec
import pytest

from kassanet.sandbox.fiscal_server.registry import OperatorEntry, RegisterEntry, default_unit
from kassanet.sandbox.fiscal_server.rules import ServerRules
from kassanet.sandbox.fiscal_server.seals import Signatory
from kassanet.sandbox.fiscal_server.server import BINARY, PLAIN_JSON
from kassanet.sandbox.http import Request
from schemas.prro import CashOut, CloseShift, OpenShift, Refund, ServiceIn, ServiceOut, Storno, ZReport
from schemas.prro_check import Check
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, DESK, REGISTER, Shop, Till, changed
from transports.prro.documents import encode
from transports.prro.errors import ErrorCode, decode_error, verdict_of


def test_a_whole_shift(till: Till) -> None:
    """Numbers of the server are one sequence; the opening brings the offline session."""
    opening = till.make(OpenShift())
    assert opening.session is not None
    sale = till.make(COFFEE)
    tickets = [
        sale,
        till.make(ServiceIn(sum=10_000)),
        till.make(ServiceOut(sum=5_000)),
        till.make(CashOut(sum=50_000)),
        till.make(Refund(of=sale.fiscal_number or "", items=COFFEE.items, payments=COFFEE.payments)),
        till.make(ZReport()),
        till.make(CloseShift()),
    ]
    numbers = [int(ticket.fiscal_number or 0) for ticket in (opening, *tickets)]
    assert numbers == list(range(numbers[0], numbers[0] + 8))
    assert not any(ticket.error for ticket in tickets)
    assert till.state().shift_state == 0


def test_registers_share_the_sequence(shop: Shop) -> None:
    first = Till(shop).open()
    second = Till(shop, msgspec.structs.replace(DESK, register=REGISTER + 1, number=2)).open()
    assert int(second.make(COFFEE).fiscal_number or 0) + 1 == int(first.make(COFFEE).fiscal_number or 0)


def test_unknown_register(shop: Shop) -> None:
    stranger = Till(shop, msgspec.structs.replace(DESK, register=4_099_999_999))
    assert stranger.refused(OpenShift()) == ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT


def test_cancelled_register_opens_no_shift() -> None:
    unit = msgspec.structs.replace(default_unit(1), registers=(RegisterEntry(REGISTER, 1, closed=True),))
    assert Till(Shop(unit=unit)).refused(OpenShift()) == ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT


def test_broken_register_is_blocked() -> None:
    unit = msgspec.structs.replace(default_unit(1), registers=(RegisterEntry(REGISTER, 1, broken=True),))
    assert Till(Shop(unit=unit)).refused(OpenShift()) == ErrorCode.DOCUMENT_VALIDATION_ERROR


def test_strange_operator() -> None:
    unit = msgspec.structs.replace(default_unit(1), operators=(OperatorEntry("b" * 64),))
    shop = Shop(unit=unit)
    code = ErrorCode.OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED
    assert Till(shop).refused(OpenShift()) == code
    assert not Till(shop, signatory=Signatory("B" * 64)).refused(OpenShift())


def test_shift_belongs_to_who_opened_it() -> None:
    unit = msgspec.structs.replace(
        default_unit(1),
        operators=(OperatorEntry("a" * 64), OperatorEntry("b" * 64), OperatorEntry("c" * 64, chief=True)),
    )
    shop = Shop(unit=unit)
    Till(shop).open()
    other, chief = Till(shop, signatory=Signatory("b" * 64)), Till(shop, signatory=Signatory("c" * 64))
    other.number = chief.number = 2
    assert other.refused(COFFEE) == ErrorCode.OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED
    assert not chief.refused(COFFEE)


def test_wrong_tin(till: Till) -> None:
    till.desk = msgspec.structs.replace(DESK, tin="12345678")
    assert till.refused(OpenShift()) == ErrorCode.INVALID_TIN


def test_shift_opened_twice(till: Till) -> None:
    assert till.open().refused(OpenShift()) == ErrorCode.SHIFT_ALREADY_OPENED


@pytest.mark.parametrize("operation", [COFFEE, ZReport(), CloseShift(), ServiceIn(sum=1)])
def test_nothing_without_a_shift(till: Till, operation: ZReport) -> None:
    assert till.refused(operation) == ErrorCode.SHIFT_NOT_OPENED


def test_report_comes_before_closing(till: Till) -> None:
    assert till.open().refused(CloseShift()) == ErrorCode.LAST_DOCUMENT_MUST_BE_Z_REP


@pytest.mark.parametrize("number", [1, 3, 99])
def test_wrong_local_number(till: Till, number: int) -> None:
    till.open()
    assert till.make(COFFEE, number).error == ErrorCode.CHECK_LOCAL_NUMBER_INVALID
    assert not till.refused(COFFEE)


def test_the_same_bytes_twice_are_one_document(till: Till) -> None:
    till.open()
    document = till.compose(COFFEE)
    assert not till.send(document).error
    assert till.send(document).error == ErrorCode.CHECK_LOCAL_NUMBER_INVALID
    assert till.state().next_local_num == 3


@pytest.mark.parametrize("operation", [ZReport(), COFFEE])
def test_nothing_but_the_closing_after_a_report(till: Till, operation: ZReport) -> None:
    assert not till.open().refused(ZReport())
    assert till.refused(operation) == ErrorCode.Z_REP_ALREADY_REGISTERED
    assert not till.refused(CloseShift())


def test_sums_must_agree(till: Till) -> None:
    till.open()
    document = till.compose(COFFEE)
    assert isinstance(document, Check)
    assert document.total is not None
    wrong = msgspec.structs.replace(document, total=msgspec.structs.replace(document.total, sum=4501))
    assert till.send(wrong).error == ErrorCode.DOCUMENT_VALIDATION_ERROR


def test_a_shift_is_of_one_kind(till: Till) -> None:
    till.open()
    till.desk = msgspec.structs.replace(DESK, testing=True)
    assert till.refused(COFFEE) == ErrorCode.DOCUMENT_VALIDATION_ERROR


def test_long_shifts_can_be_refused() -> None:
    shop = Shop(rules=ServerRules(shift_seconds=86_400.0))
    till = Till(shop).open()
    shop.clock.tick(86_401)
    assert till.refused(COFFEE) == ErrorCode.DOCUMENT_VALIDATION_ERROR
    till.close()


def test_storno_of_the_last_check_only(till: Till) -> None:
    till.open()
    first, second = till.make(COFFEE), till.make(COFFEE)
    assert till.refused(Storno(of=first.fiscal_number or "")) == ErrorCode.DOCUMENT_VALIDATION_ERROR
    assert till.refused(Storno(of="77")) == ErrorCode.DOCUMENT_VALIDATION_ERROR
    assert not till.refused(Storno(of=second.fiscal_number or ""))
    assert till.refused(Storno(of=second.fiscal_number or "")) == ErrorCode.DOCUMENT_VALIDATION_ERROR
    info = till.info(3)
    assert info is not None
    assert info.storned


def test_online_documents_need_a_time_stamp(till: Till) -> None:
    assert till.send(till.compose(OpenShift()), stamped=False).error == ErrorCode.CRYPTOGRAPHY_ERROR
    till.shop.rules = ServerRules(stamps=False)
    till.shop.reopen()
    assert not till.send(till.compose(OpenShift()), stamped=False).error


def test_offline_documents_do_not_come_alone(till: Till) -> None:
    till.open()
    alone = changed(till.compose(COFFEE), offline=True, fiscal_number="5001.1.1")
    assert till.send(alone).error == ErrorCode.DOCUMENT_VALIDATION_ERROR


def test_refusals_over_http(till: Till) -> None:
    till.shop.rules = ServerRules(errors="http")
    till.shop.reopen()
    response = till.shop.post("doc", till.sign(encode(till.compose(COFFEE))))
    code, text = decode_error(response.body)
    assert (response.status, code) == (400, ErrorCode.SHIFT_NOT_OPENED)
    assert text
    stranger = msgspec.structs.replace(DESK, register=4_099_999_999)
    assert till.shop.post("doc", till.sign(encode(Till(till.shop, stranger).compose(COFFEE)))).status == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"neither signed nor anything", 400, ErrorCode.CRYPTOGRAPHY_ERROR),
        (b"", 416, ErrorCode.INVALID_QUERY_PARAMETER),
        (bytes(200 * 1024 + 1), 416, ErrorCode.INVALID_QUERY_PARAMETER),
    ],
)
def test_grossly_wrong_messages(shop: Shop, body: bytes, status: int, code: ErrorCode) -> None:
    response = shop.post("doc", body)
    assert (response.status, decode_error(response.body)[0]) == (status, code)


def test_signed_nonsense(till: Till) -> None:
    response = till.shop.post("doc", till.sign(b"<CHECK><CHECKHEAD/></CHECK>"))
    assert (response.status, decode_error(response.body)[0]) == (400, ErrorCode.DOCUMENT_VALIDATION_ERROR)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request("GET", "/fs/doc", {"content-type": BINARY}, b"x" * 20), 405),
        (Request("POST", "/elsewhere", {"content-type": BINARY}, b"x" * 20), 403),
        (Request("POST", "/fs/doc", {"content-type": PLAIN_JSON}, b"x" * 20), 415),
        (Request("POST", "/fs/pck", {}, b"x" * 20), 415),
        (Request("POST", "/fs/doc", {"content-type": BINARY, "content-encoding": "br"}, b"x" * 20), 400),
        (Request("POST", "/fs/doc", {"content-type": BINARY, "content-encoding": "gzip"}, b"x" * 20), 400),
    ],
)
def test_wrong_requests(shop: Shop, request_: Request, status: int) -> None:
    assert shop.server.answer(request_).status == status


@pytest.mark.parametrize("compressed", [gzip.compress, zlib.compress, lambda data: zlib.compress(data)[2:-4]])
def test_compressed_bodies(till: Till, compressed: type[bytes]) -> None:
    """gzip, zlib under the name of gzip, bare deflate."""
    message = till.sign(encode(till.compose(OpenShift())))
    assert till.shop.post("doc", compressed(message), content_encoding="gzip").status == 200
    assert till.state().is_open


def test_a_bomb_is_measured_before_it_is_unpacked(shop: Shop) -> None:
    assert shop.post("doc", gzip.compress(bytes(10**7)), content_encoding="gzip").status == 416


def test_what_codes_prove() -> None:
    """Codes that may be the echo of a lost answer, and codes nobody has heard of, prove nothing."""
    assert {verdict_of(code) for code in (4, 5, 6, 7, 8, 13, 99, -1)} == {"check"}
    assert (verdict_of(9), verdict_of(1), verdict_of(12)) == ("document", "register", "key")
    assert (verdict_of(None, 500), verdict_of(None, 400), verdict_of(None, 401)) == ("check", "check", "key")
