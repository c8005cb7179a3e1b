"""1CClientBankExchange, the statement that every Russian bank exports: its structure, as a stream of sections.

A text of ``Key=Value`` lines: a header, account sections with turnovers, document sections. Real files break the
rules, and :func:`sections` tolerates what does no harm: keys that are repeated alike or unknown, blanks around values,
a missing last line, a purpose that runs over its line. It refuses what would leave a sum or an account in doubt.
"""

from collections.abc import Iterator
from typing import BinaryIO, Literal

from msgspec import Struct

from kassanet.statements.line import FileRefused
from kassanet.statements.text import LONGEST_LINE, Hash, Report, text_lines

SIGNATURE = "1CClientBankExchange"

DECISIVE = frozenset(
    {"Номер", "Дата", "Сумма", "ДатаСписано", "ДатаПоступило", "ПлательщикСчет", "ПолучательСчет",
     "ПлательщикРасчСчет", "ПолучательРасчСчет", "ПлательщикИНН",
     "РасчСчет", "НачальныйОстаток", "КонечныйОстаток", "ВсегоПоступило", "ВсегоСписано"}
)  # fmt: skip
"""Keys that decide about money: given twice with different values they refuse the file."""

_SIDES = ("Плательщик", "Получатель")
_SUFFIXES = ("", "1", "2", "3", "4", "Счет", "ИНН", "КПП", "РасчСчет", "Банк1", "Банк2", "БИК", "Корсчет")
KNOWN = frozenset(
    [side + suffix for side in _SIDES for suffix in _SUFFIXES]
    + [f"НазначениеПлатежа{number}" for number in ("", 1, 2, 3, 4, 5, 6)]
    + ["Номер", "Дата", "Сумма", "КвитанцияДата", "КвитанцияВремя", "КвитанцияСодержание", "ДатаСписано",
       "ДатаПоступило", "ВидПлатежа", "ВидОплаты", "Код", "СтатусСоставителя", "ПоказательКБК", "ОКАТО", "ОКТМО",
       "ПоказательОснования", "ПоказательПериода", "ПоказательНомера", "ПоказательДаты", "ПоказательТипа",
       "Очередность", "СрокАкцепта", "ВидАккредитива", "СрокПлатежа", "УсловиеОплаты1", "УсловиеОплаты2",
       "УсловиеОплаты3", "ПлатежПоПредст", "ДополнУсловия", "НомерСчетаПоставщика", "ДатаОтсылкиДок"]
    + ["ВерсияФормата", "Кодировка", "Отправитель", "Получатель", "ДатаСоздания", "ВремяСоздания", "ДатаНачала",
       "ДатаКонца", "РасчСчет", "Документ", "НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток"]
)  # fmt: skip
"""Every key of the format; others are kept and reported once each."""

_ENDS: dict[str, Literal["account", "document"]] = {"КонецРасчСчет": "account", "КонецДокумента": "document"}
_BEGINS: dict[str, Literal["account", "document"]] = {"СекцияРасчСчет": "account", "СекцияДокумент": "document"}
_REPEATING = frozenset({"РасчСчет", "Документ"})
"""Keys of the header that stand there as often as there are accounts and kinds of documents."""


class Section(Struct):
    """A section as it stands in the file: a document's ``kind`` (``Платежное поручение``), where it begins, its keys.

    ``repeated`` holds the values of the header's repeating keys.
    """

    section: Literal["header", "account", "document"]
    line: int
    kind: str
    values: dict[str, str]
    repeated: tuple[tuple[str, str], ...] = ()


def sections(file: BinaryIO, encoding: str, report: Report, digest: Hash | None = None) -> Iterator[Section]:
    """The header first, then accounts and documents in the file's order; raises :class:`FileRefused`."""
    return _Reader(report).read(text_lines(file, encoding, report, digest))


class _Reader:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._unknown: set[str] = set()
        self._open: Section = Section("header", 1, "", {})
        self._between = False
        self._last = ""
        self._repeated: list[tuple[str, str]] = []

    def read(self, lines: Iterator[tuple[int, str]]) -> Iterator[Section]:
        number, first = next(lines, (0, ""))
        if first.strip() != SIGNATURE:
            raise FileRefused(f"the first line is not {SIGNATURE}", 1)
        ended = False
        for number, line in lines:
            key, equals, value = line.partition("=")
            key = key.strip()
            if not key and not equals:
                continue
            if ended:
                self._report(number, "text after КонецФайла")
                break
            if key == "КонецФайла":
                ended = True
            else:
                section = self._take(number, key, value.strip(), bool(equals))
                if section is not None:
                    yield section
        for _ in lines:  # to the end, so that the hash is of the whole file
            pass
        yield from self._finish(number, ended)

    def _take(self, number: int, key: str, value: str, equals: bool) -> Section | None:
        """A line; answers the section that it completes."""
        if key in _BEGINS:
            return self._begin(number, key, value)
        if key in _ENDS:
            return self._end(number, key)
        if self._between:
            self._report(number, f"{key[:40]} outside of any section")
        elif equals:
            self._keep(number, key, value)
        else:
            self._continue(number, key)
        return None

    def _begin(self, number: int, key: str, value: str) -> Section | None:
        done = None
        if not self._between:
            if self._open.section != "header":
                raise FileRefused(f"{key} inside the section that begins in line {self._open.line}", number)
            done = self._header()
        self._open = Section(_BEGINS[key], number, value, {})
        self._between, self._last = False, ""
        return done

    def _end(self, number: int, key: str) -> Section:
        if self._between or self._open.section != _ENDS[key]:
            raise FileRefused(f"{key} where no such section is open", number)
        self._between = True
        return self._open

    def _keep(self, number: int, key: str, value: str) -> None:
        self._last = key
        values = self._open.values
        if self._open.section == "header" and key in _REPEATING:
            self._repeated.append((key, value))
        elif key not in values:
            values[key] = value
            if key not in KNOWN and key not in self._unknown:
                self._unknown.add(key)
                self._report(number, f"unknown key {key[:40]}")
        else:
            self._keep_again(number, key, value)

    def _keep_again(self, number: int, key: str, value: str) -> None:
        before = self._open.values[key]
        if key in DECISIVE and value and before and value != before:
            raise FileRefused(f"{key} is given twice, as {before[:40]!r} and as {value[:40]!r}", number)
        self._open.values[key] = before or value
        self._report(number, f"{key[:40]} is given twice")

    def _continue(self, number: int, text: str) -> None:
        """Some banks break a long purpose over several lines."""
        if self._last.startswith("НазначениеПлатежа"):
            whole = f"{self._open.values[self._last]} {text}"
            if len(whole) > LONGEST_LINE:  # each further line would copy all of it
                raise FileRefused(f"{self._last} is longer than {LONGEST_LINE} characters", number)
            self._open.values[self._last] = whole
            self._report(number, f"{self._last} runs over its line")
        else:
            self._report(number, f"a line without a key: {text[:40]}")

    def _header(self) -> Section:
        self._open.repeated = tuple(self._repeated)
        return self._open

    def _finish(self, number: int, ended: bool) -> Iterator[Section]:
        if not self._between:
            if self._open.section != "header":
                raise FileRefused(f"the file ends inside the section that begins in line {self._open.line}", number)
            yield self._header()
        if not ended:
            self._report(number, "no КонецФайла at the end")
