"""What the terminal says: its envelope, and the fields of an operation."""

from datetime import datetime

import msgspec

from kassanet.sandbox.privatbank.terminal import Done, EcrTerminal
from kassanet.sandbox.smartsale.bank import LedgerLine
from kassanet.sandbox.smartsale.bank.rules import auth_code
from transports.privatbank.frames import encode
from transports.privatbank.messages import write_amount

MERCHANT = "M0501017"
OK = "0000"
_TITLES = {"payment": "ОПЛАТА", "refund": "ПОВЕРНЕННЯ", "void": "СКАСУВАННЯ"}


def said(method: str, params: dict[str, str], *, error: str = "") -> bytes:
    """An answer as it travels."""
    body = {"method": method, "step": 0, "params": params, "error": bool(error), "errorDescription": error}
    return encode(msgspec.json.encode(body))


def simple(method: str, **params: str) -> bytes:
    return said(method, {"code": "00", "responseCode": OK, **params})


def failure(method: str, code: str, text: str) -> bytes:
    return said(method, {"responseCode": code}, error=text)


def outcome(terminal: EcrTerminal, method: str, done: Done) -> bytes:
    """The one answer to a whole operation."""
    if done.line is None:
        return failure(method, done.code, f"код {done.code}")
    if not done.line.approved:
        refused = {"responseCode": done.line.code.zfill(4), "trnStatus": "2", "terminalId": terminal.tid}
        return said(method, refused, error="ВІДМОВА")
    return said(method, operation(terminal, done.line, done.card or ""))


def operation(terminal: EcrTerminal, line: LedgerLine, brand: str) -> dict[str, str]:
    """An approved operation; one that was given back wholly is ``reversed``."""
    entry = terminal.bank.ledger.entry(line.rrn)
    moment = datetime.fromisoformat(line.at)
    undone = entry is not None and entry.undone
    params = {
        "amount": write_amount(line.amount),
        "approvalCode": auth_code(line.rrn),
        "rrn": line.rrn,
        "pan": line.card or "",
        "invoiceNumber": str(line.stan),
        "terminalId": terminal.tid,
        "merchant": MERCHANT,
        "issuerName": brand,
        "paymentSystem": brand,
        "bankAcquirer": "ПЕСОЧНИЦА",
        "date": f"{moment:%d.%m.%Y}",
        "time": f"{moment:%H:%M:%S}",
        "receipt": _receipt(terminal, line),
        "responseCode": OK,
        "txnType": "2" if line.op in ("refund", "void") else "1",
    }
    return params | {"trnStatus": "3" if undone else "1"} if terminal.settings.tells_status else params


def _receipt(terminal: EcrTerminal, line: LedgerLine) -> str:
    lines = (
        "БАНК «ПЕСОЧНИЦА»",
        f"ТЕРМІНАЛ {terminal.tid}",
        _TITLES.get(line.op, line.op),
        f"СУМА {write_amount(line.amount)} ГРН",
        f"КАРТКА {line.card}",
        f"RRN {line.rrn}",
        "СХВАЛЕНО",
    )
    return "\r\n".join(lines)
