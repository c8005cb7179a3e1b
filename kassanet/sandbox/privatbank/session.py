"""One connection of a till: requests in order, and an interrupt beside the one that runs.

Faults (:mod:`kassanet.sandbox.faults`) go by the method's name. This protocol has no check sum: ``bad_crc`` spoils the
answer so that it is no JSON any more. ``error:04`` answers with response code 1004.
"""

from functools import partial
from pathlib import Path

import msgspec
import trio

from kassanet.sandbox import serving
from kassanet.sandbox.faults import Fault
from kassanet.sandbox.peers import Gone, Peer
from kassanet.sandbox.privatbank.answers import failure, operation, outcome, said, simple
from kassanet.sandbox.privatbank.terminal import EcrTerminal
from kassanet.sandbox.smartsale.bank.messages import Demand, HostOperation
from kassanet.sandbox.smartsale.events import Approval
from kassanet.sandbox.smartsale.pieces import pieces
from transports.link import ByteStream
from transports.privatbank.frames import Decoder, TooLong
from transports.privatbank.messages import read_amount

OPERATIONS: dict[str, HostOperation] = {"Purchase": "payment", "Refund": "refund", "Withdrawal": "void"}
"""``Withdrawal`` is a spelling that no source confirms; the sandbox has one all the same, so that it can be tried."""


class Said(msgspec.Struct, frozen=True):
    """A request."""

    method: str
    step: int = 0
    params: dict[str, str] = {}


class Closing(Exception):
    """A fault ends the connection."""


