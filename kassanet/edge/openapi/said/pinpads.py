"""Pinpads: switching them on and off, and what their terminals are asked for."""

from datetime import UTC, datetime

from kassanet.edge.openapi.operation import Answer, Body, Operation, Parameter
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from kassanet.edge.pinpad_operations import KINDS, LONGEST_WAIT, STATUSES, OperationVerdict, SlipPrint
from kassanet.edge.queries import MOST
from schemas.operations import Operation as CardOperation
from schemas.operations import OperationRequest, OperationStep, PinpadAnswer, Slips
from schemas.pinpad_shown import OperationPage
from schemas.pinpads import Pinpad, PinpadSpec, PinpadState

_SPEC = PinpadSpec(
    address="10.0.0.7:9000", terminal_id="50101700", title="Касса 1", inn="7801234564", settle_at="23:30", busy="queue"
)
_STATE = PinpadState(
    id=1, address="10.0.0.7:9000", driver="smartsale", condition="busy", terminal_id="50101700", operation=7,
    kind="payment", status="sending", stage="card",
)  # fmt: skip
_PINPAD = Pinpad(id=1, is_active=1, spec=_SPEC, state=_STATE)
_ANSWER = PinpadAnswer(
    verdict="approved", status=1, text="ОДОБРЕНО", amount=120000, currency="643", rrn="632612345678",
    auth_code="A12345", pan="************1234", number=12, host_at="20261122141800", terminal_id="50101700",
    slips=Slips("ОПЛАТА 1200.00\nОДОБРЕНО", "ОПЛАТА 1200.00\nОДОБРЕНО\nПодпись"),
)  # fmt: skip
_BEGAN, _DONE = datetime(2026, 11, 22, 11, 18, 3, tzinfo=UTC), datetime(2026, 11, 22, 11, 18, 24, tzinfo=UTC)
_OPERATION = CardOperation(
    id=7, pinpad_id=1, external_id="order-1001", kind="payment", status="approved", revision=4, accepted_at=_BEGAN,
    changed_at=_DONE, amount=120000, number=12, result=_ANSWER,
)  # fmt: skip
_REQUEST = OperationRequest(external_id="order-1001", kind="payment", amount=120000)

_NATURAL = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_MOMENT = {"type": "string", "format": "date-time"}
_SECONDS = {"type": "integer", "minimum": 0, "maximum": int(LONGEST_WAIT)}
_WAIT = (Parameter("wait", "Seconds to wait for the outcome; then it is shown as it is.", _SECONDS, 60),)
_LISTING = (
    Parameter("status", "In this status.", {"type": "string", "enum": list(STATUSES)}, "manual"),
    Parameter("kind", "Of this kind.", {"type": "string", "enum": list(KINDS)}, "payment"),
    Parameter("external_id", "With the till's own number.", {"type": "string"}, "order-1001"),
    Parameter("of", "What was done to this operation.", _NATURAL, 7),
    Parameter("since", "Accepted at this time or later.", _MOMENT, "2026-11-22T18:00:00+03:00"),
    Parameter("until", "Accepted before this time.", _MOMENT, "2026-11-23T00:00:00+03:00"),
    Parameter("cursor", "`next_cursor` of the page before.", _NATURAL),
    Parameter("limit", "Operations on a page; 50 unless said.", {"type": "integer", "minimum": 1, "maximum": MOST}, 50),
)

_HOW = """\
The operation is on disk when this is answered; `?wait=60` also waits for what comes of it. The same `external_id` with
the same content is answered with the first operation, however often it comes.

Only `approved` means that money moved. `refused`, `failed` and `cancelled` mean that it did not; `reversed` that it
did and was taken back. `unknown` is being found out by itself; `manual` waits for a person, and until then the pinpad
takes no new charges.

`amount` is in kopecks. A `void` or `refund` names the payment by `of` (or `rrn` and `auth_code` for one made
elsewhere); which of the two is sent is chosen by the last settlement, unless `forced`. An `emergency_void` is for the
last operation only.
"""

