"""A billing on a port, and what can go wrong with it. HTTP by h11, whose connections can be broken at any byte.

What a fault of a plan (:mod:`kassanet.sandbox.faults`) does to a request here; commands are ``check``, ``pay``,
``cancel``, ``verify``:

=================  ====================================================================================================
``cut_request``    the connection is closed, nothing is credited: dropped before crediting
``drop_reply``     credited; nothing is answered, the connection stays open for S seconds
``cut_reply``      credited; the connection is closed after N bytes of the answer: dropped after crediting
``delay``          credited; the answer comes S seconds later: slow
``bad_crc``        credited; the answer's body is not well formed
``split``          credited; the answer comes in two pieces, S seconds apart
``duplicate``      the request is taken twice, as if the network had sent it twice; answered once
``power_cycle``    the billing restarts for S seconds; N = 0: before crediting, N = 1 (the usual): after it
``error:XX``       HTTP 500 + XX (``error:03`` is 503), nothing is credited
=================  ====================================================================================================
"""

from base64 import b64encode
from functools import partial

import h11
import trio

from kassanet.sandbox.billing.books import Events
from kassanet.sandbox.billing.dialects import Dialect, Misread
from kassanet.sandbox.billing.rules import Answer, Ask, Billing
from kassanet.sandbox.faults import DeviceFaults, Fault
from kassanet.sandbox.http import Request, converse, response
from kassanet.sandbox.peers import Peer, StreamPeer
from kassanet.sandbox.power import Power
from kassanet.sandbox.serving import serve_port
from transports.link import ByteStream

COMMANDS = frozenset({"check", "pay", "cancel", "verify"})


class BillingServer:
    """``password`` (``user:password``) is asked for by HTTP Basic where given; ``seconds`` is what an answer takes."""

    def __init__(
        self,
        name: str,
        billing: Billing,
        dialect: Dialect,
        *,
        faults: DeviceFaults | None = None,
        events: Events | None = None,
        password: str | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.power = Power()
        self.door = trio.Lock()
        self.billing = billing
        self._name = name
        self._dialect = dialect
        self.faults = faults or DeviceFaults(())
        self._events = events or Events()
        self._password = None if password is None else f"Basic {b64encode(password.encode()).decode()}"
        self._seconds = seconds

    async def serve(
        self, host: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen until cancelled; starts with the port (0 picks one)."""
        await serve_port(self, self.attend, host, port, together=True, task_status=task_status)

    async def attend(self, peer: Peer) -> float:
        """One connection, request after request; answers the seconds for which it is to be held open."""
        return await converse(peer, self._exchange)

    async def _exchange(self, connection: h11.Connection, peer: Peer, request: Request) -> float | None:
        """Seconds of lingering where the connection ends here."""
        if self._password is not None and request.headers.get("authorization") != self._password:
            await peer.send(_response(connection, 401, "text/plain", b"who are you?"))
            return None
        try:
            ask = self._dialect.read(request.method, request.query, request.body, request.headers)
        except Misread as misread:
            kind, body = self._dialect.write(Ask("verify"), Answer(misread.word))
            await peer.send(_response(connection, 200, kind, body))
            return None
        fault = self.faults.choose(ask.command)
        if fault is None:
            await self._answer(connection, peer, ask)
            return None
        return await self._disturb(connection, peer, ask, fault)

    async def _answer(self, connection: h11.Connection, peer: Peer, ask: Ask) -> None:
        if self._seconds:
            await trio.sleep(self._seconds)
        await peer.send(_response(connection, 200, *self._dialect.write(ask, self.billing.answer(ask))))

    async def _disturb(self, connection: h11.Connection, peer: Peer, ask: Ask, fault: Fault) -> float | None:
        if fault.action == "error":
            self._tell(ask, fault, None)
            await peer.send(_response(connection, 500 + fault.error, "text/plain", b"out of order"))
            return None
        if fault.action == "cut_request" or (fault.action == "power_cycle" and fault.at == 0):
            self._tell(ask, fault, None)
            if fault.action == "power_cycle":
                self.power.cut(fault.seconds)
            await peer.close(abort=True)
            return 0.0
        answer = self.billing.answer(ask, partial(self._committed, fault))
        if fault.action == "duplicate":
            answer = self.billing.answer(ask)
        return await self._disturb_answer(connection, peer, ask, answer, fault)

    def _committed(self, fault: Fault) -> None:
        if fault.action == "power_cycle":
            self.power.cut(fault.seconds)

    async def _disturb_answer(
        self, connection: h11.Connection, peer: Peer, ask: Ask, answer: Answer, fault: Fault
    ) -> float | None:
        kind, body = self._dialect.write(ask, answer)
        if fault.action == "bad_crc":
            body = body[: len(body) // 2]
        reply = _response(connection, 200, kind, body)
        arrives = fault.action in ("delay", "split", "duplicate")
        self._tell(ask, fault, None if arrives or answer.credited is None else answer.credited.txn_id)
        match fault.action:
            case "delay":
                await trio.sleep(fault.seconds)
                await peer.send(reply)
            case "split":
                await peer.send(reply[: fault.at])
                await trio.sleep(fault.seconds)
                await peer.send(reply[fault.at :])
            case "drop_reply":
                return fault.seconds or 0.001
            case "cut_reply" | "power_cycle":
                await peer.send(reply[: fault.at] if fault.action == "cut_reply" else b"")
                await peer.close(abort=True)
                return 0.0
            case _:
                await peer.send(reply)
        return None

    def _tell(self, ask: Ask, fault: Fault, txn_id: str | None) -> None:
        self._events.tell(self._name, ask.command, fault.action, txn_id)


async def serve_billing_stream(server: BillingServer, stream: ByteStream) -> None:
    """One connection on any stream; closes it."""
    await server.attend(StreamPeer(stream))


def _response(connection: h11.Connection, status: int, kind: str, body: bytes) -> bytes:
    return response(connection, status, [("Content-Type", kind)], body)
