"""One exchange with a fault in it. What each fault means is stated in :mod:`kassanet.sandbox.faults`."""

from collections.abc import Iterable

import trio

from kassanet.sandbox.faults import Fault
from kassanet.sandbox.fiscal_storage import Document
from kassanet.sandbox.peers import Gone, Peer
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.execution import Outcome, execute
from transports.terminalfa.commands import encode_failure
from transports.terminalfa.frames import Frame

AFTER_COMMIT = 1
FRAME_OVERHEAD = 7
CRC_BYTES = 2


class Closing(Exception):
    """The connection ends here, or is held open for ``seconds``; ``abort`` resets it as if bytes were left unread."""

    def __init__(self, seconds: float = 0.0, *, abort: bool = False) -> None:
        super().__init__()
        self.seconds = seconds
        self.abort = abort


class Disturbance:
    """The exchange of one request under one fault."""

    def __init__(self, device: Device, peer: Peer, request: Frame, fault: Fault) -> None:
        self._device = device
        self._peer = peer
        self._request = request
        self._fault = fault

    async def run(self, acting: Device) -> Outcome | None:
        """The outcome, where the command was executed and the connection goes on; else raises :class:`Closing`."""
        if self._fault.action == "cut_request":
            self._tell(None)
            raise Closing(abort=self._fault.at < len(self._request.data) + FRAME_OVERHEAD)
        if self._fault.action == "error":
            self._tell(None)
            await self._peer.send(encode_failure(self._fault.error))
            return None
        if self._fault.action == "power_cycle":
            await self._lose_power(acting)
            return None
        outcome = await execute(acting, self._request)
        await self._disturb_reply(outcome)
        return outcome

    async def _lose_power(self, acting: Device) -> None:
        if self._fault.at == AFTER_COMMIT:
            outcome = await execute(acting, self._request, self._lose_power_now)
            self._lose_power_now(outcome.document)
        else:
            self._lose_power_now(None)
        await trio.lowlevel.checkpoint()  # where everything on this power ends

    def _lose_power_now(self, document: Document | None) -> None:
        self._tell(document)
        self._device.power_cycle(self._fault.seconds)

    async def _disturb_reply(self, outcome: Outcome) -> None:
        """Send what the fault leaves of a reply."""
        fault, reply = self._fault, outcome.reply
        seconds = fault.seconds
        plans: dict[str, tuple[tuple[float, bytes], ...]] = {
            "cut_reply": ((0, reply[: fault.at]),),
            "drop_reply": (),
            "delay": ((seconds, reply),),
            "bad_crc": ((0, reply[:-CRC_BYTES] + bytes(byte ^ 0xFF for byte in reply[-CRC_BYTES:])),),
            "split": ((0, reply[: fault.at]), (seconds, reply[fault.at :])),
            "duplicate": ((0, reply), (0, reply)),
        }
        pieces = plans[fault.action]
        arrives = b"".join(piece for _, piece in pieces).startswith(reply)
        self._tell(None if arrives else outcome.document)
        await self._send(pieces, outcome if arrives else None)
        if fault.action == "drop_reply":
            raise Closing(seconds)
        if fault.action == "cut_reply":
            raise Closing

    async def _send(self, pieces: Iterable[tuple[float, bytes]], outcome: Outcome | None) -> None:
        """Pieces with the pause before each. An ``outcome`` whose answer should arrive is missed when it does not."""
        try:
            for seconds, piece in pieces:
                await trio.sleep(seconds)
                await self._peer.send(piece)
        except Gone:
            if outcome is not None:
                self._device.events.undelivered(self._device.address, self._request.head, outcome.fd)
            raise

    def _tell(self, document: Document | None) -> None:
        """``document`` is one whose answer the client does not get."""
        fd = None if document is None else document.fd
        self._device.events.fault(self._device.address, self._request.head, self._fault.action, fd)