async def serve_ecr(
    terminal: EcrTerminal, host: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Listen until cancelled; starts with the port (0 picks one). Without power it refuses connections."""
    await serving.serve_port(terminal, partial(attend, terminal), host, port, together=True, task_status=task_status)


async def serve_ecr_stream(terminal: EcrTerminal, stream: ByteStream, *, persistent: bool = False) -> None:
    """Serve one connection on any stream; closes it. Fits :class:`transports.memory.MemoryDialer` as its device."""
    await serving.serve_stream(terminal, partial(attend, terminal), stream, persistent=persistent)


async def serve_ecr_pty(
    terminal: EcrTerminal, link: Path | None = None, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve a pseudo-terminal until cancelled; starts with its path. ``link`` is made to point to it."""
    await serving.serve_pty(terminal, partial(attend, terminal), link, task_status=task_status)


async def attend(terminal: EcrTerminal, peer: Peer) -> float:
    """Serve one till until it hangs up. What has begun is finished, whoever still listens."""
    session = _Session(terminal, peer)
    try:
        await session.run()
    except* (Gone, Closing, TooLong):
        pass
    await peer.close()
    return 0.0


class _Session:
    def __init__(self, terminal: EcrTerminal, peer: Peer) -> None:
        self._terminal = terminal
        self._peer = peer

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            decoder = Decoder()
            while data := await self._peer.receive():
                for piece in decoder.feed(data):
                    await self._take(piece, nursery)

    async def _take(self, piece: bytes, nursery: trio.Nursery) -> None:
        try:
            request = msgspec.json.decode(piece, type=Said)
        except msgspec.DecodeError:
            await self._send(None, failure("", "1000", "not understood"))
            return
        fault = self._terminal.faults.choose(request.method.lower())
        if fault is not None and fault.action == "cut_request":
            self._tell(request, fault)
            raise Closing
        if fault is not None and fault.action == "error":
            self._tell(request, fault)
            await self._send(None, failure(request.method, f"10{fault.error:02X}", "fault"))
        elif request.method in OPERATIONS:
            nursery.start_soon(self._operate, request, fault)
        else:
            await self._answer(request, fault)

    async def _answer(self, request: Said, fault: Fault | None) -> None:
        await self._deliver(request, fault, self._told(request))

    def _told(self, request: Said) -> bytes:
        match request.method:
            case "PingDevice" | "CheckConnection":
                return simple(request.method)
            case "ServiceMessage":
                return self._service(request)
            case "GetReceiptInfo":
                line = self._terminal.find(request.params.get("invoiceNumber", ""))
                if line is None:
                    return failure(request.method, "1000", "немає операції")
                if not line.approved:
                    refused = {"responseCode": line.code.zfill(4), "invoiceNumber": str(line.stan)}
                    return said(request.method, refused, error="ВІДМОВА")
                return said(request.method, operation(self._terminal, line, ""))
            case "Verify":
                return self._settle(request)
            case _:
                return said(request.method, {"msgType": "methodNotImplemented"}, error="methodNotImplemented")

    def _service(self, request: Said) -> bytes:
        match request.params.get("msgType"):
            case "identify":
                return said(request.method, {"msgType": "identify", "vendor": "SANDBOX", "model": "ECR"})
            case "getMerchantList":
                return said(request.method, {"msgType": "getMerchantList", "0": "ПЕСОЧНИЦА"})
            case "interrupt":
                self._terminal.interrupted.set()
                return said(request.method, {"msgType": "interruptTransmitted"})
            case "getLastResult":
                result = self._terminal.last_result
                return said(request.method, {"msgType": "getLastResult", "LastResult": result})
            case _:
                return said(request.method, {"msgType": "methodNotImplemented"}, error="methodNotImplemented")

    def _settle(self, request: Said) -> bytes:
        terminal = self._terminal
        batch = 1 + sum(line.op == "settlement" for line in terminal.lines())
        totals = terminal.bank.ledger.open_totals(terminal.tid)
        terminal.bank.decide(Demand(op="settlement", tid=terminal.tid, stan=batch, totals=totals))
        return simple(request.method, receipt="ЗВІРКА ПІДСУМКІВ")

    # -- operations

    async def _operate(self, request: Said, fault: Fault | None) -> None:
        terminal = self._terminal
        if terminal.busy:
            await self._send(None, failure(request.method, "1000", "deviceBusy"))
            return
        amount = read_amount(request.params.get("amount")) or 0
        with trio.CancelScope(shield=True), terminal.power.on():  # a till that hangs up stops nothing
            done = await terminal.operate(
                OPERATIONS[request.method],
                amount,
                request.params.get("rrn") or None,
                partial(self._maybe_lose_power, request, fault, 0),
                partial(self._maybe_lose_power, request, fault, 1),
            )
            approval = Approval(done.line.stan, done.line.rrn) if done.line and done.line.approved else None
            await self._deliver(request, fault, outcome(terminal, request.method, done), approval)

    async def _maybe_lose_power(self, request: Said, fault: Fault | None, at: int) -> None:
        if fault is None or fault.action != "power_cycle" or fault.at != at:
            return
        lines = self._terminal.lines()
        approved = lines[-1] if at and lines and lines[-1].approved else None
        self._tell(request, fault, Approval(approved.stan, approved.rrn) if approved else None)
        self._terminal.power_cycle(fault.seconds)
        await trio.lowlevel.checkpoint()  # where everything on this power ends

    async def _deliver(self, request: Said, fault: Fault | None, wire: bytes, approval: Approval | None = None) -> None:
        if fault is not None and fault.action in ("cut_reply", "drop_reply", "bad_crc"):
            self._tell(request, fault, approval)
        try:
            await self._send(fault, wire)
        except Gone:
            if approval is not None:
                self._terminal.events.tell(self._terminal.address, "unacknowledged", request.method, approval)
            raise
        if fault is not None and fault.action == "drop_reply":
            await trio.sleep(fault.seconds)
        if fault is not None and fault.action in ("cut_reply", "drop_reply"):
            raise Closing

    async def _send(self, fault: Fault | None, wire: bytes) -> None:
        spoiled = wire[:1] + b"\xff" + wire[2:] if fault is not None and fault.action == "bad_crc" else wire
        shown = None if fault is not None and fault.action == "bad_crc" else fault
        for seconds, piece in pieces(shown, spoiled):
            await trio.sleep(seconds)
            await self._peer.send(piece)

    def _tell(self, request: Said, fault: Fault, approval: Approval | None = None) -> None:
        self._terminal.events.tell(self._terminal.address, "fault", request.method, approval, fault.action)
