"""Keeps the bytes of attempts whose outcome is in doubt: tapes forget, and whoever must decide wants to see them.

What a register said while its receipt was unknown, and until that was settled, goes into the journal; so does what is
still on the tapes of a receipt that waits for a person. It goes as retention lets the attempt go.
"""

from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import Struct, json

from actors.hub import Hub
from actors.journal import Reader, StoreUnavailable
from actors.runtime import Actor, AskTimedOut, Ref
from schemas.alarms import Alarm
from schemas.commands import Tick
from schemas.kkt import KktState
from schemas.records import KeepExchange
from schemas.rows import AttemptLine, OpenAttempt
from transports.tape import Piece, Tape

LOOK_EVERY = 2.0
MOST_BYTES = 65_536
"""Of one attempt: its beginning is what tells; a register that is asked for days says the same every time."""

TIMEOUT = 30.0
_TROUBLED = ("connecting", "settling", "unreachable", "out_of_rotation")
log = structlog.get_logger("kassanet.exchanges")


class WirePiece(Struct, frozen=True):
    """Bytes as hex, handed to the link (``sent``) or come from it, at a moment (UNIX time)."""

    at: float
    sent: bool
    hex: str


def told(piece: Piece) -> WirePiece:
    """As people are shown it."""
    return WirePiece(piece.at, piece.sent, piece.data.hex())


class _Doubt:
    """What is known so far of one attempt."""

    def __init__(self, attempt_id: int, began: float, tape: Tape) -> None:
        self.attempt_id = attempt_id
        self._began = began
        self._tape = tape
        self._complete = tape.reaches(began)
        self._pieces: list[Piece] = []
        self._size = 0

    def listen(self, until: float) -> KeepExchange | None:
        """What is to be kept now; None where nothing was said since the last time."""
        after = self._pieces[-1].at if self._pieces else self._began
        heard = [each for each in self._tape.between(after, until) if each not in self._pieces[-8:]]
        if not heard or self._size >= MOST_BYTES:
            return None
        self._pieces += heard
        self._size += sum(len(each.data) for each in heard)
        return KeepExchange(self.attempt_id, self._complete, json.encode([told(each) for each in self._pieces]))


class ExchangeKeeper(Actor):
    """Looks every few seconds; ``tapes`` by register, ``clock`` is the tapes' own."""

    def __init__(
        self, tapes: Mapping[str, Tape], hub: Hub, journal: Ref, reader: Reader, clock: Callable[[], float]
    ) -> None:
        self._tapes = tapes
        self._hub = hub
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self._doubts: dict[int, _Doubt] = {}
        self._manual: set[str] = set()

    async def started(self) -> None:
        self.context.tell_later(LOOK_EVERY, Tick())

    async def receive(self, message: object) -> None:
        try:
            await self._look()
        except (StoreUnavailable, AskTimedOut) as reason:
            log.warning("exchange_not_kept", reason=str(reason))
        self.context.tell_later(LOOK_EVERY, Tick())

    async def _look(self) -> None:
        doubtful = await self._doubtful()
        for attempt in doubtful.values():
            tape = self._tapes.get(attempt.eip)
            if tape is not None and attempt.id not in self._doubts:
                self._doubts[attempt.id] = _Doubt(attempt.id, attempt.at, tape)
        for attempt_id, doubt in tuple(self._doubts.items()):
            await self._keep(doubt.listen(self._clock()))
            if attempt_id not in doubtful:
                del self._doubts[attempt_id]
        await self._look_at_alarms()

    async def _doubtful(self) -> Mapping[int, OpenAttempt]:
        """Asked for only while some register is not at its work: then its receipt may be unknown."""
        states = (state for state in self._hub.all("kkt").values() if isinstance(state, KktState))
        if not any(state.condition in _TROUBLED for state in states):
            return {}
        found = await self._reader.call(lambda store: store.open_attempts())
        return {attempt.id: attempt for attempt in found if attempt.unknown}

    async def _look_at_alarms(self) -> None:
        manual = {
            key: state.receipt_id
            for key, state in self._hub.all("alarms").items()
            if isinstance(state, Alarm) and state.code == "receipt_manual" and state.receipt_id is not None
        }
        for key in manual.keys() - self._manual:
            for attempt in await self._attempts(manual[key]):
                await self._keep_ended(attempt)
            self._manual.add(key)
        self._manual &= manual.keys()

    async def _attempts(self, receipt_id: int) -> Sequence[AttemptLine]:
        return await self._reader.call(lambda store: store.attempts(receipt_id))

    async def _keep_ended(self, attempt: AttemptLine) -> None:
        tape = self._tapes.get(attempt.kkt)
        if tape is not None:
            await self._keep(_Doubt(attempt.id, attempt.at, tape).listen(attempt.ended_at or self._clock()))

    async def _keep(self, write: KeepExchange | None) -> None:
        if write is not None:
            await self._journal.ask(write, timeout=TIMEOUT)
