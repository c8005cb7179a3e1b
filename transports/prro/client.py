"""The fiscal server as a cash desk knows it: documents, commands and packets, with outcomes that are never guessed.

A document is sent as the bytes that were stored before the first attempt, and every further attempt sends the same
bytes. An answer that was lost, and a refusal that may be its echo, are settled by asking what stands under the local
number; the document found there is ours when it carries our UID. Signing and opening signatures is the business of
the callables handed in.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import uuid4

import trio
from msgspec import Struct

from schemas.prro_answers import DocumentInfo, OfflineSession, RegistrarState, Ticket
from schemas.prro_check import Check
from schemas.prro_commands import NotSigned
from schemas.prro_values import DocClass, DocType
from transports.prro import commands
from transports.prro.answers import BadAnswer, decode_json
from transports.prro.commands import Command, encode_command
from transports.prro.documents import Document, decode, decode_ticket
from transports.prro.errors import decode_error, verdict_of
from transports.prro.outcomes import (
    Absent,
    Accepted,
    Delivered,
    DocumentOutcome,
    Foreign,
    PacketOutcome,
    Refused,
    Registered,
    SessionOutcome,
    Unknown,
)
from transports.prro.packets import BadPacket, PacketRules, encode_packet, split
from transports.prro.wire import JSON, SIGNED, Answer, Broken, Unreached, Wire
from transports.prro.xml import Malformed

Sign = Callable[[bytes], Awaitable[bytes]]
"""Content to the signed message (CMS, content attached), with a time stamp as online documents need it."""

Unwrap = Callable[[bytes], bytes]
"""A message signed by the server to its content; raises ``ValueError`` when it is none, or its signature is wrong."""

Kind = TypeVar("Kind", bound=Struct)
OK, NO_CONTENT = 200, 204


class CommandRefused(Exception):
    """The server answered a command with an error."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.text)
        self.refused = refused


class CommandLost(Exception):
    """No usable answer to a command; asking again does no harm."""


class Unsigned(Exception):
    """The signer did not sign a command or a packet."""


def not_signed(lost: CommandLost) -> NotSigned | None:
    """What the signing agent said, where a command was lost for want of a signature."""
    cause = lost.__cause__.__cause__ if isinstance(lost.__cause__, Unsigned) else None
    return cause if isinstance(cause, NotSigned) else None


class Stored(NamedTuple):
    """A document and the bytes that were signed and stored before anything was sent. ``fresh``: it never was."""

    document: Document
    signed: bytes
    fresh: bool = True


class Patience(Struct, frozen=True):
    """How often a document is sent before its outcome is left unknown, with seconds between."""

    tries: int = 3
    pause: float = 1.0


