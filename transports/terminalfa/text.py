"""Text as the register prints it: CP866, with a documented substitute for what that code page lacks.

A receipt must not fail because a name carries a long dash, and must not silently become another text either. So a
character is sent as it is where CP866 has it (all Russian letters, Є є Ї ї Ў ў, № ° · √ ¤ and the no-break space
among them), else replaced from the table below, else taken apart by Unicode's own compatibility rules with accents
dropped (é → e, ﬁ → fi, ① → 1); what is left then is *not encodable*, and the text is refused before it travels.
Substitutes may be longer than the character, so limits are checked on the encoded bytes.
"""

import unicodedata
from functools import lru_cache

SUBSTITUTES: dict[str, str] = {
    # quotation marks
    **dict.fromkeys("«»“”„‟″〝〞", '"'),
    **dict.fromkeys("‘’‚‛′‹›ʼ´", "'"),
    # dashes, minus, soft and no-break hyphens
    **dict.fromkeys("‐‑‒–—―−⁃", "-"),
    "\u00ad": "",
    # spaces and line ends: a receipt's field is one line
    **dict.fromkeys("\t\n\r\v\f\u0085\u2028\u2029", " "),
    **dict.fromkeys("\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    # characters without width
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f", ""),
    # money
    "₽": "руб.",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₴": "грн",
    "₸": "тг",
    "¢": "c",
    # signs
    "…": "...",
    "•": "\u00b7",
    "×": "x",
    "÷": "/",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "≠": "<>",
    "≈": "~",
    "→": "->",
    "←": "<-",
    "©": "(c)",
    "®": "(R)",
    "™": "(TM)",
    "§": "п.",
    "µ": "мк",
    "μ": "мк",
    "‰": "%.",
    "¦": "|",
    "⁄": "/",
    "º": "°",
    # Ukrainian letters that CP866 lacks
    "і": "i",
    "І": "I",
    "ґ": "г",
    "Ґ": "Г",
    # letters of Russia's and neighbouring languages
    **dict(zip("ӘәҒғҖҗҚқҢңӨөҰұҮүҺһҲҳҶҷ", "АаГгЖжКкНнОоУуУуХхХхЧч", strict=True)),
    **dict(zip("ЈјЉљЊњЋћЂђЏџЅѕ", "JjЛлНнЧчДдЦцSs", strict=True)),
    # Latin letters that do not come apart by themselves
    "ß": "ss",
    "Æ": "AE",
    "æ": "ae",
    "Ø": "O",
    "ø": "o",
    "Ł": "L",
    "ł": "l",
    "Đ": "D",
    "đ": "d",
    "ı": "i",
}
"""What replaces each character. Every value is encodable in CP866 (a test walks the table)."""


class NotEncodable(ValueError):
    """A text with ``characters`` that have neither a place in CP866 nor a substitute."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"characters that the register cannot print: {characters!r}")
        self.characters = characters


def encode_text(text: str) -> bytes:
    """CP866 bytes of ``text``; raises :class:`NotEncodable`."""
    if text.isprintable():  # control characters are in the code page, but would steer the printer
        try:
            return text.encode("cp866")
        except UnicodeEncodeError:
            pass
    pieces = [_encode_character(character) for character in unicodedata.normalize("NFC", text)]
    if None in pieces:
        wrong = (c for c, piece in zip(unicodedata.normalize("NFC", text), pieces, strict=True) if piece is None)
        raise NotEncodable("".join(dict.fromkeys(wrong)))
    return b"".join(piece for piece in pieces if piece is not None)


def decode_text(data: bytes) -> str:
    """Every byte means something in CP866, so this never fails."""
    return data.decode("cp866")


def printed(text: str) -> str:
    """The text as paper and archive will show it; raises :class:`NotEncodable`."""
    return decode_text(encode_text(text))


@lru_cache(maxsize=4096)
def _encode_character(character: str) -> bytes | None:
    if character in SUBSTITUTES:
        return SUBSTITUTES[character].encode("cp866")
    plain = _in_code_page(character)
    if plain is not None:
        return plain
    apart = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    if apart in ([], [character]):
        return None
    pieces = [_encode_character(part) for part in apart]
    return None if None in pieces else b"".join(piece for piece in pieces if piece is not None)


def _in_code_page(character: str) -> bytes | None:
    try:
        return None if unicodedata.category(character) == "Cc" else character.encode("cp866")
    except UnicodeEncodeError:
        return None
