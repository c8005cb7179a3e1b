"""The whole way with real signatures: signed, time-stamped over HTTP, registered, answered, the answer verified."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest
import trio

from kassanet.sandbox.fiscal_server.dstu import DstuSeals
from kassanet.sandbox.fiscal_server.registry import Registry, default_unit
from kassanet.sandbox.fiscal_server.server import FiscalServer as Server
from kassanet.sandbox.fiscal_server.service import Service
from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from kassanet.sandbox.keys.timestamps import TimeStampAuthority
from schemas.prro import OpenShift, Operation
from schemas.prro_answers import OfflineSession
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, REGISTER, Shop, Till
from transports.dstu.certificates import TIME_STAMPING
from transports.dstu.curves import M257
from transports.dstu.keys import new_key
from transports.dstu.signing import Signer, time_stamp_request, with_time_stamp
from transports.dstu.timestamps import REQUEST_TYPE
from transports.prro.client import FiscalServer, Stored
from transports.prro.documents import encode
from transports.prro.errors import ErrorCode
from transports.prro.outcomes import Delivered, Refused, Registered, Unknown
from transports.prro.signatures import opener
from transports.prro.wire import Wire, WireSettings

DAY = timedelta(days=1)


class Way:
    """A cashier's key, a server with its time stamps on a port, a client between them."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.authority = Authority.founded(now - DAY)
        self.cashier = self._certified(Owner("Касир", "ТОВ", edrpou="40000001"), now)
        own = self._certified(Owner("Сервер"), now)
        key = new_key(M257)
        terms = Terms(now - DAY, now + DAY, purposes=(TIME_STAMPING,))
        stamps = TimeStampAuthority(key, self.authority.certify(Owner("Позначки"), key, terms))
        seals = DstuSeals(own, (self.authority.certificate,), lambda: datetime.now(UTC).timestamp())
        self.server = Server(Registry((default_unit(1),)), seals)
        self.service = Service(self.server, stamp=stamps.respond)
        self.till = Till(Shop())
        self.till.shop.clock.at = now
        self.http: httpx.AsyncClient

    def _certified(self, owner: Owner, now: datetime) -> Signer:
        key = new_key(M257)
        return Signer(key, self.authority.certify(owner, key, Terms(now - DAY, now + DAY)))

    async def sign(self, content: bytes) -> bytes:
        message = self.cashier.sign(content, datetime.now(UTC))
        request = time_stamp_request(message, self.cashier.scheme.digest)
        answer = await self.http.post("/tsp", content=request.encoded, headers={"Content-Type": REQUEST_TYPE})
        return with_time_stamp(message, request, answer.content)

    async def store(self, operation: Operation, number: int) -> Stored:
        document = self.till.compose(operation, number)
        return Stored(document, await self.sign(encode(document)))


@asynccontextmanager
async def open_way(authority: Authority | None = None) -> AsyncIterator[tuple[Way, FiscalServer]]:
    """``authority``: whom the client trusts, where it is not the server's."""
    way = Way()
    async with trio.open_nursery() as nursery:
        port = await nursery.start(partial(way.service.serve, "127.0.0.1", 0))
        address = f"http://127.0.0.1:{port}"
        trusted = (authority or way.authority).certificate
        client = FiscalServer(Wire(WireSettings(address=f"{address}/fs")), way.sign, opener((trusted,)))
        async with httpx.AsyncClient(base_url=address, timeout=60) as way.http:
            yield way, client
        await client.aclose()
        nursery.cancel_scope.cancel()


async def test_online_and_offline() -> None:
    async with open_way() as (way, client):
        opened = await client.deliver(await way.store(OpenShift(), 1))
        assert isinstance(opened, Registered)
        assert isinstance(opened.session, OfflineSession)
        assert isinstance(await client.deliver(await way.store(COFFEE, 2)), Registered)
        way.till.number, way.till.session = 3, opened.session
        way.till.seal = lambda content, _stamped: way.cashier.sign(content, datetime.now(UTC))
        way.till.sell_offline(2)
        delivered = await client.deliver_session(REGISTER, opened.session, way.till.offline)
        assert isinstance(delivered, Delivered)
        state = await client.state(REGISTER, delivered.session)
        assert state is not None
        assert (state.next_local_num, state.offline_next_local_num) == (7, 1)


async def test_online_without_a_time_stamp() -> None:
    async with open_way() as (way, client):
        document = way.till.compose(OpenShift(), 1)
        bare = Stored(document, way.cashier.sign(encode(document), datetime.now(UTC)))
        outcome = await client.submit(bare)
        assert isinstance(outcome, Refused)
        assert outcome.code == ErrorCode.CRYPTOGRAPHY_ERROR


async def test_a_ticket_that_nobody_vouches_for_proves_nothing() -> None:
    """Registered or not: a client does not take a stranger's word."""
    async with open_way(Authority.founded(datetime.now(UTC) - DAY)) as (way, client):
        outcome = await client.submit(await way.store(OpenShift(), 1))
        assert isinstance(outcome, Unknown)
        assert way.server.register(REGISTER).standing.next_local == 2


def test_messages_that_are_none() -> None:
    for message in (b"", b"<TICKET/>", bytes(100)):
        with pytest.raises(ValueError, match=r".+"):
            opener()(message)
