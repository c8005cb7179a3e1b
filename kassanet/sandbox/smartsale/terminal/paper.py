"""Slips and reports: what the terminal has the cash register print. People and drivers read them, so they say all."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from kassanet.sandbox.smartsale.bank.messages import Totals
from kassanet.sandbox.smartsale.terminal.journal import APPROVED, OFFLINE, Entry
from schemas.operations import OperationKind

WIDTH = 24
TITLES: dict[OperationKind, str] = {
    "payment": "ОПЛАТА",
    "void": "ОТМЕНА",
    "refund": "ВОЗВРАТ",
    "preauthorisation": "ПРЕАВТОРИЗАЦИЯ",
    "completion": "ЗАВЕРШЕНИЕ РАСЧЕТА",
    "top_up": "ПОПОЛНЕНИЕ СЧЕТА",
    "cash_withdrawal": "ВЫДАЧА НАЛИЧНЫХ",
}


def roubles(kopecks: int) -> str:
    sign = "-" if kopecks < 0 else ""
    return f"{sign}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"


def row(label: str, value: str) -> str:
    """A label at the left and a value at the right edge."""
    return f"{label}{value:>{max(1, WIDTH - len(label))}}"


def moment(at: str) -> str:
    """``YYYYMMDDhhmmss`` as people write it."""
    return f"{datetime.strptime(at, '%Y%m%d%H%M%S'):%d.%m.%y %H:%M:%S}"


def outcome(entry: Entry) -> str:
    """How an operation stands, in the words of its slip."""
    if entry.undone:
        return "ОПЕРАЦИЯ ОТМЕНЕНА"
    if entry.status is None or entry.recalled:
        return "НЕ ЗАВЕРШЕНА, ОТМЕНЯЕТСЯ"
    return {APPROVED: "ОДОБРЕНО", OFFLINE: "ПРОВЕДЕНО ОФЛАЙН"}.get(entry.status, "ОТКАЗ")


def slip(entry: Entry, tid: str, merchant: str, *, copy: bool = False, numbered: bool = True, extra: int = 0) -> str:
    """The slip of an operation as it stands now, lines separated by ``\\n``."""
    began, decided = entry.began, entry.decided
    lines = ["ООО «ПЕСОЧНИЦА»".center(WIDTH).rstrip(), row("ТЕРМИНАЛ", tid), row("МЕРЧАНТ", merchant)]
    lines += ["КОПИЯ".center(WIDTH).rstrip()] if copy else []
    lines += [
        row("ДАТА", moment(began.at)),
        row("ЧЕК", f"{began.number:06d}"),
        *_if(began.cash_number if numbered else None, "НОМЕР ОПЕРАЦИИ"),
        TITLES[began.kind],
        row("СУММА (РУБ)", roubles(began.amount)),
        *_if(began.pan or None, "КАРТА"),
        *_if(began.brand or None, "ТИП"),
    ]
    if decided is not None:
        lines += [*_if(decided.auth, "КОД АВТОРИЗАЦИИ"), *_if(decided.rrn, "RRN"), *_if(decided.code, "КОД ОТВЕТА")]
    lines += [f"РЕКЛАМА {number:03d}" for number in range(extra)]
    lines.append(outcome(entry).center(WIDTH).rstrip())
    return "\n".join(lines)


def report(
    title: str, tid: str, at: str, totals: Totals, entries: Iterable[Entry] = (), end: Sequence[str] = ()
) -> str:
    """A report with its totals; the entries are those of a full one."""
    lines = [title.center(WIDTH).rstrip(), row("ТЕРМИНАЛ", tid), row("ДАТА", moment(at))]
    for entry in entries:
        began = entry.began
        lines += [
            row(f"{began.number:06d}", roubles(began.amount)),
            f"{TITLES[began.kind]}, {outcome(entry)}",
        ]
    lines += [
        row(f"ДЕБЕТ  {totals.debit_count}", roubles(totals.debit_amount)),
        row(f"КРЕДИТ {totals.credit_count}", roubles(totals.credit_amount)),
        *end,
    ]
    return "\n".join(lines)


def _if(value: object, label: str) -> list[str]:
    return [] if value is None else [row(label, str(value))]
