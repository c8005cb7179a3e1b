"""The fiscal server without its sockets: a request comes in as bytes, and what it did and answers comes out.

What a request is about is found out before it is carried out (:meth:`FiscalServer.prepare`), so that a fault can come
between the two.
"""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from kassanet.sandbox.books import FileLines, Lines, MemoryLines
from kassanet.sandbox.fiscal_server.asking import NOBODY, Asking, is_late
from kassanet.sandbox.fiscal_server.records import Entry
from kassanet.sandbox.fiscal_server.register import Counters, Register
from kassanet.sandbox.fiscal_server.registry import Registry
from kassanet.sandbox.fiscal_server.rules import Refusal, ServerRules
from kassanet.sandbox.fiscal_server.seals import BrokenSeal, Opened, Seals
from kassanet.sandbox.http import Request
from schemas.prro_answers import OfflineSession, Ticket
from schemas.prro_check import Check
from transports.prro.answers import BadAnswer, encode_json
from transports.prro.commands import Command, decode_command
from transports.prro.compression import KNOWN, NotCompressed, TooLarge, decompress
from transports.prro.documents import Document, decode, encode_ticket
from transports.prro.errors import ErrorCode, encode_error, spelled
from transports.prro.limits import kyiv
from transports.prro.packets import BadPacket, decode_packet
from transports.prro.xml import Malformed

MEMORY = "memory"
SERVER = "server"
BINARY = "application/octet-stream"
PLAIN_JSON = "application/json; charset=UTF-8"
PLAIN_TEXT = "text/plain; charset=UTF-8"
Door = Literal["doc", "cmd", "pck"]
_STATUSES = {
    ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT: 404,
    ErrorCode.OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED: 401,
}


class Response(NamedTuple):
    """``registered`` are the documents that came into being with it, as (local number, fiscal number)."""

    status: int
    body: bytes = b""
    content_type: str = PLAIN_TEXT
    registered: tuple[tuple[int, str], ...] = ()


class Prepared(NamedTuple):
    """A request that was understood, or refused. ``names``: how a fault plan calls it; ``register``: whose it is."""

    register: str
    names: tuple[str, ...]
    run: Callable[[], Response]
    refuse: Callable[[ErrorCode, bool], Response]
    """Answers an error without doing anything; the flag asks for the HTTP kind where there are two."""


