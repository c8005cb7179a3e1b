"""The server on a port, and what can go wrong with it. HTTP by h11, whose connections can be broken at any byte.

What a fault of a plan (:mod:`kassanet.sandbox.faults`) does to a request here. A device is a register by its fiscal
number, or ``server`` for requests that concern none; commands are the doors ``doc``, ``cmd``, ``pck``, the commands by
name, and documents by kind (``OpenShift``, ``SaleGoods``, ``CheckReturn``, ``ZRep``).

=================  ====================================================================================================
``cut_request``    the connection is reset, nothing is done: dropped before registering
``drop_reply``     carried out; nothing is answered, the connection stays open for S seconds
``cut_reply``      carried out; the connection is reset after N bytes of the answer: dropped after registering
``delay``          carried out; the answer comes S seconds later
``bad_crc``        carried out; the last byte of the answer is wrong
``split``          carried out; the answer comes in two pieces, S seconds apart
``duplicate``      the request is taken twice, as if the network had sent it twice; the second answer is given
``power_cycle``    the server restarts for S seconds; N = 0: before the request is carried out, N = 1 (the usual): after
``error:XX``       the service's code (``error:09``), nothing is done; N = 0: as a ticket, N = 1: as an HTTP error
``status``         HTTP status N (503), nothing is done
``maintenance``    this request, and all that follow for S seconds (60), are answered 503
=================  ====================================================================================================
"""

from collections.abc import Callable

import h11
import trio

from kassanet.sandbox.books import Lines, MemoryLines
from kassanet.sandbox.faults import ACTIONS, DeviceFaults, Fault, FaultPlan
from kassanet.sandbox.fiscal_server.events import Events
from kassanet.sandbox.fiscal_server.server import FiscalServer, Prepared, Response
from kassanet.sandbox.http import Request, converse
from kassanet.sandbox.http import response as whole_response
from kassanet.sandbox.peers import Gone, Peer
from kassanet.sandbox.power import Power
from kassanet.sandbox.serving import serve_port
from schemas.prro_values import DocType, SubType
from transports.prro.commands import COMMANDS
from transports.prro.compression import compress
from transports.prro.errors import ErrorCode, encode_error, spelled

MORE_ACTIONS = {**ACTIONS, "status": (503, 0.0), "maintenance": (0, 60.0)}
NAMES = frozenset(
    name.lower()
    for name in ("doc", "cmd", "pck", "tsp", "ZRep", *COMMANDS, *(spelled(kind.name) for kind in (*DocType, *SubType)))
)
TIME_STAMPS = "/tsp"
Stamp = Callable[[bytes], bytes]
"""An RFC 3161 authority: a request for a time stamp to its answer."""

_AFTER = 1


def is_command(name: str) -> bool:
    """Whether a fault plan may name it."""
    return name.lower() in NAMES


