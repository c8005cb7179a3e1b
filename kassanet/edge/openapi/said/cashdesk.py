"""The dialect of CashDesk: the same registers, in the words that its programs know. Each route stands twice."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from kassanet.edge.openapi.operation import Answer, Body, Dialect, Operation, Parameter
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from kassanet.edge.openapi.said.prro import SCALE, WIDTH
from kassanet.edge.openapi.said.prro_agents import UNANSWERED, UNSIGNED
from schemas.cashdesk import (
    Asked,
    PaymentAsked,
    Product,
    SaleAsked,
    ServiceAsked,
    ShiftAsked,
    SignInAsked,
    StornoAsked,
)
from schemas.cashdesk_answers import (
    CheckAnswer,
    LastCheck,
    OneRegister,
    Paid,
    PingAnswer,
    Refusal,
    RegisterShown,
    RegisterStatus,
    ReportAnswer,
    ShiftAnswer,
    ShiftShown,
    SignedInAnswer,
    Taxed,
    Turnover,
    Units,
    UnitShown,
    User,
)

_TEXT = {"type": "string", "minLength": 1, "maxLength": 256}
_KEY = {"type": "string", "maxLength": 128}
_DEVELOPER = Parameter("developer-id", "Your program or company; without it requests are blocked.", _TEXT, "Acme POS")
_KEYS = (
    Parameter("Idempotency-Key", "Makes the same request one document; `external_id` in the body goes first.", _KEY),
)
_EVERYBODY = ("no-developer", "internal", "starting", "too-many-requests")
_POSTED = (*BODY, "unsupported-media-type")
_CASHIER = Dialect(
    security=("cashier", "cashierHeader", "cashierQuery"),
    headers=(_DEVELOPER,),
    required=frozenset({"developer-id"}),
    refusal=Refusal,
    problems=(*_EVERYBODY, "unauthorized"),
)
_KEYED = replace(_CASHIER, headers=(_DEVELOPER, *_KEYS))
_ANYBODY = replace(_CASHIER, security=(), problems=(*_EVERYBODY, "wrong-login"))
_STATE = Parameter("Shift-state", "Whether the register's shift is open now.", {"enum": ["true", "false"]})

_REFUSED = ("not-found", "other-content", "shift", "undelivered", "refused-by-tax-service", "out-of-service")
_MADE = (*_REFUSED, *UNSIGNED, *_POSTED, *WRITE)
_NAMED = ("not-found", *_POSTED, *WRITE)

_NUMBER = 4000000001
_AT = datetime(2026, 11, 22, 9, 0, 0, tzinfo=UTC)
_LINK = "https://cabinet.tax.gov.ua/cashregs/check?id=1000000002&date=20261122&time=11%3A00%3A00&fn=4000000001&sm=12.60"
_SALE = SaleAsked(
    num_fiscal=_NUMBER, external_id="order-1001", total_sum=1260, round_sum=3,
    payments=(PaymentAsked(code=0, sum=1260),), products=(Product(name="Мило", price=1257, letters="А", tax_prc=20),),
)  # fmt: skip
_CHECK = CheckAnswer(
    id=2, num_fiscal=_NUMBER, status="DONE", fiscal_number="1000000002", local_number=2, doc_type="SALE",
    total_sum=1260, date=_AT, offline=False, external_id="order-1001", link=_LINK,
)  # fmt: skip
_CLOSING = replace(
    _CHECK, id=4, fiscal_number="1000000004", local_number=4, doc_type="CLOSE_SHIFT", total_sum=0, link=None
)
_REPORT = ReportAnswer(
    num_fiscal=_NUMBER, shift_open=True, returns=Turnover(), service_input=0, service_output=0,
    sales=Turnover(1, 1260, (Paid(0, "ГОТІВКА", 1260),), (Taxed("А", 20.0, 1257, 210),)),
)  # fmt: skip
_SHIFT = ShiftShown("OPENED", offline=False, open_date=_AT)
_UNITS = Units((
    UnitShown("1", "Магазин", "м. Київ", "ТОВ «Приклад»", "40000001", None, single_tax=False, registers=(
        RegisterShown(_NUMBER, 1, "Каса 1", closed=False, available=True, shift=_SHIFT),
    )),
))  # fmt: skip
_STATUS = RegisterStatus(
    "1", _NUMBER, "ТОВ «Приклад»", "Магазин", "м. Київ", "40000001", None, state="online", shift=_SHIFT
)
_SIGNED_IN = SignedInAnswer(
    "kassa_…", _AT, User("1", "Бойко П. О.", "40000001"), "Acme POS", active_rro=True, opened_shift=1
)

_HOW = """\
`action_type` is `SALE` or `RETURN`; a return names the sale's fiscal number in `order_ret_num`. Money is in kopecks,
`amount` a number with at most three places. `letters` are those of the register's table, `tax_prc` its percentage.
Cash is rounded to 10 kopecks (1 to 4 down, 5 to 9 up): `round_sum` is the difference, `payments` and `total_sum` are
rounded already; without `round_sum` it is reckoned here. All sums must agree. The shift opens by itself. Forms
(`application/x-www-form-urlencoded`) are read, too: `products[0][name]=…`, 1 and 0 for true and false.

