"""Registries: lists of payments that one bank transfer brought together, read by a profile.

Every line must fit the profile, and the trailer's count and sums must be those of the lines: one wrong line refuses the
file, because a registry that is nearly right pays the wrong person.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from typing import BinaryIO

from msgspec import Struct

from kassanet.statements.bank import Reports
from kassanet.statements.line import FileRefused, Line, Survey, key_of
from kassanet.statements.profile import Column, Profile
from kassanet.statements.text import Hash, Report, new_hash, text_lines
from transports.channels.sums import kopecks

MOST_IN_A_REGISTRY = 10**14


class Totals(Struct):
    """Counted or said: payments, and kopecks of each sum column."""

    count: int | None = None
    sum: int | None = None
    transfer: int | None = None
    fee: int | None = None


class Row(Struct, frozen=True):
    """A line of money, and what else it adds to the control totals."""

    line: Line
    transfer: int
    fee: int


def survey(file: BinaryIO, profile: Profile, encoding: str, reasons: tuple[str, ...] = ()) -> Survey:
    """Read a whole registry; raises :class:`FileRefused`, also when its totals disagree."""
    reports, digest = Reports(), new_hash()
    reader = RegistryReader(profile)
    counted = Totals(0, 0, 0, 0)
    for row in reader.rows(file, encoding, reports, digest):
        counted = Totals(
            (counted.count or 0) + 1,
            (counted.sum or 0) + row.line.sum,
            (counted.transfer or 0) + row.transfer,
            (counted.fee or 0) + row.fee,
        )
    controlled = _agree(profile, reader.trailer, counted)
    return Survey(
        format="registry",
        sha256=digest.hexdigest(),
        encoding=encoding,
        lines=counted.count or 0,
        received=counted.sum or 0,
        profile=profile.name,
        accounts=(reader.own_account,) if reader.own_account else (),
        tolerated=tuple(reports.first),
        more_tolerated=reports.more,
        reasons=reasons,
        controlled=controlled,
    )


def lines(file: BinaryIO, profile: Profile, encoding: str) -> Iterator[Line]:
    """Every payment as a line."""
    for row in RegistryReader(profile).rows(file, encoding, lambda line, what: None):
        yield row.line


class RegistryReader:
    """One reading of one file. ``trailer`` and ``own_account`` are known when it has ended."""

    def __init__(self, profile: Profile) -> None:
        self.trailer: Totals | None = None
        self.own_account = ""
        self.comments = 0
        self._profile = profile
        self._equal: Counter[str] = Counter()

    def rows(self, file: BinaryIO, encoding: str, report: Report, digest: Hash | None = None) -> Iterator[Row]:
        """Raises :class:`FileRefused` at the first line that does not fit."""
        for number, text in text_lines(file, encoding, report, digest):
            row = self.take(number, text)
            if row is not None:
                yield row

    def take(self, number: int, text: str) -> Row | None:
        """One line of the file; None for one that is no payment. Raises :class:`FileRefused`."""
        profile = self._profile
        if number == profile.own_account_line:
            self.own_account = text.strip()
            return None
        if number <= profile.skip or not text.strip():
            return None
        if profile.trailer is not None and text.startswith(profile.trailer.prefix):
            self._end(number, text[len(profile.trailer.prefix) :])
            return None
        if profile.comment is not None and text.startswith(profile.comment):
            self.comments += 1
            return None
        if self.trailer is not None:
            raise FileRefused("a payment after the trailer", number)
        return self._row(number, text)

    def _end(self, number: int, text: str) -> None:
        if self.trailer is not None:
            raise FileRefused("a second trailer", number)
        said = self._profile.trailer
        assert said is not None
        cells = [cell.strip() for cell in text.split(self._profile.separator)]
        count = _cell(cells, said.count, number)
        if count and not (count.isascii() and count.isdigit()):
            raise FileRefused(f"the trailer's count is {count[:20]!r}", number)
        sums = [self._sum(cells, column, number) for column in (said.sum, said.transfer, said.fee)]
        self.trailer = Totals(int(count) if count else None, *sums)

    def _row(self, number: int, text: str) -> Row:
        profile, where = self._profile, self._profile.columns
        cells = [cell.strip() for cell in text.split(profile.separator)]
        if len(cells) < profile.width or len(cells) != (profile.exactly or len(cells)):
            raise FileRefused(f"{len(cells)} columns, {profile.width} are needed", number)
        amount = self._sum(cells, where.sum, number)
        if not amount:
            raise FileRefused("a payment without a sum", number)
        day = self._date(cells, number)
        identity = _cell(cells, where.id, number)
        if where.id is not None and not identity:
            raise FileRefused(f"column {where.id} names no payment", number)
        line = Line(
            line=number,
            key=self._key(identity, text),
            sum=amount,
            date=day,
            kind=profile.name,
            number=identity,
            own_account=self.own_account,
            credited=day,
            payer=_cell(cells, where.payer, number),
            purpose=_cell(cells, where.purpose, number),
            account=self._account(cells, number),
            at=self._moment(cells, day, number),
        )
        return Row(line, self._sum(cells, where.transfer, number) or 0, self._sum(cells, where.fee, number) or 0)

    def _key(self, identity: str, text: str) -> str:
        """The bank's number where there is one; else the line itself, and its place among those that are equal."""
        if identity:
            return key_of(("registry", self._profile.name, identity))
        alike = key_of(("registry", self._profile.name, text))
        self._equal[alike] += 1
        return alike if self._equal[alike] == 1 else key_of((alike, str(self._equal[alike])))

    def _account(self, cells: list[str], number: int) -> str | None:
        prefix = self._profile.account_prefix
        if prefix is None:
            return _cell(cells, self._profile.columns.account, number) or None
        found = [cell[len(prefix) :].strip() for cell in cells if cell.startswith(prefix)]
        if len(found) != 1:
            raise FileRefused(f"{len(found)} columns begin with {prefix}, one is needed", number)
        return found[0] or None

    def _sum(self, cells: list[str], column: Column | None, number: int) -> int | None:
        text = _cell(cells, column, number)
        if not text:
            return None
        if "," in self._profile.decimal:
            if "." in text and "." not in self._profile.decimal:
                raise FileRefused(f"column {column}: {text[:32]!r} has a point, a comma is expected", number)
            text = text.replace(",", ".", 1)
        try:
            return kopecks(text, most=MOST_IN_A_REGISTRY)
        except ValueError as error:
            raise FileRefused(f"column {column}: {error}", number) from None

    def _date(self, cells: list[str], number: int) -> date | None:
        text = _cell(cells, self._profile.columns.date, number)
        if self._profile.columns.date is None:
            return None
        moment = _parsed(text, self._profile.dates)
        if moment is None:
            raise FileRefused(f"{text[:32]!r} is not a date as {' or '.join(self._profile.dates)}", number)
        return moment.date()

    def _moment(self, cells: list[str], day: date | None, number: int) -> datetime | None:
        text = _cell(cells, self._profile.columns.time, number)
        if day is None or not text:
            return None
        moment = _parsed(text, self._profile.times)
        if moment is None:
            raise FileRefused(f"{text[:32]!r} is not a time as {' or '.join(self._profile.times)}", number)
        return datetime.combine(day, time(moment.hour, moment.minute, moment.second))


def _cell(cells: list[str], column: Column | None, number: int) -> str:
    """Counted from 1, or from -1 at the end; nothing where the profile names no column."""
    if column is None:
        return ""
    try:
        return cells[column - 1 if column > 0 else column]
    except IndexError:
        raise FileRefused(f"there is no column {column}", number) from None


@lru_cache(4096)
def _parsed(text: str, forms: tuple[str, ...]) -> datetime | None:
    """Dates of a file repeat, and strptime is slow."""
    for form in forms:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _agree(profile: Profile, said: Totals | None, counted: Totals) -> bool:
    """Whether there were totals to compare with; raises :class:`FileRefused` where they say something else."""
    if said is None:
        if profile.trailer is not None and profile.trailer.needed:
            raise FileRefused(f"no trailer beginning with {profile.trailer.prefix}: the file was cut off")
        return False
    for name in Totals.__struct_fields__:
        told, found = getattr(said, name), getattr(counted, name)
        if told is not None and told != found:
            unit = "payments" if name == "count" else "kopecks"
            raise FileRefused(f"totals disagree: the trailer's {name} is {told} {unit}, the lines make {found}")
    return said.count is not None or said.sum is not None
