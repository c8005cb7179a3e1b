"""One operation from the cash register's side: who may say what, who waits for whom, and for how long.

::

    we                       the pinpad
    request      ─────▶
                 ◀─────      ACK; or NAK, and only that lets us send again
                 ◀─────      WAIT, dialogs, host commands, packets: each is acknowledged, each renews the idle timer
                 ◀─────      the result, which is handed over (:class:`Finished`) and not acknowledged yet
    ACK, EOT     ─────▶      when the caller has stored it

No I/O and no clock: bytes and times come from outside, what is to be done goes back as actions, and ``deadline`` says
when to ask again though nothing came. A financial request must not travel twice by accident, hence: silence is never
answered by sending again, a NAK counts only before any other sign of the pinpad and only when it stands alone, and
behind damage nothing is believed until the line was quiet. Whatever is not a whole result of ours ends in
:class:`GaveUp`: the outcome is unknown.
"""

from collections import deque
from enum import Enum
from math import inf

from transports.smartsale.actions import (
    DIALOG,
    OPEN_CLOSE,
    SEND_READ,
    USER_COMMAND,
    WAIT,
    Accepted,
    Action,
    Expected,
    Finished,
    GaveUp,
    HostCommand,
    Working,
    Write,
)
from transports.smartsale.answering import Answering
from transports.smartsale.fields import MODE2, OPERATION, RESULT, STATUS
from transports.smartsale.frames import ACK, EOT, NAK, BadHeader, Control, Damaged, Event, Frame, FrameDecoder, Packet
from transports.smartsale.joining import Joiner, TooLong
from transports.smartsale.message import Message
from transports.smartsale.settings import Timers
from transports.smartsale.values import Malformed

ACKNOWLEDGED = bytes((ACK,))
"""What tells a terminal that its result is kept; EOT behind it ends the exchange."""


class Phase(Enum):
    """Where an exchange stands."""

    NEW = "new"
    SENT = "sent"
    WORKING = "working"
    SERVING = "serving"
    RESULT = "result"
    OVER = "over"