`202`: the check is made and its outcome is being found out. The same `external_id` (or `Idempotency-Key`, or
`X-Request-Id`) is answered with its one check; without any, each request is a check of its own, and only
`/shift/lastCheck` tells what became of one whose answer was lost.
"""


def _post(path: str, name: str, summary: str, asked: Any, **more: Any) -> Operation:  # noqa: ANN401 - structs, fields
    return Operation(
        method="post",
        path=f"/cashdesk{path}",
        name=name,
        tag="CashDesk",
        summary=summary,
        body=Body(type(asked), asked),
        **{"dialect": _CASHIER, "problems": _NAMED, **more},
    )


def _get(path: str, name: str, summary: str, answer: Answer, query: tuple[Parameter, ...] = ()) -> Operation:
    return Operation(
        method="get",
        path=f"/cashdesk{path}",
        name=name,
        tag="CashDesk",
        summary=summary,
        query=query,
        answers=(answer,),
        problems=("invalid", *READ) if query else READ,
        dialect=_CASHIER,
    )


def _ok(text: str, example: object) -> Answer:
    return Answer(200, text, Body(type(example), example), (_STATE,))


def _made(example: object) -> tuple[Answer, ...]:
    body = Body(type(example), example)
    return (
        Answer(200, "It is made.", body, (_STATE,)),
        Answer(202, "It is on disk; its outcome is being found out.", body, (_STATE,)),
    )


def _entry() -> Iterator[Operation]:
    yield _post(
        "/authenticate",
        "cashdeskAuthenticate",
        "A temporary token for a cashier's login (`email`, or `login`) and password.",
        SignInAsked(email="boiko@example.com", password="correct-horse"),
        answers=(Answer(200, "The token, and who the cashier is.", Body(SignedInAnswer, _SIGNED_IN)),),
        dialect=_ANYBODY,
        problems=(*_POSTED, *WRITE),
    )
    yield Operation(
        method="post",
        path="/cashdesk/tax_objects",
        name="cashdeskTaxObjects",
        tag="CashDesk",
        summary="Business units and their registers, as the tax service tells them to the cashier's key.",
        text="The request stays open while the agent signs the question and the tax service answers it.",
        body=Body(dict[str, object], {}, required=False),
        answers=(Answer(200, "The units.", Body(Units, _UNITS)),),
        problems=(*_POSTED, *UNANSWERED, *READ),
        dialect=_CASHIER,
    )
    answer = _ok("The register.", OneRegister(_STATUS))
    yield _get("/tax_objects/{num_fiscal}", "cashdeskTaxObject", "A register and its shift.", answer)


def _shifts() -> Iterator[Operation]:
    yield _post(
        "/shift",
        "cashdeskShift",
        "Open a shift (`OPEN_SHIFT`), or close it (`CLOSE_SHIFT`), which makes its Z report first.",
        ShiftAsked(num_fiscal=_NUMBER, action_type="CLOSE_SHIFT"),
        answers=_made(ShiftAnswer(num_fiscal=_NUMBER, shift_open=False, check=_CLOSING, z_report=_REPORT)),
        problems=_MADE,
        dialect=_KEYED,
    )
    asked = Asked(num_fiscal=_NUMBER)
    yield _post(
        "/shift/xReport",
        "cashdeskXReport",
        "What the shift has come to so far, zeros where none is open; no document is made.",
        asked,
        answers=(_ok("The report.", _REPORT),),
    )
    yield _post(
        "/shift/zReport",
        "cashdeskZReport",
        "Close the shift with its Z report; where it is closed already, the last one is shown.",
        asked,
        answers=(_ok("The report, `check` is its document.", replace(_REPORT, shift_open=False, check=_CLOSING)),),
        problems=_MADE,
        dialect=_KEYED,
    )
    yield _post(
        "/shift/lastCheck",
        "cashdeskLastCheck",
        "The last check that was made; `local_number` is null for a deposit or an issue, all is null without a check. "
        "What was asked before is waited for, so after a lost answer it tells whether there is a check.",
        asked,
        answers=(_ok("The check.", LastCheck(id=2, num_fiscal=_NUMBER, local_number=2, total_sum=1260)),),
    )
    yield _post(
        "/shift/ping",
        "cashdeskPing",
        "Ask the tax service about the register: whether it is there now.",
        asked,
        answers=(_ok("Whether it has answered.", PingAnswer(_NUMBER, online=True, shift_open=True)),),
        problems=(*_NAMED, *UNANSWERED),
    )


def _checks() -> Iterator[Operation]:
    making: dict[str, Any] = {"answers": _made(_CHECK), "problems": _MADE, "dialect": _KEYED}
    yield _post("/check/sale", "cashdeskSale", "A sale, or a return.", _SALE, text=_HOW, **making)
    service = ServiceAsked(num_fiscal=_NUMBER, action_type="SERVICE_INPUT", total_sum=10_000)
    summary = "Cash is put into the drawer (`SERVICE_INPUT`) or taken out (`SERVICE_OUTPUT`)."
    yield _post("/check/service", "cashdeskService", summary, service, **making)
    storno = StornoAsked(num_fiscal=_NUMBER, order_storno_num="1000000002")
    yield _post("/check/storno", "cashdeskStorno", "The last check was a mistake.", storno, **making)
    text, page = Answer(200, "The text.", Body(media=("text/plain",))), Answer(200, "It.", Body(media=("text/html",)))
    picture = Answer(200, "The picture.", Body(media=("image/png",)))
    yield _get("/checks/{check_id}/text", "cashdeskText", "A check as text.", text, WIDTH)
    yield _get("/checks/{check_id}/html", "cashdeskHtml", "A check as a page, with its QR code.", page)
    yield _get("/checks/{check_id}/png", "cashdeskPng", "A check as a picture.", picture, (*WIDTH, SCALE))


def _twice(said: Operation) -> tuple[Operation, Operation]:
    path = said.path.replace("/cashdesk/", "/cashdesk/api/v2/", 1)
    return said, replace(said, path=path, name=f"{said.name}V2")


CASHDESK = tuple(each for said in (*_entry(), *_shifts(), *_checks()) for each in _twice(said))
