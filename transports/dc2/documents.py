"""DC2's documents: a request and an answer, each a flat element with one ``<field id="00">`` for every SA field.

Written in windows-1251 as the service has it. Answers come back in other encodings than they declare, so several are
tried; a document type declaration ends the reading, and with it every trick with entities.
"""

import re
from collections.abc import Mapping, Sequence
from xml.parsers import expat
from xml.sax.saxutils import escape

from msgspec import Struct

from transports.smartsale.message import Message

MOST_OF_A_DOCUMENT = 262_144
ENCODING = "windows-1251"
_TRIED: tuple[str | None, ...] = (None, "utf-8", ENCODING, "cp866")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPAQUE = frozenset({12, 16, 17, 18, 36, 40, 41, 44, 55, 59, 69, 70, 72, 91})
"""Fields that are bytes and no text: they have no place in this service's documents."""


class BadDocument(ValueError):
    """Not a document of this service; says why."""


class Request(Struct, frozen=True, kw_only=True):
    """What a till asks. ``address`` is the pinpad's ``ip:port``, ``com`` the number of its serial port.

    ``timeout`` is in seconds; None leaves it to the service.
    """

    message: Message
    address: str | None = None
    com: int | None = None
    baud_rate: int | None = None
    timeout: int | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """``code`` 0 and None are the same: the service has done its part. What the *pinpad* said is field 39."""

    message: Message
    code: int | None = None
    text: str | None = None


def write_request(request: Request) -> bytes:
    """In windows-1251; fields that are bytes are left out."""
    head = {
        "ncom": request.com,
        "baudrate": request.baud_rate,
        "ipaddr": request.address,
        "timeout": request.timeout,
    }
    return _written("request", head, request.message)


def write_answer(answer: Answer) -> bytes:
    """In windows-1251."""
    head = {"errorcode": answer.code or 0, "errordescription": answer.text or ""}
    return _written("response", head, answer.message)


def read_request(document: bytes) -> Request:
    """Raises :class:`BadDocument`."""
    texts, fields = _read(document, (None,))
    return Request(
        message=_message(fields),
        address=texts.get("ipaddr") or None,
        com=_number(texts, "ncom", 255),
        baud_rate=_number(texts, "baudrate", 4_000_000),
        timeout=_number(texts, "timeout", 3600),
    )


def read_answer(document: bytes) -> Answer:
    """Raises :class:`BadDocument`."""
    texts, fields = _read(document, _TRIED)
    code = _number(texts, "errorcode", 9999)
    return Answer(message=_message(fields), code=code, text=texts.get("errordescription") or None)


def _written(root: str, head: Mapping[str, object], message: Message) -> bytes:
    inner = "".join(f"<{name}>{_text(str(value))}</{name}>" for name, value in head.items() if value is not None)
    inner += "".join(
        f'<field id="{number:02}">{_text(data.decode("cp1251", "replace"))}</field>'
        for number, data in message.items
        if number not in _OPAQUE
    )
    document = f'<?xml version="1.0" encoding="{ENCODING}"?>\n<{root}>{inner}</{root}>'
    return document.encode("cp1251", "xmlcharrefreplace")


def _text(text: str) -> str:
    """A carriage return would be lost in reading: XML makes a line feed of it unless it is written by number."""
    return escape(_UNPRINTABLE.sub("", text), {"\r": "&#13;"})


def _message(fields: Sequence[tuple[str, str]]) -> Message:
    items = []
    for number, text in fields:
        if not re.fullmatch(r"[0-9]{1,3}", number) or int(number) > 255:
            raise BadDocument(f"{number[:16]!r} is no field's number")
        try:
            items.append((int(number), text.encode("cp1251")))
        except UnicodeEncodeError:
            raise BadDocument(f"field {number} holds what windows-1251 has no letter for") from None
    return Message(item for item in items if item[1])


def _number(texts: Mapping[str, str], name: str, most: int) -> int | None:
    text = texts.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,7}", text) or int(text) > most:
        raise BadDocument(f"<{name}> is {text[:32]!r}, not a number from 0 to {most}")
    return int(text)


def _read(document: bytes, encodings: Sequence[str | None]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    if len(document) > MOST_OF_A_DOCUMENT:
        raise BadDocument(f"longer than {MOST_OF_A_DOCUMENT} bytes")
    trouble = "empty"
    for encoding in encodings:
        try:
            return _Reader(encoding).read(document)
        except (expat.ExpatError, LookupError, UnicodeDecodeError, ValueError) as error:
            if isinstance(error, BadDocument):
                raise
            trouble = str(error)
    raise BadDocument(f"not well formed: {trouble}")


class _Reader:
    """``encoding`` overrides what the document declares."""

    def __init__(self, encoding: str | None) -> None:
        self.texts: dict[str, str] = {}
        self.fields: list[tuple[str, str]] = []
        self._open: list[tuple[str, Mapping[str, str]]] = []
        self._text: list[str] = []
        parser = self._parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append

    def read(self, document: bytes) -> tuple[dict[str, str], list[tuple[str, str]]]:
        self._parser.Parse(document.strip(), True)
        return self.texts, self.fields

    def _doctype(self, *declared: object) -> None:
        raise BadDocument("a document type declaration")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) == 2:
            raise BadDocument(f"<{name[:32]}> stands too deep")
        self._open.append((name.lower(), attributes))
        self._text.clear()

    def _end(self, name: str) -> None:
        known, attributes = self._open.pop()
        text = "".join(self._text)
        self._text.clear()
        if len(self._open) != 1:
            return
        if known == "field":
            self.fields.append((attributes.get("id", ""), text))
        elif known in self.texts:
            raise BadDocument(f"<{known}> stands there twice")
        else:
            self.texts[known] = text
