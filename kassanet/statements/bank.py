"""Bank statements: documents as lines of money, and the statement's own totals held against them.

An account section says how much came and went. When the documents say otherwise, something is missing or doubled and
the whole file is refused. What has no turnovers to compare with is said to be uncontrolled.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from kassanet.statements.exchange import Section, sections
from kassanet.statements.line import FileRefused, Line, Survey, Tolerated, key_of
from kassanet.statements.text import Report, new_hash
from transports.channels.sums import kopecks

MOST_IN_A_STATEMENT = 10**14
"""Kopecks: turnovers of a large company fit."""

MOST_REPORTED = 100
"""Tolerated things that are listed; the rest are counted."""


class Reports:
    """Collects what was tolerated."""

    def __init__(self) -> None:
        self.first: list[Tolerated] = []
        self.more = 0

    def __call__(self, line: int, what: str) -> None:
        if len(self.first) < MOST_REPORTED:
            self.first.append(Tolerated(line, what))
        else:
            self.more += 1


def survey(file: BinaryIO, encoding: str, reasons: tuple[str, ...] = ()) -> Survey:
    """Read a whole statement; raises :class:`FileRefused`, also when its totals disagree."""
    reports, digest, turnovers = Reports(), new_hash(), _Turnovers()
    count = 0
    for section in sections(file, encoding, reports, digest):
        if section.section == "header":
            turnovers.header(section)
        elif section.section == "account":
            turnovers.account(section)
        else:
            count += 1
            turnovers.document(section, document_line(section))
    received, controlled = turnovers.check()
    return Survey(
        format="1CClientBankExchange",
        sha256=digest.hexdigest(),
        encoding=encoding,
        lines=count,
        received=received,
        accounts=tuple(sorted(turnovers.own)),
        tolerated=tuple(reports.first),
        more_tolerated=reports.more,
        reasons=reasons,
        controlled=controlled,
    )


def lines(file: BinaryIO, encoding: str, report: Report = lambda line, what: None) -> Iterator[Line]:
    """Every document as a line."""
    for section in sections(file, encoding, report):
        if section.section == "document":
            yield document_line(section)


def document_line(section: Section) -> Line:
    """A document section read; raises :class:`FileRefused` where a sum or a date cannot be read.

    The key is of own account, date, number, sum, payer's account and purpose: a number alone repeats within a day.
    """
    said = section.values
    get = said.get
    amount = _sum(section, "Сумма")
    if amount is None:
        raise FileRefused("a document without Сумма", section.line)
    written = _date(section, "Дата")
    if written is None:
        raise FileRefused("a document without Дата", section.line)
    receiver = get("ПолучательСчет") or get("ПолучательРасчСчет") or ""
    payer_account = get("ПлательщикСчет") or get("ПлательщикРасчСчет") or ""
    purpose = get("НазначениеПлатежа") or _joined(said)
    number = get("Номер", "")
    return Line(
        line=section.line,
        key=key_of((receiver, written.isoformat(), number, str(amount), payer_account, purpose)),
        sum=amount,
        date=written,
        kind=section.kind,
        number=number,
        own_account=receiver,
        credited=_date(section, "ДатаПоступило"),
        payer=get("Плательщик1") or get("Плательщик") or "",
        payer_inn=get("ПлательщикИНН", ""),
        payer_account=payer_account,
        purpose=purpose,
    )


class _Turnovers:
    """What account sections say, what documents add up to, and whether they agree."""

    def __init__(self) -> None:
        self.own: set[str] = set()
        self._said: dict[str, list[tuple[int | None, int | None]]] = {}
        self._came: Counter[str] = Counter()
        self._went: Counter[str] = Counter()

    def header(self, section: Section) -> None:
        self.own.update(value for key, value in section.repeated if key == "РасчСчет" and value)

    def account(self, section: Section) -> None:
        """Turnovers of one account; a file may have a section for each of its days."""
        account = section.values.get("РасчСчет", "")
        if not account:
            raise FileRefused("an account section without РасчСчет", section.line)
        self.own.add(account)
        came, went = _sum(section, "ВсегоПоступило"), _sum(section, "ВсегоСписано")
        self._balances_must_fit(section, came, went)
        self._said.setdefault(account, []).append((came, went))

    def document(self, section: Section, line: Line) -> None:
        """Money that came to an account, or went from one; which accounts are ours is known at the end."""
        if line.credited is not None:
            self._came[line.own_account] += line.sum
        if section.values.get("ДатаСписано"):
            self._went[line.payer_account] += line.sum

    def check(self) -> tuple[int, bool]:
        """Kopecks received, and whether they were controlled; raises :class:`FileRefused`."""
        controlled = bool(self._said)
        for account, said in self._said.items():
            controlled &= _agree(account, "received", [came for came, _ in said], self._came[account])
            _agree(account, "paid", [went for _, went in said], self._went[account])
        return sum(self._came[account] for account in self.own), controlled

    def _balances_must_fit(self, section: Section, came: int | None, went: int | None) -> None:
        first, last = _sum(section, "НачальныйОстаток"), _sum(section, "КонечныйОстаток")
        if first is None or last is None or came is None or went is None or first + came - went == last:
            return
        raise FileRefused(
            f"totals disagree: {first} + {came} - {went} is not the final balance {last} (kopecks)", section.line
        )


def _agree(account: str, did: str, said: list[int | None], counted: int) -> bool:
    """Whether there was a total to compare with; raises :class:`FileRefused` where it says something else."""
    known = [total for total in said if total is not None]
    if len(known) < len(said):
        return False
    if sum(known) != counted:
        raise FileRefused(
            f"totals disagree: account {account} {did} {sum(known)} kopecks, but its documents add up to {counted}"
        )
    return True


def _sum(section: Section, key: str) -> int | None:
    """Kopecks; None where the key is absent or empty. A balance may be below zero."""
    text = section.values.get(key)
    if not text:
        return None
    negative = key.endswith("Остаток") and text.startswith("-")
    try:
        amount = kopecks(text[1:] if negative else text, most=MOST_IN_A_STATEMENT)
    except ValueError as error:
        raise FileRefused(f"{key}: {error}", section.line) from None
    return -amount if negative else amount


def _date(section: Section, key: str) -> date | None:
    text = section.values.get(key)
    if not text:
        return None
    try:
        day, month, year = text.split(".")
        if (len(day), len(month), len(year)) != (2, 2, 4):
            raise ValueError
        return date(int(year), int(month), int(day))
    except ValueError:
        raise FileRefused(f"{key}: {text[:20]!r} is not a date as dd.mm.yyyy", section.line) from None


def _joined(said: dict[str, str]) -> str:
    pieces = (said.get(f"НазначениеПлатежа{number}") for number in range(1, 7))
    return " ".join(piece for piece in pieces if piece)
