"""What an answer means. Only one combination is a success (part 1, section 3); a refusal must be definite too."""

from datetime import datetime
from typing import Any

from schemas.masking import masked
from schemas.operations import OperationKind, PinpadAnswer, Slips, Verdict
from transports.pinpad import LastOperation
from transports.privatbank.messages import Answer, read_amount
from transports.privatbank.profile import Profile

_APPROVED, _ENDED_WITHOUT_MONEY = "1", ("2", "3", "4")  # declined, reversed, cancelled
_KINDS: dict[str, OperationKind] = {"1": "payment", "2": "refund"}
_FIRST_DEVICE_CODE = 1000


def verdict(answer: Answer, profile: Profile, *, recalled: bool = False) -> Verdict:
    """``recalled`` are answers to GetReceiptInfo, the only ones that may leave ``trnStatus`` out."""
    code, status = _text(answer.params, "responseCode"), _text(answer.params, "trnStatus")
    if answer.error is False and code in profile.success_codes:
        if status == _APPROVED or (recalled and status is None):
            return "approved"
        return "refused" if status in _ENDED_WITHOUT_MONEY else "undefined"
    return "refused" if code is not None and _refuses(code, profile) else "undefined"


def _refuses(code: str, profile: Profile) -> bool:
    if not code.isascii() or not code.isdigit() or code in profile.success_codes:
        return False
    number = int(code)
    is_bank_code = 0 < number < _FIRST_DEVICE_CODE and number not in profile.doubtful_codes
    return is_bank_code or number in profile.refused_codes


def simple_verdict(answer: Answer, profile: Profile) -> Verdict:
    """Of reports and checks, which have no ``trnStatus``; a ping says ``code`` too."""
    code = _text(answer.params, "responseCode")
    if answer.error is False and (code is None or code in profile.success_codes):
        return "approved"
    return "refused"


def read_result(answer: Answer, found: Verdict, profile: Profile) -> PinpadAnswer:
    """Every part that the terminal told; card numbers masked."""
    params = answer.params
    code, status = _text(params, "responseCode"), _text(params, "trnStatus")
    pan, text = _text(params, "pan"), answer.errorDescription or None
    return PinpadAnswer(
        verdict=found,
        status=int(status) if status is not None and status.isascii() and status.isdigit() else None,
        text=None if text is None else masked(text),
        amount=read_amount(params.get("amount")),
        currency=profile.currency,
        rrn=_text(params, "rrn"),
        auth_code=_text(params, "approvalCode"),
        response_code=code,
        pan=None if pan is None else masked(pan),
        card_type=_text(params, "paymentSystem") or _text(params, "issuerName"),
        slip_number=_text(params, "invoiceNumber"),
        host_at=_moment(params, profile),
        terminal_id=_text(params, "terminalId"),
        merchant_id=_text(params, "merchant"),
        balance=read_amount(params.get("balance")),
        slips=_slips(params),
    )


def read_last(answer: Answer, profile: Profile) -> LastOperation:
    """The answer to GetReceiptInfo for the last operation of the batch. A code with an error is the question's own."""
    found = verdict(answer, profile, recalled=True) if answer.error is False else "undefined"
    params = answer.params
    receipt = _text(params, "receipt")
    return LastOperation(
        approved={"approved": True, "refused": False}.get(found),
        kind=_KINDS.get(_text(params, "txnType") or ""),
        amount=read_amount(params.get("amount")),
        at=_moment(params, profile),
        rrn=_text(params, "rrn"),
        auth_code=_text(params, "approvalCode"),
        slip=None if receipt is None else masked(receipt),
    )


def _slips(params: dict[str, Any]) -> Slips:
    receipt = _text(params, "receipt")
    return Slips() if receipt is None else Slips(customer=masked(receipt.replace("\r\n", "\n")))


def _moment(params: dict[str, Any], profile: Profile) -> str | None:
    said = f"{_text(params, 'date') or ''} {_text(params, 'time') or ''}".strip()
    for spelling in profile.moments:
        try:
            return datetime.strptime(said, spelling).strftime("%Y%m%d%H%M%S")
        except ValueError:
            continue
    return None


def _text(params: dict[str, Any], name: str) -> str | None:
    """A parameter as text: terminals write some of them as numbers. Empty is as good as missing."""
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None
