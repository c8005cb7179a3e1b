"""The terminal's state machine: idle until a request is acknowledged, busy until there is a result, then the result is
sent until it is acknowledged in turn.

Whoever stops listening before that ACK has given up: what the bank approved meanwhile is reversed, at once where the
terminal has its own link, else as soon as a cash register carries its bytes again.
"""

import trio

from kassanet.sandbox.faults import Fault
from kassanet.sandbox.peers import Gone, Peer
from kassanet.sandbox.smartsale.names import ACK as OWN_ACK
from kassanet.sandbox.smartsale.names import RESULT_ACK, names_of
from kassanet.sandbox.smartsale.pieces import pieces
from kassanet.sandbox.smartsale.terminal.asked import Asked, Refuse, read_request
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.disturbance import Closing, Disturbance
from kassanet.sandbox.smartsale.terminal.journal import INTERRUPTED
from kassanet.sandbox.smartsale.terminal.line import FOREVER, Line
from kassanet.sandbox.smartsale.terminal.operations import perform
from kassanet.sandbox.smartsale.terminal.reply import Reply, refusal
from kassanet.sandbox.smartsale.terminal.work import Work
from transports.smartsale.fields import OPERATION
from transports.smartsale.frames import ACK, EOT, NAK, Damaged, Frame
from transports.smartsale.message import Message
from transports.smartsale.values import Malformed

WAIT = Message.of({OPERATION: 21})
MOST_NAKS = 3


async def attend(terminal: Terminal, peer: Peer) -> float:
    """Serve one cash register until it hangs up, or a fault hangs up on it; closes the connection."""
    line = Line(peer, terminal.settings)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(line.read)
        closing = await _Session(terminal, line).run()
        nursery.cancel_scope.cancel()
    await peer.close(abort=closing is not None and closing.abort)
    return 0.0


class _Session:
    """One connection."""

    def __init__(self, terminal: Terminal, line: Line) -> None:
        self._terminal = terminal
        self._line = line

    async def run(self) -> Closing | None:
        """Why a fault ends the connection, if one does."""
        try:
            while (request := await self._request()) is not None:
                await self._in_turn(request)
        except Gone:
            return None
        except Closing as closing:
            return closing
        return None

    # -- idle

    async def _request(self) -> Frame | None:
        """The next whole request; None when none comes any more. Damaged ones are asked for again, three times."""
        patience = FOREVER if self._line.peer.persistent else self._terminal.settings.idle_seconds
        naks = 0
        while (event := await self._line.next(patience)) is not None:
            if isinstance(event, Frame) and _is_whole(event):
                return event
            if isinstance(event, Frame | Damaged) and naks < MOST_NAKS:
                naks += 1
                await self._line.control(NAK)
        return None

    async def _in_turn(self, request: Frame) -> None:
        """One request at a time, also where there are several links; a cash register that gives up is forgotten."""
        with self._line.working() as patience:
            await self._terminal.queue.acquire()
        if patience.cancelled_caught:
            return
        self._line.begin(request)
        try:
            await self._serve(read_request(self._terminal.codes, Message.decode(request.body)))
        except Closing:
            if not self._line.peer.persistent:
                raise
        finally:
            self._line.finish()
            self._terminal.release()
            self._terminal.queue.release()

    # -- one operation

    async def _serve(self, asked: Asked) -> None:
        terminal, line = self._terminal, self._line
        disturbance = Disturbance(terminal, line, asked, terminal.faults.choose(*names_of(asked.kind, asked.operation)))
        disturbance.on_request()
        if not await self._acknowledge(asked):
            return
        work = Work(terminal, line, asked, disturbance.on_answer)
        if disturbance.action == "error":
            await self._deliver(work, refusal(work, Refuse("НЕИСПРАВНОСТЬ", disturbance.status)), disturbance)
            return
        await disturbance.on_start()
        reply = await self._work(work)
        if reply is not None:
            await self._deliver(work, reply, disturbance)
        else:
            await self._give_up(work)

    async def _acknowledge(self, asked: Asked) -> bool:
        """False when the request gets a NAK instead, by a fault of its own."""
        fault = self._terminal.faults.choose(OWN_ACK)
        if fault is None:
            await self._line.control(ACK)
            return True
        self._tell(asked, "fault", fault.action)
        if fault.action in ("cut_request", "cut_reply"):
            raise Closing
        await self._say(fault, NAK if fault.action == "error" else ACK)
        return fault.action != "error"

    async def _say(self, fault: Fault, byte: int) -> None:
        for seconds, piece in pieces(fault, bytes((byte,))):
            await trio.sleep(seconds)
            await self._line.send(piece)

    async def _work(self, work: Work) -> Reply | None:
        """The result, or None when the cash register gave up before there was one."""
        reply: Reply | None = None
        with self._line.working():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._say_wait)
                reply = await _unless_gone(work)
                async with self._line.turn:  # the ACK of a WAIT must not be taken for that of the result
                    nursery.cancel_scope.cancel()
        return reply

    async def _say_wait(self) -> None:
        try:
            while True:
                await trio.sleep(self._terminal.settings.wait_every)
                await self._line.wait(WAIT)
        except Gone:
            return

    async def _give_up(self, work: Work) -> None:
        self._tell(work.asked, "given_up")
        if self._terminal.settings.answers_eot:
            self._line.resume()
            await self._line.deliver(refusal(work, Refuse("ПРЕРВАНО КАССОЙ", INTERRUPTED)).message)

    # -- the result

    async def _deliver(self, work: Work, reply: Reply, disturbance: Disturbance) -> None:
        await disturbance.on_result()
        if not await self._is_taken(work, reply, disturbance):
            self._tell(work.asked, "unacknowledged")
            return
        if reply.entry is not None:
            self._terminal.delivered(reply.entry)
        await self._line.word(self._terminal.settings.eot_seconds)

    async def _is_taken(self, work: Work, reply: Reply, disturbance: Disturbance) -> bool:
        """An ACK that is lost on its way is silence: the result is sent again, as often as usual."""
        for _ in range(self._terminal.settings.sends):
            if not await self._line.deliver(reply.message, disturbance.send):
                return False
            if self._terminal.faults.choose(RESULT_ACK) is None:
                return True
            self._tell(work.asked, "fault", RESULT_ACK)
            if await self._line.word(self._terminal.settings.ack_seconds) == EOT:
                return False
        return False

    def _tell(self, asked: Asked, event: str, do: str | None = None) -> None:
        terminal = self._terminal
        terminal.events.tell(terminal.address, event, asked.kind or str(asked.operation), terminal.approval(), do)


async def _unless_gone(work: Work) -> Reply | None:
    try:
        return await perform(work)
    except Gone:
        return None


def _is_whole(frame: Frame) -> bool:
    try:
        Message.decode(frame.body)
    except Malformed:
        return False
    return True
