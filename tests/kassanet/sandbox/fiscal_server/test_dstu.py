"""Real signatures: documents signed with keys of the sandbox's authority, and everything that is wrong with others."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from kassanet.sandbox.fiscal_server.command_line import _service, add_fiscal_server_command
from kassanet.sandbox.fiscal_server.dstu import DstuSeals
from kassanet.sandbox.fiscal_server.registry import OperatorEntry, Registry, default_unit
from kassanet.sandbox.fiscal_server.server import BINARY, FiscalServer, Response
from kassanet.sandbox.http import Request
from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from kassanet.sandbox.keys.estate import make, usual
from kassanet.sandbox.keys.timestamps import TimeStampAuthority
from schemas.prro import OpenShift
from tests.kassanet.sandbox.fiscal_server.till import DESK, NOON, Clock, Shop, Till
from transports.dstu.certificates import TIME_STAMPING
from transports.dstu.curves import M257
from transports.dstu.keys import new_key
from transports.dstu.signing import Signer
from transports.dstu.verification import unwrap
from transports.prro.documents import decode_ticket, encode
from transports.prro.errors import ErrorCode, decode_error

DAY = timedelta(days=1)
STATE = b'{"Command":"ServerState","UID":"u"}'
CASHIER = Owner("Бойко Петро", "ТОВ Приклад", edrpou="40000001", drfo="3100000022")


class World(NamedTuple):
    """An authority, a cashier, a server, its time stamps."""

    authority: Authority
    cashier: Signer
    stamps: TimeStampAuthority
    server: FiscalServer

    def signed(self, content: bytes, *, stamped: bool = True, signer: Signer | None = None) -> bytes:
        signer = signer or self.cashier
        if stamped:
            return signer.sign_stamped(content, NOON, self.stamps.respond)
        return signer.sign(content, NOON)

    def post(self, message: bytes, door: str = "doc") -> Response:
        return self.server.answer(Request("POST", f"/fs/{door}", {"content-type": BINARY}, message))


def certified(authority: Authority, owner: Owner, start: datetime, end: datetime) -> Signer:
    key = new_key(M257)
    return Signer(key, authority.certify(owner, key, Terms(start, end)))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.founded(NOON - 100 * DAY)


@pytest.fixture
def world(authority: Authority) -> World:
    clock = Clock()
    key = new_key(M257)
    terms = Terms(NOON - DAY, NOON + DAY, purposes=(TIME_STAMPING,))
    stamps = TimeStampAuthority(key, authority.certify(Owner("Позначки"), key, terms), lambda: clock.at)
    cashier = certified(authority, CASHIER, NOON - DAY, NOON + DAY)
    own = certified(authority, Owner("Сервер"), NOON - DAY, NOON + DAY)
    operators = (OperatorEntry(cashier.certificate.subject_key_id or ""),)
    unit = msgspec.structs.replace(default_unit(1), operators=operators)
    seals = DstuSeals(own, (authority.certificate,), clock)
    return World(authority, cashier, stamps, FiscalServer(Registry((unit,)), seals, clock=clock))


def opening() -> bytes:
    return encode(Till(Shop(), DESK).compose(OpenShift()))


def test_a_stamped_document(world: World) -> None:
    ticket = decode_ticket(unwrap(world.post(world.signed(opening())).body))
    assert (ticket.error, ticket.local_number) == (None, 1)
    assert world.server.register(DESK.register).standing.shift is not None


def test_a_document_without_a_time_stamp(world: World) -> None:
    response = world.post(world.signed(opening(), stamped=False))
    assert decode_ticket(unwrap(response.body)).error == ErrorCode.CRYPTOGRAPHY_ERROR


def foreign(world: World) -> bytes:
    stranger = Authority.founded(NOON - DAY)
    return world.signed(opening(), signer=certified(stranger, CASHIER, NOON - DAY, NOON + DAY), stamped=False)


def expired(world: World) -> bytes:
    old = certified(world.authority, CASHIER, NOON - 10 * DAY, NOON - DAY)
    return old.sign_stamped(opening(), NOON - 2 * DAY, world.stamps.respond)


def flipped(world: World) -> bytes:
    message = bytearray(world.signed(opening()))
    message[message.index(b"<UID>") + 8] ^= 1
    return bytes(message)


def cut(world: World) -> bytes:
    return world.signed(opening())[:-20]


def bare(_world: World) -> bytes:
    return opening()


@pytest.mark.parametrize("message", [foreign, expired, flipped, cut, bare])
def test_signatures_that_do_not_hold(world: World, message: Callable[[World], bytes]) -> None:
    """One stamped after its certificate had expired is among them: the stamp's time counts, not the claim."""
    response = world.post(message(world))
    assert (response.status, decode_error(response.body)[0]) == (400, ErrorCode.CRYPTOGRAPHY_ERROR)


def test_a_cashier_whom_the_unit_does_not_know(world: World) -> None:
    other = certified(world.authority, Owner("Інший", edrpou="40000001"), NOON - DAY, NOON + DAY)
    ticket = decode_ticket(unwrap(world.post(world.signed(opening(), signer=other)).body))
    assert ticket.error == ErrorCode.OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED


def test_a_packet_of_documents_without_time_stamps(world: World) -> None:
    shop = Shop()
    shop.server = world.server
    till = Till(shop)
    till.unwrap = unwrap
    till.seal = lambda content, stamped: world.signed(content, stamped=stamped)
    till.open()
    till.sell_offline(2)
    till.delivered()


def test_estate_of_a_directory(tmp_path: Path) -> None:
    """As the command line puts it together: a server that trusts the keys in the folder, and stamps."""
    make(tmp_path / "keys", usual()[:0], datetime.now(UTC))
    parser = argparse.ArgumentParser()
    add_fiscal_server_command(parser.add_subparsers())
    service = _service(parser.parse_args(["fiscal-server", "--port", "8609", "--state", str(tmp_path)]))
    state = service.server.answer(Request("POST", "/fs/cmd", {"content-type": "application/json"}, STATE))
    assert state.status == 200
    assert service.server.answer(Request("POST", "/fs/doc", {"content-type": BINARY}, opening())).status == 400
    assert service.server.registry.units[0].tin == "40000001"