_TABLE = (
    Operation(
        method="get",
        path="/api/v1/pinpads",
        name="listPinpads",
        tag="Pinpads",
        summary="Every pinpad, as it was set and as it is now.",
        integrations=True,
        answers=(Answer(200, "One for each.", Body(list[Pinpad], [_PINPAD])),),
    ),
    Operation(
        method="post",
        path="/api/v1/pinpads",
        name="addPinpad",
        tag="Pinpads",
        summary="Add a pinpad; it is not active yet.",
        text="A terminal's codes stand in a profile of the configuration.",
        role="operator",
        body=Body(PinpadSpec, _SPEC),
        answers=(Answer(201, "It is there.", Body(Pinpad, _PINPAD)),),
        problems=("not-found", "pinpad-exists", "constraint", *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/pinpads/{pinpad_id}",
        name="showPinpad",
        tag="Pinpads",
        summary="One pinpad.",
        integrations=True,
        answers=(Answer(200, "The pinpad.", Body(Pinpad, _PINPAD)),),
    ),
    Operation(
        method="post",
        path="/api/v1/pinpads/{pinpad_id}/activate",
        name="activatePinpad",
        tag="Pinpads",
        summary="Let it take operations.",
        role="operator",
        answers=(Answer(200, "It is active.", Body(Pinpad, _PINPAD)),),
        problems=("same-device", "pinpad-inactive", *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/pinpads/{pinpad_id}/deactivate",
        name="deactivatePinpad",
        tag="Pinpads",
        summary="Let it take no new operations; the one in hand is finished.",
        role="operator",
        answers=(Answer(200, "It is not active.", Body(Pinpad, _PINPAD)),),
        problems=("pinpad-inactive", *WRITE),
    ),
    Operation(
        method="delete",
        path="/api/v1/pinpads/{pinpad_id}",
        name="removePinpad",
        tag="Pinpads",
        summary="Remove a pinpad with nothing in hand, unknown or undecided; its operations are kept.",
        role="operator",
        answers=(Answer(204, "It is gone."),),
        problems=("pinpad-busy", "same-device", "pinpad-inactive", *WRITE),
    ),
)

_RULES = (
    "other-content", "pinpad-inactive", "pinpad-busy", "pinpad-held", "pinpad-blocked", "operation-not-configured",
    "operation-not-known", "sales-open", "not-approved", "not-last", "void-of-void", "voids-spent",
    "settlement-between", "completed", "constraint",
)  # fmt: skip

_ASKED = (
    Operation(
        method="post",
        path="/api/v1/pinpads/{pinpad_id}/operations",
        name="postOperation",
        tag="Pinpads",
        summary="Ask the terminal for an operation: payment, void, refund, settlement, report and others.",
        text=_HOW,
        role="operator",
        integrations=True,
        query=_WAIT,
        body=Body(OperationRequest, _REQUEST),
        answers=(
            Answer(200, "The same operation was asked for before.", Body(CardOperation, _OPERATION)),
            Answer(202, "It is on disk.", Body(CardOperation, _OPERATION)),
        ),
        problems=(*_RULES, *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/pinpads/{pinpad_id}/operations",
        name="listOperations",
        tag="Pinpads",
        summary="Operations of a pinpad, from new to old.",
        integrations=True,
        query=_LISTING,
        answers=(Answer(200, "A page.", Body(OperationPage, OperationPage((_OPERATION,), None))),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/pinpads/{pinpad_id}/operations/{operation_id}",
        name="showOperation",
        tag="Pinpads",
        summary="One operation, with the terminal's answer and slips once there are such.",
        integrations=True,
        query=_WAIT,
        answers=(Answer(200, "The operation.", Body(CardOperation, _OPERATION)),),
        problems=("invalid", "pinpad-inactive", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/pinpads/{pinpad_id}/operations/{operation_id}/history",
        name="showOperationHistory",
        tag="Pinpads",
        summary="Every step of an operation.",
        integrations=True,
        answers=(
            Answer(
                200,
                "From old to new; `at` is UNIX seconds.",
                Body(list[OperationStep], [OperationStep(1, "accepted", _BEGAN.timestamp(), None)]),
            ),
        ),
        problems=READ,
    ),
    Operation(
        method="post",
        path="/api/v1/pinpads/{pinpad_id}/operations/{operation_id}/cancel",
        name="cancelOperation",
        tag="Pinpads",
        summary="Take an operation back while it waits; the one in hand is asked to stop.",
        text="What becomes of the one in hand is the terminal's to say: look at it again, or wait for it.",
        role="operator",
        integrations=True,
        answers=(Answer(200, "The operation as it is now.", Body(CardOperation, _OPERATION)),),
        problems=("status", "pinpad-inactive", *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/pinpads/{pinpad_id}/operations/{operation_id}/resolve",
        name="resolveOperation",
        tag="Pinpads",
        summary="Settle by a person's verdict an operation whose outcome cannot be found out.",
        text=(
            "It is in `manual`, or in `unknown` with a pinpad that does not answer. `approved`: the money moved and "
            "stays; `refused`: it never moved; `reversed`: it moved and was taken back."
        ),
        role="operator",
        body=Body(OperationVerdict, OperationVerdict("refused", "the bank's cabinet shows no such payment")),
        answers=(Answer(200, "The operation as it is now.", Body(CardOperation, _OPERATION)),),
        problems=("status", "pinpad-inactive", *BODY, *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/pinpads/{pinpad_id}/operations/{operation_id}/print",
        name="printSlip",
        tag="Pinpads",
        summary="Print a slip on a register, between its documents.",
        text="For terminals without a printer of their own. It waits for the document in hand.",
        role="operator",
        body=Body(SlipPrint, SlipPrint("127.0.0.1:7801")),
        answers=(Answer(204, "It is printed."),),
        problems=("no-slip", "not-in-rotation", "refused-by-register", "unreachable", *BODY, *WRITE),
    ),
)

PINPADS = (*_TABLE, *_ASKED)