class _HttpError(Exception):
    def __init__(self, status: int, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.response = Response(status, encode_error(code, text).encode())


class FiscalServer:
    """All registers of a state directory; without a folder nothing outlives the process. ``clock`` is UNIX time."""

    def __init__(
        self,
        registry: Registry,
        seals: Seals,
        *,
        rules: ServerRules | None = None,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.registry = registry
        self.rules = rules or ServerRules()
        self._seals = seals
        self._folder = folder
        self._clock = clock
        self._counters = Counters()
        if folder is not None:
            (folder / MEMORY).mkdir(parents=True, exist_ok=True)
        self._registers = {place.register.num_fiscal: self._register(place.register.num_fiscal) for place in registry}
        self._asking = Asking(self.register, registry.units, seals, clock)

    def register(self, num_fiscal: int) -> Register:
        """Raises :class:`Refusal` when there is none."""
        try:
            return self._registers[num_fiscal]
        except KeyError:
            text = f"ПРРО з фіскальним номером {num_fiscal} не зареєстрований"
            raise Refusal(ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT, text) from None

    def _register(self, num_fiscal: int) -> Register:
        place = self.registry.find(num_fiscal)
        assert place is not None
        name = f"register-{num_fiscal}.jsonl"
        records: Lines = MemoryLines()
        book: Lines = MemoryLines()
        if self._folder is not None:
            records, book = FileLines(self._folder / MEMORY / name), FileLines(self._folder / name)
        return Register(place, self.rules, self._counters, self._clock, records, book)

    # -- requests

    def answer(self, request: Request) -> Response:
        """Carry a request out, undisturbed."""
        return self.prepare(request).run()

    def prepare(self, request: Request) -> Prepared:
        """Find out what a request is about; nothing has happened yet."""
        try:
            door = self._door(request)
            body = self._body(request)
            if door == "doc":
                return self._prepare_document(body)
            return self._prepare_packet(body) if door == "pck" else self._prepare_command(request, body)
        except _HttpError as error:
            return _refused(error.response)

    def _door(self, request: Request) -> Door:
        place, _, door = request.path.partition("?")[0].rpartition("/")
        if place != "/fs" or door not in ("doc", "cmd", "pck"):
            raise _HttpError(403, ErrorCode.INVALID_QUERY_PARAMETER, "Некоректний URL звернення до сервера")
        if request.method != "POST":
            raise _HttpError(405, ErrorCode.INVALID_QUERY_PARAMETER, "Метод звернення не дозволяється")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != BINARY and not (door == "cmd" and kind == "application/json"):
            text = f"Очікується значення 'Content-Type' рівне '{BINARY}' або '{PLAIN_JSON}'"
            raise _HttpError(415, ErrorCode.INVALID_QUERY_PARAMETER, text)
        return "doc" if door == "doc" else "cmd" if door == "cmd" else "pck"

    def _body(self, request: Request) -> bytes:
        """Decompressed; its size is that of the message before compression."""
        encoding = request.headers.get("content-encoding", "").strip().lower()
        body = request.body
        try:
            if encoding in KNOWN:
                body = decompress(body, self.rules.most_bytes)
            elif encoding not in ("", "identity"):
                raise _HttpError(400, ErrorCode.INVALID_QUERY_PARAMETER, f"Content-Encoding {encoding[:32]} невідомий")
        except TooLarge:
            raise _HttpError(416, ErrorCode.INVALID_QUERY_PARAMETER, "Недопустимий розмір повідомлення") from None
        except NotCompressed as error:
            raise _HttpError(400, ErrorCode.INVALID_QUERY_PARAMETER, str(error)) from None
        if not self.rules.least_bytes <= len(body) <= self.rules.most_bytes:
            raise _HttpError(416, ErrorCode.INVALID_QUERY_PARAMETER, "Недопустимий розмір повідомлення")
        return body

    def _open(self, message: bytes) -> Opened:
        try:
            return self._seals.open(message)
        except BrokenSeal as error:
            raise _HttpError(400, ErrorCode.CRYPTOGRAPHY_ERROR, str(error)) from None

    def _decode(self, content: bytes) -> Document:
        try:
            return decode(content)
        except Malformed as error:
            raise _HttpError(400, ErrorCode.DOCUMENT_VALIDATION_ERROR, str(error)[:2000]) from None

    # -- documents

    def _prepare_document(self, message: bytes) -> Prepared:
        opened = self._open(message)
        document = self._decode(opened.content)

        def refuse(code: ErrorCode, over_http: bool) -> Response:
            return self._refusal(document, Refusal(code, spelled(code.name)), over_http)

        def run() -> Response:
            try:
                return self._take(document, opened, message)
            except Refusal as refusal:
                return self._refusal(document, refusal, self.rules.errors == "http")

        return Prepared(str(document.head.register), ("doc", *kind_names(document)), run, refuse)

    def _take(self, document: Document, opened: Opened, message: bytes) -> Response:
        register = self.register(document.head.register)
        if self.rules.stamps and not opened.stamped:
            raise Refusal(ErrorCode.CRYPTOGRAPHY_ERROR, "Підпис повинен містити позначку часу")
        self._check_form(opened)
        entry, session = register.register(document, opened, message)
        return self._ticket(document, entry, session)

    def _check_form(self, opened: Opened) -> None:
        if self.rules.forms and opened.objections:
            raise Refusal(ErrorCode.CRYPTOGRAPHY_ERROR, "; ".join(opened.objections))

    def _ticket(self, document: Document, entry: Entry, session: OfflineSession | None) -> Response:
        ticket = self._blank(document, entry.num_fiscal, session)
        number = (document.head.local_number, entry.num_fiscal)
        return Response(200, self._seals.seal(encode_ticket(ticket)), BINARY, (number,))

    def _refusal(self, document: Document, refusal: Refusal, over_http: bool) -> Response:
        if over_http:
            return _error(refusal)
        blank = self._blank(document, None, None, refusal)
        return Response(200, self._seals.seal(encode_ticket(blank)), BINARY)

    def _blank(
        self,
        document: Document,
        number: str | None,
        session: OfflineSession | None,
        refusal: Refusal | None = None,
    ) -> Ticket:
        now = datetime.fromtimestamp(self._clock(), kyiv()).replace(microsecond=0, tzinfo=None)
        return Ticket(
            uid=document.head.uid,
            date=now.date(),
            time=now.time(),
            local_number=document.head.local_number,
            fiscal_number=number,
            session=None if session is None else session.offline_session_id,
            seed=None if session is None else session.offline_seed,
            error=None if refusal is None else refusal.code.value,
            error_text=None if refusal is None else refusal.text,
        )

    # -- packets

    def _prepare_packet(self, message: bytes) -> Prepared:
        outer = self._open(message)
        try:
            parts = decode_packet(outer.content, self.rules.order)
        except BadPacket as error:
            raise _HttpError(400, ErrorCode.PACKAGE_VALIDATION_ERROR, str(error)) from None
        if not 0 < len(parts) <= self.rules.most_documents:
            text = f"В пакеті {len(parts)} документів, дозволено від 1 до {self.rules.most_documents}"
            raise _HttpError(400, ErrorCode.PACKAGE_VALIDATION_ERROR, text)
        documents = [self._part(part) for part in parts]

        def run() -> Response:
            try:
                return self._take_packet(documents)
            except Refusal as refusal:
                return _error(refusal)

        def refuse(code: ErrorCode, _over_http: bool) -> Response:
            return _error(Refusal(code, spelled(code.name)))

        return Prepared(str(documents[0][0].head.register), ("pck",), run, refuse)

    def _part(self, message: bytes) -> tuple[Document, Opened, bytes]:
        opened = self._open(message)
        return self._decode(opened.content), opened, message

    def _take_packet(self, documents: list[tuple[Document, Opened, bytes]]) -> Response:
        if len({document.head.register for document, _, _ in documents}) > 1:
            raise Refusal(ErrorCode.PACKAGE_VALIDATION_ERROR, "Документи різних ПРРО")
        for _, opened, _ in documents:
            self._check_form(opened)
        session = self.register(documents[0][0].head.register).take_packet(documents)
        numbers = tuple((document.head.local_number, document.head.fiscal_number or "") for document, _, _ in documents)
        if session is None:
            return Response(200, b"OK", PLAIN_TEXT, numbers)
        return Response(200, encode_json(session), PLAIN_JSON, numbers)

    # -- commands

    def _prepare_command(self, request: Request, body: bytes) -> Prepared:
        bare = request.headers.get("content-type", "").lower().startswith("application/json")
        opened = None if bare else self._open(body)
        try:
            command = decode_command(body if opened is None else opened.content)
        except BadAnswer as error:
            raise _HttpError(400, ErrorCode.INVALID_QUERY_PARAMETER, str(error)) from None

        def run() -> Response:
            try:
                return self._obey(command, opened)
            except Refusal as refusal:
                return _error(refusal)

        def refuse(code: ErrorCode, _over_http: bool) -> Response:
            return _error(Refusal(code, spelled(code.name)))

        named = getattr(command, "num_fiscal", None) if hasattr(command, "num_fiscal") else None
        register = getattr(command, "registrar_num_fiscal", named) or SERVER
        return Prepared(register, ("cmd", type(command).__name__.lower()), run, refuse)

    def _obey(self, command: Command, opened: Opened | None) -> Response:
        if command.signed and opened is None:
            text = "Повідомлення повинно бути засвідчене кваліфікованим електронним підписом"
            raise Refusal(ErrorCode.CRYPTOGRAPHY_ERROR, text)
        if is_late(command, self._asking.now):
            raise Refusal(ErrorCode.INVALID_QUERY_PARAMETER, "Команду скасовано: вичерпано час її дії")
        answer = self._asking.answer(command, NOBODY if opened is None else opened.signatory)
        if answer is None:
            return Response(204)
        if isinstance(answer, bytes):
            return Response(200, answer, BINARY)
        return Response(200, encode_json(answer), PLAIN_JSON)


def kind_names(document: Document) -> tuple[str, ...]:
    """How a fault plan may call a document: ``salegoods``, ``checkreturn``, ``openshift``, ``zrep``."""
    if not isinstance(document, Check):
        return ("zrep",)
    sub = document.head.sub_type
    names = [spelled(document.head.doc_type.name).lower()]
    return (*names, spelled(sub.name).lower()) if sub is not None else tuple(names)


def _error(refusal: Refusal) -> Response:
    return Response(_STATUSES.get(refusal.code, 400), encode_error(refusal.code, refusal.text).encode())


def _refused(response: Response) -> Prepared:
    return Prepared(SERVER, (), lambda: response, lambda _code, _over_http: response)
