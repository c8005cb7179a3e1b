"""A till of the tests: composes documents, keeps its own numbers and hash chain, and talks to a server in memory."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from kassanet.sandbox.fiscal_server.registry import FIRST_REGISTER, TEST_TIN, Registry, Unit, default_unit
from kassanet.sandbox.fiscal_server.rules import ServerRules
from kassanet.sandbox.fiscal_server.seals import PlainSeals, Signatory, plain_content, plain_envelope
from kassanet.sandbox.fiscal_server.server import BINARY, PLAIN_JSON, FiscalServer, Response
from kassanet.sandbox.http import Request
from schemas.prro import (
    CloseShift,
    Desk,
    Item,
    OfflineBegin,
    OfflineEnd,
    OpenShift,
    Operation,
    Payment,
    Sale,
    TaxRate,
    ZReport,
)
from schemas.prro_answers import DocumentInfo, OfflineSession, RegistrarState, Ticket
from transports.prro import commands
from transports.prro.answers import decode_json
from transports.prro.chain import ChainRules, Link, carries_hash, is_link, link_hash
from transports.prro.commands import Command, encode_command
from transports.prro.composing import Heading, compose, made_offline
from transports.prro.documents import Document, decode_ticket, encode
from transports.prro.packets import encode_packet

REGISTER = FIRST_REGISTER
CASHIER = Signatory("a" * 64, "Касир", (TEST_TIN,))
NOON = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
DESK = Desk(
    register=REGISTER,
    number=1,
    tin=TEST_TIN,
    org_name="ТОВ «Тест»",
    point_name="Магазин",
    taxes=(TaxRate(letter="А", percent=2000), TaxRate(letter="Г", percent=500, type=1, name="Акциз")),
)
COFFEE = Sale(items=(Item(name="Кава", price=4500, letters="А"),), payments=(Payment(form=0, sum=4500),))
Kind = TypeVar("Kind", bound=Struct)


class Clock:
    """UNIX time that only moves when told to."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at.timestamp()

    def tick(self, seconds: float = 1.0) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at


class Shop:
    """A server in memory, or in a folder. ``reopen`` starts it anew from its files."""

    def __init__(
        self, *, rules: ServerRules | None = None, unit: Unit | None = None, folder: Path | None = None
    ) -> None:
        self.clock = Clock()
        self.rules = rules or ServerRules()
        self.registry = Registry((unit or default_unit(2),))
        self.folder = folder
        self.server = self.reopen()

    def reopen(self) -> FiscalServer:
        self.server = FiscalServer(self.registry, PlainSeals(), rules=self.rules, folder=self.folder, clock=self.clock)
        return self.server

    def post(self, door: str, body: bytes, content_type: str = BINARY, **headers: str) -> Response:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.answer(Request("POST", f"/fs/{door}", {"content-type": content_type, **more}, body))


class Till:
    """One register. ``number`` is the next local number, which only a registered document uses."""

    seal: Callable[[bytes, bool], bytes] | None = None
    unwrap: Callable[[bytes], bytes] = staticmethod(plain_content)
    """A test that is about signatures sets both."""

    def __init__(self, shop: Shop, desk: Desk = DESK, signatory: Signatory = CASHIER) -> None:
        self.shop = shop
        self.desk = desk
        self.signatory = signatory
        self.number = 1
        self.session: OfflineSession | None = None
        self.chain = ChainRules()
        self.last_hash: str | None = None
        self.offline: list[bytes] = []

    def compose(self, operation: Operation, number: int | None = None, uid: UUID | None = None) -> Document:
        heading = Heading(uid or uuid4(), self.shop.clock.tick(), number or self.number, "Касир")
        return compose(operation, self.desk, heading)

    def sign(self, content: bytes, *, stamped: bool = True) -> bytes:
        if self.seal is not None:
            return self.seal(content, stamped)
        return plain_envelope(content, self.signatory, stamped=stamped)

    def send(self, document: Document, *, stamped: bool = True) -> Ticket:
        """The ticket; a registered document has used its number."""
        response = self.shop.post("doc", self.sign(encode(document), stamped=stamped))
        assert response.status == 200, response.body.decode()
        ticket = decode_ticket(self.unwrap(response.body))
        if not ticket.error:
            self.number = document.head.local_number + 1
            if ticket.session is not None and ticket.seed is not None:
                self.session = OfflineSession(offline_session_id=ticket.session, offline_seed=ticket.seed)
        return ticket

    def make(self, operation: Operation, number: int | None = None) -> Ticket:
        return self.send(self.compose(operation, number))

    def refused(self, operation: Operation) -> int | None:
        """The error code."""
        return self.make(operation).error

    def open(self) -> "Till":
        assert not self.refused(OpenShift())
        return self

    def close(self) -> None:
        assert not self.refused(ZReport())
        assert not self.refused(CloseShift())

    def ask(self, command: Command, kind: type[Kind]) -> Kind | None:
        response = self.ask_raw(command)
        assert response.status in (200, 204), response.body.decode()
        return decode_json(response.body, kind) if response.body else None

    def ask_raw(self, command: Command, *, signed: bool | None = None) -> Response:
        body = encode_command(command)
        if command.signed if signed is None else signed:
            return self.shop.post("cmd", self.sign(body))
        return self.shop.post("cmd", body, PLAIN_JSON)

    def state(self, session: OfflineSession | None = None) -> RegistrarState:
        found = self.ask(
            commands.TransactionsRegistrarState(
                uid="state",
                num_fiscal=str(self.desk.register),
                offline_session_id=None if session is None else session.offline_session_id,
                offline_seed=None if session is None else session.offline_seed,
            ),
            RegistrarState,
        )
        assert found is not None
        return found

    def info(self, number: int) -> DocumentInfo | None:
        asked = commands.DocumentInfoByLocalNum(uid="info", num_fiscal=str(self.desk.register), num_local=str(number))
        return self.ask(asked, DocumentInfo)

    # -- offline

    def make_offline(self, operation: Operation) -> Document:
        """Sign and keep a document of the session; numbers and chain go on."""
        assert self.session is not None
        bare = self.compose(operation)
        previous = self.last_hash if carries_hash(bare, self.chain) else None
        place = len(self.offline) + 1
        session, seed = self.session.offline_session_id, self.session.offline_seed
        document = made_offline(bare, session, place, seed, previous)
        self.keep(document)
        return document

    def keep(self, document: Document) -> None:
        xml = encode(document)
        signed = self.sign(xml, stamped=False)
        if is_link(document, self.chain):
            self.last_hash = link_hash(Link(xml, signed), self.chain)
        self.offline.append(signed)
        self.number += 1

    def sell_offline(self, count: int, begin: OfflineBegin | None = None) -> None:
        """A whole session with ``count`` sales."""
        self.make_offline(begin or OfflineBegin())
        for _ in range(count):
            self.make_offline(COFFEE)
        self.make_offline(OfflineEnd())

    def deliver(self, documents: list[bytes] | None = None) -> Response:
        return self.shop.post("pck", self.sign(encode_packet(self.offline if documents is None else documents)))

    def delivered(self) -> OfflineSession:
        """Deliver everything and begin the next session."""
        response = self.deliver()
        assert response.status == 200, response.body.decode()
        self.session = decode_json(response.body, OfflineSession)
        self.offline, self.last_hash = [], None
        return self.session


def changed(document: Document, **head: object) -> Document:
    """With some of its head changed."""
    return msgspec.structs.replace(document, head=msgspec.structs.replace(document.head, **head))
