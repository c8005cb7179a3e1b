"""What a profile puts into a request's fields: words of the order in braces, or fixed text.

``"{amount}"`` is a word that must be known, ``"{rrn?}"`` is left out where it is not, ``"{amount:12}"`` is padded with
zeros to that width; everything else is sent as it stands (``"3"``). Which field takes what differs between banks.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from transports.smartsale.fields import FIELDS
from transports.smartsale.values import Text, Unfit

WORDS = {
    "amount": "the amount in minor units",
    "currency": "ISO 4217 numeric, through the profile's currency_codes",
    "at": "our local time YYYYMMDDhhmmss",
    "number": "our transaction number",
    "terminal_id": "what the bank calls the terminal",
    "auth_code": "of the original operation",
    "rrn": "of the original operation",
    "original_amount": "of the original operation",
    "partial_of": "the original's amount, when only a part of it is asked for",
    "original_number": "our transaction number of the original operation",
    "original_code": "field 25 of the original operation",
    "original_slip_number": "of the original operation",
    "receipt_number": "of the slip to be copied",
}
"""Every word, with what it stands for."""

_WORD = re.compile(r"\{([a-z_]+)(?::([0-9]{1,2}))?(\??)\}\Z")
Words = Mapping[str, int | str | None]


class Absent(Exception):
    """A word that must be known is not."""

    def __init__(self, word: str) -> None:
        super().__init__(f"{word} is needed for this operation")
        self.word = word


class Template(Struct, frozen=True):
    """One field of a request: ``text`` where ``word`` is None."""

    number: int
    word: str | None = None
    width: int = 0
    optional: bool = False
    text: str = ""

    def data(self, words: Words) -> bytes | None:
        """The field's bytes, None to leave it out; raises Absent, or ValueError for what the field cannot carry."""
        value = self.text if self.word is None else words.get(self.word)
        if value is None:
            if self.optional:
                return None
            raise Absent(self.word or "")
        return _written(self.number, str(value).zfill(self.width))


def parse_template(number: int, text: str) -> Template:
    """Raises ValueError that says what is wrong with it."""
    found = _WORD.match(text)
    if found is None:
        if "{" in text or "}" in text:
            raise ValueError('is no word in braces: "{word}", "{word?}" or "{word:width}"')
        _written(number, text)
        return Template(number, text=text)
    if found[1] not in WORDS:
        raise ValueError(f"{found[1]} is not known; the words are {', '.join(WORDS)}")
    return Template(number, found[1], int(found[2] or 0), bool(found[3]))


def _written(number: int, text: str) -> bytes:
    """A field that has no name yet takes any text."""
    field = FIELDS.get(number)
    if field is not None:
        return field.written(text)
    if not text:
        raise Unfit(f"field {number} is empty", "at least one byte")
    return Text().encode(text)
