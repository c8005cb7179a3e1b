"""Receipts: posted, looked at, cancelled, settled by hand, and the notices of them."""

from datetime import UTC, datetime

import msgspec

from kassanet.edge.bulk import LineAnswer
from kassanet.edge.openapi.operation import Answer, Body, Operation
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from kassanet.edge.openapi.said.listing import LISTING, SHEET
from kassanet.edge.receipts import Reason
from kassanet.edge.receipts_wire import WireExchange
from kassanet.edge.resolving import Resolution
from kassanet.exchanges import WirePiece
from schemas.receipts import Customer, Fiscal, Item, Payments, Receipt, ReceiptRequest, qr_text
from schemas.rows import AttemptLine, HistoryLine
from schemas.shown import Acknowledged, ReceiptPage, ShownCallback

_FN, _EIP = "9999078010000000", "127.0.0.1:7801"
_NAME = "Интернет 100 Мбит/с, ноябрь"
REQUEST = ReceiptRequest(
    "order-1001",
    "sell",
    "usn_income",
    (Item(_NAME, 50000, "1", "none", subject="service"),),
    Payments(cashless=50000),
    Customer(email="a@b.example"),
)
_BEGAN, _DONE = datetime(2026, 11, 22, 17, 1, 3, tzinfo=UTC), datetime(2026, 11, 22, 17, 1, 4, tzinfo=UTC)
_PRINTED = datetime(2026, 11, 22, 20, 1)
_FISCAL = Fiscal(_FN, 4, 530921389, 1, 2, _PRINTED, _EIP, qr_text("sell", 50000, _FN, 4, 530921389, _PRINTED))
RECEIPT = Receipt(
    5,
    12,
    "order-1001",
    "fiscalized",
    3,
    "sell",
    50000,
    _BEGAN,
    _DONE,
    kkt=_EIP,
    fiscal=_FISCAL,
    request=msgspec.Raw(msgspec.json.encode(REQUEST)),
)
_ACKNOWLEDGED = Acknowledged(5, "order-1001", "queued", 12)
_NOTICE = ShownCallback(7, 3, "https://shop.example/kassa", "delivered", 1, delivered_at=_DONE)
_HISTORY = [
    HistoryLine(1, "queued", _BEGAN.timestamp(), None),
    HistoryLine(2, "assigned", _BEGAN.timestamp(), _EIP),
    HistoryLine(3, "fiscalized", _DONE.timestamp(), None),
]
_ATTEMPTS = [AttemptLine(9, _EIP, _FN, 3, "fiscalized", 4, False, None, _BEGAN.timestamp(), _DONE.timestamp())]
_EXCHANGE = WireExchange(_EIP, True, (WirePiece(_BEGAN.timestamp(), True, "b629000124d2c7"),))

_LINES = """\
Either one receipt as JSON, or any number as NDJSON (`Content-Type: application/x-ndjson`), one a line. NDJSON is read
as a stream and answered with one line for each line that is not blank, in order; each line's `status_code` is what a
single request would have got. A body that breaks off is answered for the lines that came, then with 408 or 413.

Results come to `callback_url`, at least once and in order: `POST` with the receipt as its body, `X-Kassanet-Timestamp`,
and `X-Kassanet-Signature: sha256=` with the hex HMAC-SHA256 of timestamp, `.` and body under the integration's key.
"""

_POST = Operation(
    method="post",
    path="/api/v1/circuits/{circuit_id}/receipts",
    name="postReceipts",
    tag="Receipts",
    summary="Post one receipt, or many as NDJSON.",
    text=_LINES,
    role="operator",
    integrations=True,
    body=Body(
        ReceiptRequest, REQUEST, lines=ReceiptRequest, lines_example=msgspec.json.encode(REQUEST).decode() + "\n"
    ),
    answers=(
        Answer(
            200,
            "The same receipt was accepted before (JSON), or an answer for each line (NDJSON).",
            Body(
                Acknowledged,
                _ACKNOWLEDGED,
                lines=LineAnswer,
                lines_example=msgspec.json.encode(LineAnswer(1, 202, 5, "order-1001", "queued")).decode() + "\n",
            ),
        ),
        Answer(202, "It is on disk.", Body(Acknowledged, _ACKNOWLEDGED)),
    ),
    problems=("other-content", "constraint", *BODY, *WRITE),
)