class Service:
    """``stamp`` is mounted at ``/tsp``; ``seconds`` is what an answer takes."""

    def __init__(
        self,
        server: FiscalServer,
        *,
        plan: FaultPlan | None = None,
        events: Lines | None = None,
        stamp: Stamp | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.power = Power()
        self.door = trio.Lock()
        self.server = server
        self.events = Events(MemoryLines() if events is None else events)
        self._plan = plan or FaultPlan()
        self._faults: dict[str, DeviceFaults] = {}
        self._stamp = stamp
        self._seconds = seconds
        self._maintained_until = float("-inf")

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
        if trio.current_time() < self._maintained_until:
            await self._send(connection, peer, request, _unavailable(503))
            return None
        prepared = self._prepare(request)
        fault = self._faults_of(prepared.register).choose(*prepared.names)
        if fault is None:
            if self._seconds:
                await trio.sleep(self._seconds)
            response = prepared.run()
            await self._deliver(connection, peer, request, prepared, response)
            return None
        return await _Disturbance(self, connection, peer, request, prepared, fault).run()

    def _prepare(self, request: Request) -> Prepared:
        if self._stamp is None or request.path != TIME_STAMPS:
            return self.server.prepare(request)
        stamp = self._stamp

        def run() -> Response:
            return Response(200, stamp(request.body), "application/timestamp-reply")

        return Prepared("server", ("tsp",), run, lambda _code, _over_http: _unavailable(500))

    def _faults_of(self, register: str) -> DeviceFaults:
        if register not in self._faults:
            self._faults[register] = self._plan.for_device(register)
        return self._faults[register]

    async def _deliver(
        self, connection: h11.Connection, peer: Peer, request: Request, prepared: Prepared, response: Response
    ) -> None:
        try:
            await self._send(connection, peer, request, response)
        except Gone:
            self.events.tell(prepared.register, _called(prepared), None, response.registered)
            raise

    async def _send(self, connection: h11.Connection, peer: Peer, request: Request, response: Response) -> None:
        await peer.send(encode_response(connection, request, response))

    def maintain(self, seconds: float) -> None:
        """Answer 503 to everything for a while."""
        self._maintained_until = trio.current_time() + seconds


class _Disturbance:
    """One exchange with a fault in it."""

    def __init__(
        self,
        service: Service,
        connection: h11.Connection,
        peer: Peer,
        request: Request,
        prepared: Prepared,
        fault: Fault,
    ) -> None:
        self._service = service
        self._connection = connection
        self._peer = peer
        self._request = request
        self._prepared = prepared
        self._fault = fault

    async def run(self) -> float | None:
        """Seconds of lingering where the connection ends here."""
        fault = self._fault
        instead = self._instead()
        if instead is not None:
            self._tell()
            await self._peer.send(encode_response(self._connection, self._request, instead))
            return None
        if fault.action == "cut_request" or (fault.action == "power_cycle" and fault.at != _AFTER):
            self._tell()
            return await self._cut()
        response = self._prepared.run()
        if fault.action == "duplicate":
            first, response = response, self._prepared.run()
            response = response._replace(registered=first.registered)
        return await self._disturb_answer(response)

    def _instead(self) -> Response | None:
        """What is answered without doing anything."""
        fault = self._fault
        if fault.action == "maintenance":
            self._service.maintain(fault.seconds)
            return _unavailable(503)
        if fault.action == "status":
            return _unavailable(fault.at)
        if fault.action == "error":
            return self._prepared.refuse(ErrorCode(fault.error), fault.at == 1)
        return None

    async def _cut(self) -> float:
        if self._fault.action == "power_cycle":
            self._service.power.cut(self._fault.seconds)
        await self._peer.close(abort=True)
        return 0.0

    async def _disturb_answer(self, response: Response) -> float | None:
        fault = self._fault
        answer = encode_response(self._connection, self._request, response)
        arrives = fault.action in ("delay", "split")
        self._tell(() if arrives else response.registered)
        match fault.action:
            case "delay":
                await trio.sleep(fault.seconds)
                await self._send_late(answer, response)
            case "split":
                await self._peer.send(answer[: fault.at])
                await trio.sleep(fault.seconds)
                await self._send_late(answer[fault.at :], response)
            case "drop_reply":
                return fault.seconds or 0.001
            case "cut_reply":
                await self._peer.send(answer[: fault.at])
                return await self._cut()
            case "power_cycle":
                return await self._cut()
            case "bad_crc":
                await self._peer.send(answer[:-1] + bytes((answer[-1] ^ 0xFF,)))
            case _:
                await self._peer.send(answer)
        return None

    async def _send_late(self, answer: bytes, response: Response) -> None:
        """Whoever waited for it may be gone by now."""
        try:
            await self._peer.send(answer)
        except Gone:
            self._service.events.tell(self._prepared.register, _called(self._prepared), None, response.registered)
            raise

    def _tell(self, documents: tuple[tuple[int, str], ...] = ()) -> None:
        """``documents`` are registered ones whose ticket the client does not get."""
        self._service.events.tell(self._prepared.register, _called(self._prepared), self._fault.action, documents)


def encode_response(connection: h11.Connection, request: Request, response: Response) -> bytes:
    """The answer as bytes, compressed where the client takes it."""
    body = response.body
    headers = [("Content-Type", response.content_type)] if body else []
    if body and "gzip" in request.headers.get("accept-encoding", ""):
        body = compress(body)
        headers.append(("Content-Encoding", "gzip"))
    return whole_response(connection, response.status, headers, body)


def _unavailable(status: int) -> Response:
    return Response(status, encode_error(ErrorCode.OK, "Сервер недоступний").encode())


def _called(prepared: Prepared) -> str:
    return prepared.names[-1] if prepared.names else "?"