class FiscalServer:
    """One server, one signer. Documents of one register must come one at a time; that is its actor's business."""

    def __init__(
        self,
        wire: Wire,
        sign: Sign,
        unwrap: Unwrap,
        *,
        packets: PacketRules | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._wire = wire
        self._sign = sign
        self._unwrap = unwrap
        self._packets = packets or PacketRules()
        self._patience = patience or Patience()

    # -- documents

    async def deliver(self, stored: Stored) -> DocumentOutcome:
        """Send, and find out. :class:`Unknown` only when the server could not be asked either.

        It is ``unreached`` when no attempt of this call had a connection.
        """
        outcome: DocumentOutcome = Unknown("not sent yet", unreached=True)
        unreached, doubtful = True, not stored.fresh
        for attempt in range(self._patience.tries):
            if attempt:
                await trio.sleep(self._patience.pause)
            outcome = await self.submit(stored)
            unreached = unreached and isinstance(outcome, Unknown) and outcome.unreached
            if isinstance(outcome, Registered) or (_is_final(outcome) and not doubtful):
                return outcome
            doubtful = doubtful or not unreached
            found = await self.find(stored.document)
            if isinstance(found, Registered | Foreign):
                return found
            if isinstance(outcome, Refused):
                if isinstance(found, Absent):
                    return outcome
                # Perhaps an earlier request has done it, and nobody could be asked.
                outcome = Unknown(f"{outcome.text}; {found.reason}")
        return Unknown(outcome.reason, unreached) if isinstance(outcome, Unknown) else outcome

    async def submit(self, stored: Stored) -> DocumentOutcome:
        """Send once, without looking into anything."""
        try:
            answer = await self._wire.post("doc", stored.signed)
        except Unreached as error:
            return Unknown(str(error), unreached=True)
        except Broken as error:
            return Unknown(str(error))
        if answer.status != OK:
            return _refusal(answer)
        try:
            return _told(decode_ticket(self._unwrap(answer.body)), stored.document)
        except (Malformed, ValueError) as error:
            return Unknown(f"not a ticket: {error}")

    async def find(self, document: Document) -> Registered | Foreign | Absent | Unknown:
        """What stands under the document's local number. It is ours when the UID says so.

        A server that does not give the original back leaves only its kind to compare.
        """
        try:
            info = await self.document_info(document.head.register, document.head.local_number)
            if info is None:
                return Absent()
            original = await self._original(document, info)
        except (CommandLost, CommandRefused) as error:
            return Unknown(f"cannot be looked up: {error}")
        ours = _is_kind(document, info) if original is None else _same(original, document)
        if not ours:
            return Foreign(info.num_fiscal, f"local number {document.head.local_number} is another document")
        return Registered(info.num_fiscal, recovered=True, revoked=info.revoked, storned=info.storned)

    async def _original(self, document: Document, info: DocumentInfo) -> Document | None:
        asked = commands.Check if isinstance(document, Check) else commands.ZRep
        command = asked(
            uid=_uid(),
            registrar_num_fiscal=str(document.head.register),
            num_fiscal=info.num_fiscal,
            original=True,
        )
        try:
            answer = await self._ask(command)
        except CommandRefused:
            return None
        if answer is None:
            return None
        try:
            return decode(self._unwrap(answer))
        except (Malformed, ValueError) as error:
            raise CommandLost(f"not a document: {error}") from None

    # -- commands

    async def command(self, command: Command, kind: type[Kind]) -> Kind | None:
        """The answer of a command, None for 204. Raises :class:`CommandRefused` or :class:`CommandLost`."""
        answer = await self._ask(command)
        if answer is None:
            return None
        try:
            return decode_json(self._opened(answer), kind)
        except BadAnswer as error:
            raise CommandLost(str(error)) from None

    async def is_there(self) -> bool:
        """Whether the server answers at all."""
        try:
            return await self._ask(commands.ServerState(uid=_uid())) is not None
        except (CommandLost, CommandRefused):
            return False

    async def document_info(self, register: int, local_number: int) -> DocumentInfo | None:
        """None when no document has this number."""
        asked = commands.DocumentInfoByLocalNum(uid=_uid(), num_fiscal=str(register), num_local=str(local_number))
        return await self.command(asked, DocumentInfo)

    async def state(self, register: int, session: OfflineSession | None = None) -> RegistrarState | None:
        """The register as the server sees it. ``session`` must be named when its documents are about to come."""
        asked = commands.TransactionsRegistrarState(
            uid=_uid(),
            num_fiscal=str(register),
            offline_session_id=None if session is None else session.offline_session_id,
            offline_seed=None if session is None else session.offline_seed,
        )
        return await self.command(asked, RegistrarState)

    async def _ask(self, command: Command) -> bytes | None:
        body = encode_command(command)
        try:
            if command.signed:
                answer = await self._wire.post("cmd", await self._signed(body), SIGNED)
            else:
                answer = await self._wire.post("cmd", body, JSON)
        except (Unsigned, Unreached, Broken) as error:
            raise CommandLost(str(error)) from error
        if answer.status == NO_CONTENT:
            return None
        if answer.status != OK:
            refusal = _refusal(answer)
            if isinstance(refusal, Unknown):
                raise CommandLost(refusal.reason)
            raise CommandRefused(refusal)
        return answer.body

    def _opened(self, answer: bytes) -> bytes:
        """JSON comes bare; should a server sign it, its content counts."""
        if answer.lstrip()[:1] in (b"{", b"[", b"\xef"):
            return answer
        try:
            return self._unwrap(answer)
        except ValueError as error:
            raise CommandLost(f"neither JSON nor signed: {error}") from None

    # -- offline sessions

    async def deliver_session(
        self, register: int, session: OfflineSession, documents: Sequence[bytes]
    ) -> SessionOutcome:
        """Send what the server lacks of a finished session, OfflineEnd included, in as many packets as needed.

        ``documents`` are all of the session, signed, in order. After a lost answer the same call goes on from what the
        server says it has.
        """
        try:
            state = await self.state(register, session)
        except (CommandLost, CommandRefused) as error:
            return Unknown(str(error))
        if state is None:
            return Unknown("the server knows nothing of the register")
        if state.offline_session_id != session.offline_session_id:
            return Delivered(_session_of(state))
        arrived = (state.offline_next_local_num or 1) - 1
        if arrived >= len(documents):
            return Foreign("", f"the server has {arrived} documents of the session, we have {len(documents)}")
        return await self._send_rest(documents[arrived:])

    async def _send_rest(self, documents: Sequence[bytes]) -> SessionOutcome:
        outcome: PacketOutcome = Accepted()
        try:
            packets = list(split(documents, self._packets))
        except BadPacket as error:  # nothing is sent: a person must see it
            return Refused(str(error), "document")
        for packet in packets:
            outcome = await self.submit_packet(packet)
            if not isinstance(outcome, Accepted):
                return outcome
        return Delivered(outcome.session if isinstance(outcome, Accepted) else None)

    async def submit_packet(self, documents: Sequence[bytes]) -> PacketOutcome:
        """Send one packet, once."""
        try:
            message = await self._signed(encode_packet(documents, self._packets.order))
            answer = await self._wire.post("pck", message)
        except (Unsigned, Unreached) as error:
            return Unknown(str(error), unreached=True)
        except Broken as error:
            return Unknown(str(error))
        if answer.status != OK:
            return _refusal(answer)
        if answer.body.strip().strip(b'"') == b"OK":
            return Accepted()
        try:
            return Accepted(decode_json(self._opened(answer.body), OfflineSession))
        except (BadAnswer, CommandLost) as error:
            return Unknown(f"not an answer to a packet: {error}")

    async def _signed(self, content: bytes) -> bytes:
        """A signer fails in its own ways; here all of them mean that nothing was sent."""
        try:
            return await self._sign(content)
        except Exception as error:
            raise Unsigned(f"not signed: {type(error).__name__}: {error}") from error

    async def aclose(self) -> None:
        await self._wire.aclose()


def _is_final(outcome: DocumentOutcome) -> bool:
    """A refusal that has its cause in the document, the register or the key; no echo of an earlier request."""
    return isinstance(outcome, Refused) and outcome.verdict != "check"


def _uid() -> str:
    return str(uuid4())


def _refusal(answer: Answer) -> Refused | Unknown:
    """Only 4xx refuses; anything else says nothing about the document."""
    code, text = decode_error(answer.body)
    if not 400 <= answer.status < 500:
        return Unknown(f"answered {answer.status}: {text[:200]}")
    return Refused(text or f"answered {answer.status}", verdict_of(code, answer.status), code, answer.status)


def _told(ticket: Ticket, document: Document) -> DocumentOutcome:
    head = document.head
    if ticket.uid.upper() != head.uid.upper() or ticket.local_number != head.local_number:
        return Unknown("the ticket is of another document")
    if ticket.error:
        return Refused(ticket.error_text or f"error {ticket.error}", verdict_of(ticket.error), ticket.error)
    if not ticket.fiscal_number:
        return Unknown("the ticket has neither a number nor an error")
    return Registered(ticket.fiscal_number, datetime.combine(ticket.date, ticket.time), _given(ticket))


def _given(ticket: Ticket) -> OfflineSession | None:
    if ticket.session is None or ticket.seed is None:
        return None
    return OfflineSession(offline_session_id=ticket.session, offline_seed=ticket.seed)


def _session_of(state: RegistrarState) -> OfflineSession | None:
    if state.offline_session_id is None or state.offline_seed is None:
        return None
    return OfflineSession(offline_session_id=state.offline_session_id, offline_seed=state.offline_seed)


def _is_kind(document: Document, info: DocumentInfo) -> bool:
    if not isinstance(document, Check):
        return info.doc_class is DocClass.Z_REP
    if info.doc_class is not DocClass.CHECK or info.check_doc_type != document.head.doc_type:
        return False
    return document.head.doc_type is not DocType.SALE_GOODS or info.check_doc_sub_type == document.head.sub_type


def _same(original: Document, document: Document) -> bool:
    return original.head.uid.upper() == document.head.uid.upper() and type(original) is type(document)