_LISTS = (
    Operation(
        method="get",
        path="/api/v1/circuits/{circuit_id}/receipts",
        name="listReceiptsOfCircuit",
        tag="Receipts",
        summary="Receipts of one circuit, from new to old.",
        integrations=True,
        query=LISTING,
        answers=(Answer(200, "A page.", Body(ReceiptPage, ReceiptPage((RECEIPT,), None))),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/receipts",
        name="listReceipts",
        tag="Receipts",
        summary="Receipts of every circuit that the token sees, from new to old.",
        integrations=True,
        query=LISTING,
        answers=(Answer(200, "A page.", Body(ReceiptPage, ReceiptPage((RECEIPT,), None))),),
        problems=("invalid", *READ),
    ),
)

_SHEETS = (
    Operation(
        method="get",
        path="/api/v1/receipts.csv",
        name="exportReceipts",
        tag="Receipts",
        summary="Everything that a search finds, from new to old, as a table for spreadsheets.",
        integrations=True,
        query=(*(each for each in LISTING if each.name != "limit"), *SHEET),
        answers=(Answer(200, "UTF-8 with a byte order mark.", Body(media=("text/csv; charset=utf-8",))),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/receipts/{receipt_id}/qr.svg",
        name="drawReceiptQr",
        tag="Receipts",
        summary="The QR code of the fiscal document.",
        integrations=True,
        answers=(Answer(200, "SVG, one unit a module.", Body(media=("image/svg+xml",))),),
        problems=READ,
    ),
)

_ONE = (
    Operation(
        method="get",
        path="/api/v1/receipts/{receipt_id}",
        name="showReceipt",
        tag="Receipts",
        summary="One receipt, with its fiscal document once there is one.",
        integrations=True,
        answers=(Answer(200, "The receipt.", Body(Receipt, RECEIPT)),),
        problems=READ,
    ),
    Operation(
        method="get",
        path="/api/v1/receipts/{receipt_id}/history",
        name="showReceiptHistory",
        tag="Receipts",
        summary="Every change of a receipt's status, and why.",
        integrations=True,
        answers=(Answer(200, "From old to new; `at` is UNIX seconds.", Body(list[HistoryLine], _HISTORY)),),
        problems=READ,
    ),
    Operation(
        method="get",
        path="/api/v1/receipts/{receipt_id}/attempts",
        name="showReceiptAttempts",
        tag="Receipts",
        summary="Every attempt of a register at making it: what stood in the FN before, and how it ended.",
        integrations=True,
        answers=(Answer(200, "From old to new; times are UNIX seconds.", Body(list[AttemptLine], _ATTEMPTS)),),
        problems=READ,
    ),
    Operation(
        method="get",
        path="/api/v1/receipts/{receipt_id}/attempts/{attempt_id}/exchange",
        name="showWireExchange",
        tag="Receipts",
        summary="The bytes of an attempt as they went over the wire, while they are remembered.",
        text="Only the latest bytes of each register are kept, in memory, since the service started.",
        role="operator",
        answers=(Answer(200, "As far as it is remembered.", Body(WireExchange, _EXCHANGE)),),
        problems=READ,
    ),
    Operation(
        method="post",
        path="/api/v1/receipts/{receipt_id}/cancel",
        name="cancelReceipt",
        tag="Receipts",
        summary="Cancel a receipt while it is queued.",
        role="operator",
        integrations=True,
        body=Body(Reason, Reason("ordered twice"), required=False),
        answers=(Answer(200, "The receipt, cancelled.", Body(Receipt, RECEIPT)),),
        problems=("status", *BODY, *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/receipts/{receipt_id}/resolve",
        name="resolveReceipt",
        tag="Receipts",
        summary="Settle by a person's verdict a receipt that awaits one.",
        text=(
            "It is in `manual`. `fiscalized` needs `fn` and `fd`, and the document is read from the register and "
            "compared; `absent` queues it again; `cancelled` ends it."
        ),
        role="operator",
        body=Body(Resolution, Resolution("fiscalized", "seen on the tape", _FN, 4)),
        answers=(Answer(200, "The receipt as it is now.", Body(Receipt, RECEIPT)),),
        problems=("status", "at-site", "fd-taken", "fn-not-at-hand", "fn-not-readable", *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/receipts/{receipt_id}/callbacks",
        name="listCallbacks",
        tag="Receipts",
        summary="The notices of a receipt, sent and owed.",
        integrations=True,
        answers=(Answer(200, "From old to new.", Body(list[ShownCallback], [_NOTICE])),),
        problems=READ,
    ),
    Operation(
        method="post",
        path="/api/v1/receipts/{receipt_id}/callbacks/{callback_id}/retry",
        name="retryCallback",
        tag="Receipts",
        summary="Send a notice again, also one that was given up.",
        role="operator",
        integrations=True,
        answers=(Answer(200, "The notices of the receipt.", Body(list[ShownCallback], [_NOTICE])),),
        problems=("superseded", *WRITE),
    ),
)

RECEIPTS = (_POST, *_LISTS, *_SHEETS, *_ONE)
