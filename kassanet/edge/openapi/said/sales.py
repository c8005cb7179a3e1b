"""Sales: a card payment and its receipt as one thing."""

from datetime import UTC, datetime

import msgspec

from kassanet.edge.openapi.operation import Answer, Body, Operation, Parameter
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from kassanet.edge.pinpad_operations import LONGEST_WAIT
from kassanet.edge.queries import MOST
from kassanet.edge.sales import STATUSES, SalePage, SaleVerdict
from schemas.receipts import Fiscal
from schemas.sales import Sale, SaleRequest, SaleStep

_RECEIPT = (
    '{"kind":"sell","tax_system":"usn_income","items":[{"name":"Кабель витая пара, 1 м","price":4500,"quantity":"10",'
    '"vat":"none","method":"full_payment","subject":"commodity"}],"payments":{"cashless":45000}}'
)
_REQUEST = SaleRequest(
    external_id="order-1001", circuit_id=1, pinpad_id=1, receipt=msgspec.Raw(_RECEIPT.encode()), time_limit=120
)
_BEGAN, _DONE = datetime(2026, 11, 22, 11, 18, 3, tzinfo=UTC), datetime(2026, 11, 22, 11, 18, 24, tzinfo=UTC)
_SALE = Sale(
    id=3, external_id="order-1001", circuit_id=1, status="done", revision=5, total=45000, charge=45000,
    accepted_at=_BEGAN, changed_at=_DONE, pinpad_id=1, operation_id=7, receipt_id=12,
    fiscal=Fiscal(
        "9999078902003867", 131, 2747513487, 12, 7, datetime(2026, 11, 22, 14, 18, 23), "10.0.0.5:7777",
        "t=20261122T1418&s=450.00&fn=9999078902003867&i=131&fp=2747513487&n=1",
    ),
)  # fmt: skip

_NATURAL = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_SECONDS = {"type": "integer", "minimum": 0, "maximum": int(LONGEST_WAIT)}
_WAIT = (Parameter("wait", "Seconds to wait for the end; then it is shown as it is.", _SECONDS, 60),)
_LISTING = (
    Parameter("status", "In this status.", {"type": "string", "enum": list(STATUSES)}, "manual"),
    Parameter("circuit_id", "Of this circuit.", _NATURAL, 1),
    Parameter("pinpad_id", "At this pinpad.", _NATURAL, 1),
    Parameter("external_id", "With the till's own number.", {"type": "string"}, "order-1001"),
    Parameter("cursor", "`next_cursor` of the page before.", _NATURAL),
    Parameter("limit", "Sales on a page; 50 unless said.", {"type": "integer", "minimum": 1, "maximum": MOST}, 50),
)

_HOW = """\
The receipt is checked, a register and the pinpad are kept, the card is charged with the receipt's cashless part, and
the receipt is made: at the end both are there (`done`) or neither (`refused`, `failed`, `aborted`, `reversed`). The
same `external_id` with the same content is answered with the first sale, however often it comes.

When the receipt is refused, or `…/abort` comes before a register has it, the payment is taken back by emergency void.
When the receipt takes longer than the pinpad is kept, the sale is `pending`: paid, and its receipt is still being
made. `manual` is paid, without a receipt, and could not be taken back: a person must.
"""

SALES = (
    Operation(
        method="post",
        path="/api/v1/sales",
        name="postSale",
        tag="Sales",
        summary="Take a card (or cash) and make the receipt, both or neither.",
        text=_HOW,
        role="operator",
        integrations=True,
        query=_WAIT,
        body=Body(SaleRequest, _REQUEST),
        answers=(
            Answer(200, "The same sale was posted before.", Body(Sale, _SALE)),
            Answer(202, "It is on disk.", Body(Sale, _SALE)),
        ),
        problems=("not-found", "other-content", "receipt-exists", "constraint", *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/sales",
        name="listSales",
        tag="Sales",
        summary="Sales, from new to old.",
        integrations=True,
        query=_LISTING,
        answers=(Answer(200, "A page.", Body(SalePage, SalePage((_SALE,), None))),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/sales/{sale_id}",
        name="showSale",
        tag="Sales",
        summary="One sale, with its fiscal document once there is one.",
        integrations=True,
        query=_WAIT,
        answers=(Answer(200, "The sale.", Body(Sale, _SALE)),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/sales/{sale_id}/history",
        name="showSaleHistory",
        tag="Sales",
        summary="Every step of a sale.",
        integrations=True,
        answers=(
            Answer(
                200,
                "From old to new; `at` is UNIX seconds.",
                Body(list[SaleStep], [SaleStep(1, "accepted", _BEGAN.timestamp(), None)]),
            ),
        ),
        problems=READ,
    ),
    Operation(
        method="post",
        path="/api/v1/sales/{sale_id}/abort",
        name="abortSale",
        tag="Sales",
        summary="Take a sale back, as long as no register has its receipt.",
        text="What was charged is given back; look at the sale again, or wait for it, to see what came of it.",
        role="operator",
        integrations=True,
        query=_WAIT,
        answers=(Answer(200, "The sale as it is now.", Body(Sale, _SALE)),),
        problems=("status", "too-late", "invalid", *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/sales/{sale_id}/resolve",
        name="resolveSale",
        tag="Sales",
        summary="Settle by a person's verdict a sale in `manual`.",
        text="`reversed`: the customer has the money back; `done`: the receipt was made elsewhere.",
        role="operator",
        body=Body(SaleVerdict, SaleVerdict("reversed", "refunded at the bank's cabinet")),
        answers=(Answer(200, "The sale as it is now.", Body(Sale, _SALE)),),
        problems=("status", *BODY, *WRITE),
    ),
)
