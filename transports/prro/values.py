"""How values are spelled in the tax service's XML: ``417.66``, ``ddmmyyyy``, ``true``.

A codec reads text and writes it; both raise :class:`Unfit` with the reason, which the caller locates. What a value may
be comes from the annotation of its field (:mod:`schemas.prro_values`), so the limits are stated once.
"""

import re
from abc import ABC, abstractmethod
from datetime import date, datetime, time
from enum import IntEnum
from typing import Any, ClassVar

ENCODING = "windows-1251"
_BLANKS = " \t\r\n"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Unfit(Exception):
    """A value that cannot be read or written. ``expected`` says what would have been right."""

    def __init__(self, message: str, expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected


class Codec(ABC):
    """One kind of value, both ways."""

    @abstractmethod
    def read(self, text: str) -> Any: ...  # noqa: ANN401 - each codec has its own type of value

    @abstractmethod
    def write(self, value: Any) -> str: ...  # noqa: ANN401 - as above


class Words(Codec):
    """Text as it is: blanks count (``xs:string``)."""

    def __init__(self, longest: int | None = None, pattern: str | None = None) -> None:
        self._longest = longest
        self._pattern = None if pattern is None else re.compile(pattern)
        self._form = "" if pattern is None else "text matching " + pattern.removeprefix("^").removesuffix(r"\Z")

    def read(self, text: str) -> str:
        return self._checked(text)

    def write(self, value: str) -> str:
        found = _NOT_XML.search(value)
        if found:
            raise Unfit(f"holds the control character U+{ord(found[0]):04X}", "text")
        try:
            value.encode(ENCODING)
        except UnicodeEncodeError as error:
            raise Unfit(f"holds {value[error.start]!r}", f"text that {ENCODING} can spell") from None
        return self._checked(value)

    def _checked(self, text: str) -> str:
        if self._longest is not None and len(text) > self._longest:
            raise Unfit(f"is {len(text)} characters long", f"at most {self._longest} characters")
        if self._pattern is not None and not self._pattern.search(text):
            raise Unfit("is not of the right form", self._form)
        return text


class Whole(Codec):
    """A whole number; ``.0`` and ``.00`` are read too, for reports may carry them (DGDecimal0)."""

    _TEXT = re.compile(r"[+-]?[0-9]{1,18}(\.0{1,2})?\Z", re.ASCII)

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self._least = least
        self._most = most

    def read(self, text: str) -> int:
        plain = text.strip(_BLANKS)
        if not self._TEXT.match(plain):
            raise Unfit("is not a whole number", self._expected)
        return self._checked(int(plain.partition(".")[0]))

    def write(self, value: int) -> str:
        return str(self._checked(value))

    def _checked(self, value: int) -> int:
        if (self._least is not None and value < self._least) or (self._most is not None and value > self._most):
            raise Unfit("is out of range", self._expected)
        return value

    @property
    def _expected(self) -> str:
        least = "" if self._least is None else f" from {self._least}"
        return "a whole number" + least + ("" if self._most is None else f" to {self._most}")


class Decimal(Codec):
    """A decimal held as an integer of its smallest unit; ``exact`` ones are always written with all their places."""

    def __init__(self, places: int, *, exact: bool, limit: int) -> None:
        self._places = places
        self._exact = exact
        self._limit = limit
        fraction = rf"\.[0-9]{{{places}}}" if exact else rf"(\.[0-9]{{1,{places}}})?"
        self._text = re.compile(rf"(-?)([0-9]{{1,19}})({fraction})\Z", re.ASCII)
        self._expected = f"a number with {'' if exact else 'at most '}{places} places"

    def read(self, text: str) -> int:
        found = self._text.match(text.strip(_BLANKS))
        if found is None:
            raise Unfit("is not a number of the right form", self._expected)
        fraction = (found[3] or ".")[1:].ljust(self._places, "0")
        return self._checked(int(found[1] + found[2] + fraction))

    def write(self, value: int) -> str:
        whole, fraction = divmod(abs(self._checked(value)), 10**self._places)
        digits = f"{fraction:0{self._places}d}"
        if not self._exact:
            digits = digits.rstrip("0")
        sign = "-" if value < 0 else ""
        return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"

    def _checked(self, value: int) -> int:
        if abs(value) > self._limit:
            raise Unfit("is out of range", self._expected)
        return value


class Choice(Codec):
    """A number with a meaning."""

    def __init__(self, kind: type[IntEnum]) -> None:
        self._kind = kind
        self._number = Whole()

    def read(self, text: str) -> IntEnum:
        number = self._number.read(text)
        try:
            return self._kind(number)
        except ValueError:
            known = ", ".join(str(member.value) for member in self._kind)
            raise Unfit("is not one of the known values", f"one of {known}") from None

    def write(self, value: int) -> str:
        return str(int(value))


class Truth(Codec):
    """``xs:boolean``."""

    _READ: ClassVar = {"true": True, "1": True, "false": False, "0": False}

    def read(self, text: str) -> bool:
        try:
            return self._READ[text.strip(_BLANKS)]
        except KeyError:
            raise Unfit("is not a truth value", "true or false") from None

    def write(self, value: bool) -> str:
        return "true" if value else "false"


class Stamp(Codec):
    """Digits in a fixed order: DGDate, DGTime, DGDateTime. ``kind`` picks what is taken from the moment."""

    def __init__(self, form: str, digits: int, kind: type[date] | type[time], *, padded: bool = False) -> None:
        self._form = form
        self._digits = digits
        self._kind = kind
        self._padded = padded

    def read(self, text: str) -> date | time:
        plain = text.strip(_BLANKS)
        if self._padded:  # a ticket's are declared numbers: a pedantic writer drops leading zeros
            plain = plain.zfill(self._digits)
        try:
            if len(plain) != self._digits or not (plain.isascii() and plain.isdigit()):
                raise ValueError
            moment = datetime.strptime(plain, self._form)
        except ValueError:
            raise Unfit("is not of the right form", f"{self._digits} digits, as {self._example}") from None
        if self._kind is time:
            return moment.time()
        return self._within(moment if self._kind is datetime else moment.date())

    def write(self, value: date | time) -> str:
        if isinstance(value, date):
            self._within(value)
        return value.strftime(self._form)

    @property
    def _example(self) -> str:
        return {"%d%m%Y": "ddmmyyyy", "%H%M%S": "hhmmss"}.get(self._form, "ddmmyyyyhhmmss")

    @staticmethod
    def _within(value: date) -> date:
        if not 1900 <= value.year <= 2099:
            raise Unfit("is out of range", "a year from 1900 to 2099")
        return value


DAY = Stamp("%d%m%Y", 8, date)
CLOCK = Stamp("%H%M%S", 6, time)
MOMENT = Stamp("%d%m%Y%H%M%S", 14, datetime)
PADDED: dict[Codec, Codec] = {
    DAY: Stamp("%d%m%Y", 8, date, padded=True),
    CLOCK: Stamp("%H%M%S", 6, time, padded=True),
}
"""What a tolerant reader takes instead."""
