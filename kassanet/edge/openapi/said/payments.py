"""Payments: how they come in, what became of them, what a person does about one."""

from datetime import UTC, datetime

from kassanet.edge.openapi.operation import NDJSON, Answer, Body, Method, Operation, Parameter
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from kassanet.edge.payments import STATES
from kassanet.edge.queries import MOST
from schemas.payment_records import PaymentStep
from schemas.payments import Payer
from schemas.payments_shown import (
    Brought,
    GivenBack,
    NewCorrection,
    NewPayment,
    NewRefund,
    Payment,
    PaymentPage,
    PaymentVerdict,
)

_NEW = NewPayment("pay-77", "desk", "100500", 20050, payer=Payer(email="buyer@example.ru"))
_AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
_PAYMENT = Payment(
    id=7, channel="terminals", txn_id="1234567", kind="pay", inn="5190114620", account="100500", sum=20050,
    route="internet", policy="credit_then_fiscalize", status="done", credit="done", receipt="fiscalized",
    accepted_at=_AT, changed_at=_AT, billing="main", billing_txn="1234567", circuit_id=1, receipt_id=12, prv_txn="42",
    answer="0: OK",
)  # fmt: skip
_ONE = Body(Payment, _PAYMENT)
_STEPS = [PaymentStep("received", 1795446000.5, "terminals", "route internet"), PaymentStep("credited", 1795446000.6)]
_NATURAL = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_TEXT = {"type": "string"}
_LISTING = (
    Parameter("channel", "That came over this channel.", _TEXT, "terminals"),
    Parameter("billing", "That this billing credits.", _TEXT, "main"),
    Parameter("account", "Of this account.", _TEXT, "100500"),
    Parameter("txn_id", "With the channel's number.", _TEXT, "1234567"),
    Parameter("of", "Refunds and corrections of this payment.", _NATURAL),
    Parameter(
        "state",
        "`open`: the billing has to be asked; `give_back`: owed to the payer; `given_back`; `stuck`: was to be "
        "fiscalized first, and that failed.",
        {"type": "string", "enum": list(STATES)},
        "give_back",
    ),
    Parameter("cursor", "`next_cursor` of the page before.", _NATURAL),
    Parameter("limit", "Payments on a page; 50 unless said.", {"type": "integer", "minimum": 1, "maximum": MOST}, 50),
)
_FILE = (
    Parameter("channel", "The channel of kind `file` that takes it.", _TEXT, "statements"),
    Parameter("circuit", "Instead of the channel: the circuit that its routes lead to.", _NATURAL, 1),
    Parameter("dry_run", "`true` tells what would become of each line, and changes nothing.", _TEXT, "true"),
    Parameter("profile", "The profile of a registry; it is found out where none is named.", _TEXT, "eps"),
    Parameter("name", "The file's name, for the list of files; never a path.", _TEXT, "statement.txt"),
)
_LINES = '{"line":20,"what":"paid","sum":20050,"account":"100500","route":"statements","payment_id":7}\n'
_BROUGHT = Body(lines=Brought, lines_example=_LINES, media=(NDJSON,))
_DIALECT = (
    "Asked by banks, terminals and acquirers in their own dialects (OSMP, Sberbank, PayKeeper, YooKassa, Robokassa, "
    "signed JSON), with the channel's own networks, password and signature. The answer is in the dialect too."
)
_MEDIA = ("application/xml; charset=utf-8", "text/plain; charset=utf-8", "application/json")


def _notice(method: Method, name: str) -> Operation:
    return Operation(
        method=method,
        path="/channels/{channel}",
        name=name,
        tag="Payments",
        summary="A channel asks, pays or tells.",
        text=_DIALECT,
        role=None,
        body=Body(media=("application/x-www-form-urlencoded", "application/json"), required=False)
        if method == "post"
        else None,
        answers=(Answer(200, "In the channel's dialect; refusals too.", Body(media=_MEDIA)),),
        problems=(
            "unauthorized",
            "foreign-address",
            "foreign-certificate",
            "no-receipt",
            "several-items",
            "too-much",
            "refunded",
            "too-large",
        ),
    )


