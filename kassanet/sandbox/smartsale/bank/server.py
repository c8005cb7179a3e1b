"""The host on its port: many terminals at once, their demands decided one after another.

A fault plan calls it ``host``, which ``*`` does not mean, and its commands by the names of the operations; ``error:51``
is an answer with the response code 51. A demand that was taken is decided whether its terminal still waits or not.
"""

import time
from collections.abc import Callable

import trio

from kassanet.sandbox import serving
from kassanet.sandbox.books import Lines
from kassanet.sandbox.faults import DeviceFaults, Fault, FaultPlan
from kassanet.sandbox.peers import Gone, Peer, StreamPeer
from kassanet.sandbox.power import Power
from kassanet.sandbox.smartsale.bank.messages import Answer, BadMessage, Demand, HostDecoder, encode_answer
from kassanet.sandbox.smartsale.bank.rules import APPROVED, Bank, BankSettings
from kassanet.sandbox.smartsale.events import Approval, Events
from kassanet.sandbox.smartsale.pieces import arrives, pieces
from transports.link import ByteStream

NAME = "host"
BEFORE_COMMIT = 0


class _Closing(Exception):
    """The connection ends here."""


class BankHost:
    """A :class:`Bank` with power, faults and connections. ``clock`` is UNIX time."""

    def __init__(
        self,
        lines: Lines,
        clock: Callable[[], float] = time.time,
        *,
        settings: BankSettings | None = None,
        faults: DeviceFaults | None = None,
        events: Events | None = None,
    ) -> None:
        self.settings = settings or BankSettings()
        self.bank = Bank(lines, clock, self.settings)
        self.faults = faults or DeviceFaults([])
        self.events = events or Events()
        self.power = Power()
        self.door = trio.Lock()

    async def attend(self, peer: Peer) -> float:
        """Serve one terminal until it hangs up, says nothing for long, or says nonsense."""
        decoder = HostDecoder()
        try:
            while data := await self._receive(peer):
                for demand in decoder.demands(data):
                    await self._serve(peer, demand)
        except (Gone, BadMessage, _Closing):
            pass
        await peer.close()
        return 0.0

    async def _receive(self, peer: Peer) -> bytes:
        with trio.move_on_after(self.settings.idle_seconds):
            return await peer.receive()
        return b""

    async def _serve(self, peer: Peer, demand: Demand) -> None:
        fault = self.faults.choose(demand.op)
        if fault is not None and await self._prevented(peer, demand, fault):
            return
        await trio.sleep(self.settings.seconds)
        answer = self.bank.decide(demand)
        if fault is not None:
            self._disturb(demand, answer, fault)
        await trio.sleep(self.settings.answer_seconds)
        await self._answer(peer, answer, fault)

    async def _prevented(self, peer: Peer, demand: Demand, fault: Fault) -> bool:
        """Faults that keep the demand from being decided."""
        if fault.action == "cut_request":
            self._tell(demand, fault)
            raise _Closing
        if fault.action == "error":
            self._tell(demand, fault)
            await peer.send(encode_answer(Answer(code=f"{fault.error:02X}", rrn=None, at="")))
            return True
        if fault.action == "power_cycle" and fault.at == BEFORE_COMMIT:
            self._tell(demand, fault)
            self.power.cut(fault.seconds)
            await trio.lowlevel.checkpoint()
        return False

    def _disturb(self, demand: Demand, answer: Answer, fault: Fault) -> None:
        lost = fault.action == "power_cycle" or not arrives(fault, encode_answer(answer))
        charged = answer.code == APPROVED and answer.auth is not None
        self._tell(demand, fault, Approval(demand.stan, answer.rrn) if lost and charged else None)
        if fault.action == "power_cycle":
            self.power.cut(fault.seconds)

    async def _answer(self, peer: Peer, answer: Answer, fault: Fault | None) -> None:
        await trio.lowlevel.checkpoint()  # where everything on this power ends, when it was cut
        for seconds, piece in pieces(fault, encode_answer(answer)):
            await trio.sleep(seconds)
            await peer.send(piece)
        if fault is not None and fault.action == "drop_reply":
            await trio.sleep(fault.seconds)
        if fault is not None and fault.action in ("drop_reply", "cut_reply"):
            raise _Closing

    def _tell(self, demand: Demand, fault: Fault, approval: Approval | None = None) -> None:
        self.events.tell(NAME, "fault", demand.op, approval, fault.action)


def host_faults(plan: FaultPlan, seed: int = 0) -> DeviceFaults:
    """The lines of a plan that name the host. ``*`` means every terminal: operations are called alike at both."""
    return FaultPlan([line for line in plan.lines if line.device == NAME], seed).for_device(NAME)


async def serve_bank(
    host: BankHost, address: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Listen until cancelled; starts with the port (0 picks one). Without power it refuses connections."""
    await serving.serve_port(host, host.attend, address, port, together=True, task_status=task_status)


async def serve_bank_stream(host: BankHost, stream: ByteStream) -> None:
    """Serve one connection on any stream. Fits :class:`transports.memory.MemoryDialer` as its device."""
    with host.power.on():
        await host.attend(StreamPeer(stream))
    await stream.aclose()
