"""What came of an operation, as a till reads it that believes field 39."""

import msgspec
import pytest

from kassanet.dc2.translating import BAD_REQUEST, DEFAULT_TIMEOUT, OK, Asked, outcome, read_asked
from schemas.operations import OperationRequest, OperationStatus, PinpadAnswer
from schemas.pinpad_records import StoredOperation
from transports.dc2.documents import Request
from transports.smartsale.fields import STATUS
from transports.smartsale.message import Message
from transports.smartsale.profiles import default_profile

ASKED = Asked(1, OperationRequest(external_id="dc2/1", kind="payment", amount=1200))
APPROVED = PinpadAnswer(verdict="approved", status=1, amount=1200)


def operation(status: OperationStatus, result: PinpadAnswer | None) -> StoredOperation:
    return StoredOperation(
        id=1, pinpad_id=1, external_id="dc2/1", kind="payment", performed=None, status=status, revision=3, amount=1200,
        currency="643", of=None, number=1, returned=0, accepted_at=1.0, changed_at=2.0, sent_at=1.5, reason=None,
        digest=b"", result=None if result is None else msgspec.json.encode(result), request=None, body=b"",
        holder=None, voids=0,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["refused", "reversed", "failed", "cancelled", "unknown", "manual", "received"])
def test_only_an_approved_operation_is_an_approval(status: OperationStatus) -> None:
    """Though its terminal said yes: a person may have decided otherwise, or it was reversed."""
    assert outcome(ASKED, operation("approved", APPROVED)).message.get(STATUS) == 1
    assert outcome(ASKED, operation(status, APPROVED)).message.get(STATUS) != 1


def test_the_code_of_an_approval_is_ok() -> None:
    assert (outcome(ASKED, operation("approved", APPROVED)).code, OK != BAD_REQUEST) == (OK, True)


@pytest.mark.parametrize(("said", "limit"), [(None, DEFAULT_TIMEOUT), (0, DEFAULT_TIMEOUT), (20, 20.0)])
def test_every_operation_ends_when_its_till_stops_waiting(said: int | None, limit: float) -> None:
    message = Message([(0, b"1200"), (4, b"643"), (25, b"1")])
    asked = read_asked(Request(message=message, timeout=said), default_profile())
    assert asked.request.time_limit == limit