class Exchange:
    """One request and everything up to its end. Times in seconds, of any one clock that does not go back."""

    def __init__(
        self,
        request: bytes,
        expected: Expected,
        timers: Timers,
        *,
        hard: float | None = None,
        idle: float | None = None,
    ) -> None:
        self._request = request
        self._expected = expected
        self._timers = timers
        self._hard = timers.hard if hard is None else hard
        self._decoder = FrameDecoder(timers.longest_frame)
        self._joiner = Joiner(timers.longest_answer)
        self._events: deque[Event] = deque()
        self._answers = Answering(timers.sends)
        self._sends = 0
        self._bad = 0
        self._spoilt = self._acknowledged = False
        self._began = self._sign_at = self._byte_at = 0.0
        self._resend_at: float | None = None
        self._idle = timers.idle if idle is None else idle
        self.phase = Phase.NEW

    def begin(self, now: float) -> list[Action]:
        """The request itself."""
        self._began = now
        self.phase = Phase.SENT
        return self._send(now)

    def feed(self, data: bytes, now: float) -> list[Action]:
        """Bytes came from the pinpad."""
        self._byte_at = now
        if self.phase in (Phase.RESULT, Phase.OVER):
            return []
        if not self._spoilt:
            self._events += self._decoder.feed(data)
        return self._process(now)

    def tick(self, now: float) -> list[Action]:
        """Time has passed; to be called at ``deadline``, harmless at any other time."""
        if now < self.deadline:
            return []
        if now >= self._began + self._hard:
            return self._give_up(f"no result within {self._hard:g} s")
        if self._spoilt and now >= self._byte_at + self._timers.quiet:
            return self._ask_again()
        if self._torn(now):
            self._decoder.flush()
            return self._ask_again()
        if self._resend_at is not None and now >= self._resend_at:
            return self._send(now)
        return self._give_up(self._silence)

    def answer(self, message: Message, now: float) -> list[Action]:
        """The answer to the :class:`HostCommand` in hand, and whatever came meanwhile."""
        if self.phase is not Phase.SERVING:
            raise RuntimeError(f"there is no host command to be answered ({self.phase.value})")
        self.phase = Phase.WORKING
        self._sign_at = self._byte_at = now  # whatever came meanwhile is still unread
        return [Write(self._answers.give(message.frame())), *self._process(now)]

    def interrupt(self, now: float) -> list[Action]:
        """Tell the pinpad that the cash register gives up. It may still answer, and is listened to for a while.

        EOT is what the maker's library sends when it gives up; no packet of its own for this is known.
        """
        if self.phase not in (Phase.SENT, Phase.WORKING, Phase.SERVING):
            return []
        self._idle = min(self._idle, self._timers.interrupted)
        self._sign_at = now
        self._resend_at = None
        self._sends = self._timers.sends
        return [Write(bytes((EOT,)))]

    def acknowledge(self) -> bytes:
        """The last bytes of an exchange that :class:`Finished`: the result is kept."""
        if self.phase is not Phase.RESULT:
            raise RuntimeError(f"there is no result to be acknowledged ({self.phase.value})")
        self.phase = Phase.OVER
        return ACKNOWLEDGED + bytes((EOT,))

    def abandon(self) -> bytes:
        """What to write when it is given up from outside: EOT, but nothing in place of a missing ACK.

        A terminal whose result was not acknowledged reverses it; an EOT there might be taken for the end of all.
        """
        told = bytes((EOT,)) if self.phase in (Phase.SENT, Phase.WORKING, Phase.SERVING) else b""
        self.phase = Phase.OVER
        return told

    @property
    def deadline(self) -> float:
        """When to call :meth:`tick` if nothing comes before."""
        if self.phase in (Phase.NEW, Phase.RESULT, Phase.OVER):
            return inf
        return min(self._began + self._hard, *self._waiting_for())

    @property
    def hard_deadline(self) -> float:
        """When even a host command in hand must be dropped."""
        return self._began + self._hard

    def _waiting_for(self) -> list[float]:
        if self.phase is Phase.SERVING:
            return [inf]
        times = [self._sign_at + (self._timers.acknowledge if self.phase is Phase.SENT else self._idle)]
        if self._resend_at is not None:
            times.append(self._resend_at)
        if self._spoilt:
            times.append(self._byte_at + self._timers.quiet)
        elif self._decoder.pending:
            times.append(self._byte_at + self._timers.inter_byte)
        return times

    def _torn(self, now: float) -> bool:
        return not self._spoilt and self._decoder.pending and now >= self._byte_at + self._timers.inter_byte

    @property
    def _silence(self) -> str:
        if self.phase is Phase.SENT:
            return f"the request was not acknowledged within {self._timers.acknowledge:g} s"
        return f"no sign of the pinpad for {self._idle:g} s"

    def _send(self, now: float) -> list[Action]:
        self._sends += 1
        self._sign_at = now
        self._resend_at = None
        return [Write(self._request)]

    def _ask_again(self) -> list[Action]:
        self._spoilt = False
        self._bad += 1
        if self._bad > self._timers.naks:
            return self._give_up(f"{self._bad} damaged frames in a row")
        return [Write(bytes((NAK,)))]

    def _give_up(self, reason: str) -> list[Action]:
        told = self.abandon()
        return [*([Write(told)] if told else []), GaveUp(reason)]

    def _process(self, now: float) -> list[Action]:
        """What the events in hand ask for, up to the first that has to be dealt with outside."""
        actions: list[Action] = []
        while self._events and self.phase in (Phase.SENT, Phase.WORKING):
            actions += self._event(self._events.popleft(), now)
        return actions

    def _event(self, event: Event, now: float) -> list[Action]:
        if isinstance(event, Control):
            return self._control(event.byte, now)
        if isinstance(event, Frame):
            return self._body(event.body, now)
        if isinstance(event, Packet):
            return self._packet(event, now)
        return self._spoil() if isinstance(event, Damaged | BadHeader) else []

    def _spoil(self) -> list[Action]:
        """Nothing is believed before the line was quiet; then the frame is asked for again."""
        self._spoilt = True
        self._resend_at = None
        self._events.clear()
        self._decoder = FrameDecoder(self._timers.longest_frame)
        return []

    def _control(self, byte: int, now: float) -> list[Action]:
        if byte == ACK:
            self._acknowledged |= not self._answers.outstanding
            self._answers.taken()
            return self._accept(now)
        if byte != NAK:  # EOT and ENQ in the middle of an operation mean nothing to the maker's own library either
            return []
        return self._refused_request(now) if self.phase is Phase.SENT else self._refused_answer()

    def _refused_request(self, now: float) -> list[Action]:
        if self._sends >= self._timers.sends:
            return self._give_up(f"the request was not taken, sent {self._sends} times")
        if self._resend_at is None:
            self._resend_at = now + self._timers.settle
        return []

    def _refused_answer(self) -> list[Action]:
        if not self._answers.outstanding:
            return []
        again = self._answers.again()
        if again is None:
            return self._give_up("our answer to the pinpad was not taken")
        return [Write(again)]

    def _accept(self, now: float) -> list[Action]:
        self._sign_at = now
        self._resend_at = None
        if self.phase is not Phase.SENT:
            return []
        self.phase = Phase.WORKING
        return [Accepted()]

    def _packet(self, packet: Packet, now: float) -> list[Action]:
        actions = self._accept(now)
        try:
            body = self._joiner.add(packet)
        except TooLong as error:
            return [*actions, *self._give_up(str(error))]
        if body is not None:
            return [*actions, *self._body(body, now)]
        self._bad = 0
        return [*actions, Write(bytes((ACK,)))]

    def _body(self, body: bytes, now: float) -> list[Action]:
        try:
            message = Message.decode(body)
            operation = message.operation
            mode2 = message.get(MODE2)
        except Malformed:
            return self._spoil()
        self._bad = 0
        return [*self._accept(now), *self._message(message, operation, mode2)]

    def _message(self, message: Message, operation: int | None, mode2: int | None) -> list[Action]:
        ours = operation == self._expected.operation
        if operation == WAIT and not ours:
            return [Write(bytes((ACK,))), Working(message)]
        if operation == DIALOG and not (ours and message.raw(STATUS.number) is not None):
            return self._dialog(message)
        if operation == USER_COMMAND and self._is_host_command(mode2):
            return self._host_command(message)
        return self._result(message) if ours else self._foreign(f"the pinpad answered operation {operation}")

    def _is_host_command(self, mode2: int | None) -> bool:
        if self._expected.operation != USER_COMMAND or mode2 in (OPEN_CLOSE, SEND_READ):
            return True
        return mode2 is not None and mode2 != self._expected.mode2

    def _dialog(self, message: Message) -> list[Action]:
        if self._answers.repeats(message):
            return [Write(bytes((ACK,))), Write(self._answers.given)]
        self._answers.to(message)
        answer = Message.of({OPERATION: DIALOG, RESULT: self._expected.dialog_result})
        return [Write(bytes((ACK,))), Write(self._answers.give(answer.frame())), Working(message)]

    def _host_command(self, message: Message) -> list[Action]:
        """A command that comes again before our answer was acknowledged is not carried out twice."""
        if self._answers.repeats(message):
            return [Write(bytes((ACK,))), Write(self._answers.given)]
        self._answers.to(message)
        self.phase = Phase.SERVING
        return [Write(bytes((ACK,))), HostCommand(message)]

    def _result(self, message: Message) -> list[Action]:
        try:
            complaint = self._expected.complaint(message)
        except Malformed as error:
            complaint = str(error)
        if self._expected.needs_ack and not self._acknowledged:
            complaint = "a result came before the request was acknowledged"
        if complaint is not None:
            return self._foreign(complaint)
        self.phase = Phase.RESULT
        self._events.clear()
        return [Finished(message)]

    def _foreign(self, reason: str) -> list[Action]:
        """Somebody else's result: neither acknowledged nor ended by EOT, so that its terminal reverses it."""
        self.phase = Phase.OVER
        return [GaveUp(reason)]