def _act(name: str, below: str, summary: str, body: Body, *problems: str, created: bool = False) -> Operation:
    answers = (Answer(200, "It as it is now.", _ONE),)
    return Operation(
        method="post",
        path=f"/api/v1/payments/{{payment_id}}/{below}",
        name=name,
        tag="Payments",
        summary=summary,
        role="operator",
        integrations=created,
        body=body,
        answers=((Answer(202, "Accepted.", _ONE), *answers) if created else answers),
        problems=(*problems, *BODY, *WRITE),
    )


_FOLLOWS = ("not-a-payment", "no-receipt", "several-items", "too-much", "refunded", "other-content")
PAYMENTS = (
    Operation(
        method="post",
        path="/api/v1/payments",
        name="postPayment",
        tag="Payments",
        summary="Money has come: make what the channel's route says of it.",
        text="The same `txn_id` of a channel is the same payment, however often it is posted.",
        role="operator",
        integrations=True,
        body=Body(NewPayment, _NEW),
        answers=(Answer(202, "Accepted.", _ONE), Answer(200, "A repeat: the first payment.", _ONE)),
        problems=("other-content", *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/payments",
        name="listPayments",
        tag="Payments",
        summary="Payments from new to old.",
        integrations=True,
        query=_LISTING,
        answers=(Answer(200, "A page.", Body(PaymentPage, PaymentPage((_PAYMENT,), None))),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/payments/{payment_id}",
        name="showPayment",
        tag="Payments",
        summary="One payment: how it stands with the billing, the register and the payer.",
        integrations=True,
        answers=(Answer(200, "The payment.", _ONE),),
        problems=READ,
    ),
    Operation(
        method="get",
        path="/api/v1/payments/{payment_id}/history",
        name="showPaymentHistory",
        tag="Payments",
        summary="Received, checked, credited, fiscalized, notified: each with its time and the other side's answer.",
        integrations=True,
        answers=(Answer(200, "From old to new; times are UNIX seconds.", Body(list[PaymentStep], _STEPS)),),
        problems=READ,
    ),
    _act("refundPayment", "refund", "Give (a part of) a payment back, with its receipt.",
         Body(NewRefund, NewRefund("back-77", 5000)), *_FOLLOWS, created=True),
    _act("correctPayment", "correction", "Make a correction receipt for a payment.",
         Body(NewCorrection, NewCorrection("fix-77")), *_FOLLOWS, created=True),
    _act("resolvePayment", "resolve", "Say what the billing has, where it cannot be got to say so itself.",
         Body(PaymentVerdict, PaymentVerdict("credited", "found in the billing's books", "42")), "credit"),
    _act("giveBackPayment", "given-back", "The payer has the money again.",
         Body(GivenBack, GivenBack("sent back to the card")), "give-back"),
    Operation(
        method="get",
        path="/api/v1/billings/{part}/state",
        name="showBillingState",
        tag="Payments",
        summary="How a billing is doing: its breaker, its last words, its backlog.",
        answers=(Answer(200, "As it is now.", Body(dict[str, object])),),
        problems=READ,
    ),
    Operation(
        method="post",
        path="/api/v1/imports",
        name="importBankFile",
        tag="Payments",
        summary="Take a bank statement or a registry in.",
        text=(
            "The body is the file. It is refused as a whole where it does not hold together or its totals disagree. "
            "The first line of the answer is the survey, the last one the totals; a file that was cut off is brought "
            "again, and nothing is taken twice."
        ),
        role="operator",
        query=_FILE,
        body=Body(media=("application/octet-stream",)),
        answers=(Answer(200, "A line for each line of the file.", _BROUGHT),),
        problems=("file-refused", "invalid", "too-large", "timeout", *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/imports",
        name="listBankFiles",
        tag="Payments",
        summary="The files that were brought, the last first.",
        answers=(Answer(200, "With their totals.", Body(list[dict[str, object]], [{"sha256": "9f86d0…"}])),),
        problems=READ,
    ),
    _notice("get", "askOverChannel"),
    _notice("post", "tellOverChannel"),
)  # fmt: skip
