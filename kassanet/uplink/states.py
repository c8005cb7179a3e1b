"""Telling the centre how the registers are: what changed since the last time, each thing once, at its newest.

The hub conflates, and the next message is made when the one before is out: so a slow link gets fewer messages, never
old ones, and nothing waits in memory.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence

import msgspec
import trio

from actors.hub import Change
from kassanet.uplink.desk import UplinkDesk
from schemas.kkt import KktState
from schemas.site_link import LinkCircuit, LinkKkt, States
from schemas.sites import parted

TICK = 0.2
"""Seconds between two messages, at ease."""

PIECE = 200
"""Registers in a message: about a quarter of what one may be long."""

Say = Callable[[msgspec.Struct], Awaitable[None]]


class StateTeller:
    """``since`` is the last revision that the centre has."""

    def __init__(self, desk: UplinkDesk, say: Say, since: str | None) -> None:
        self._desk = desk
        self._say = say
        self._hub = desk.hub
        self._epoch, self._number = _parsed(since)
        self._circuits: tuple[LinkCircuit, ...] | None = None
        self._changed = trio.Event()

    async def run(self) -> None:
        """For as long as the link lasts."""
        end = self._hub.listen(self._ring)
        try:
            while True:
                await self._tell()
                await trio.sleep(TICK)
                await self._changed.wait()
                self._changed = trio.Event()
        finally:
            end()

    def _ring(self) -> None:
        self._changed.set()

    async def _tell(self) -> None:
        epoch, number = self._hub.epoch, self._hub.number
        changes = self._hub.since("kkt", self._number) if epoch == self._epoch else None
        first = changes is None
        found = [change for change in (self._hub.present("kkt") if changes is None else changes) if _own(change)]
        circuits = self._news_of_circuits(first)
        if found or first or circuits is not None:
            for message in self._messages(found, f"{epoch}-{number}", circuits, first):
                await self._say(message)
        self._epoch, self._number = epoch, number

    def _messages(
        self, changes: Sequence[Change], rev: str, circuits: tuple[LinkCircuit, ...] | None, first: bool
    ) -> Iterator[States]:
        """In pieces; only the last one says that this is all."""
        registers = [self._register(change.state) for change in changes if isinstance(change.state, KktState)]
        gone = tuple(change.key for change in changes if change.state is None)
        pieces = [tuple(registers[at : at + PIECE]) for at in range(0, len(registers), PIECE)] or [()]
        for place, piece in enumerate(pieces):
            begins, ends = place == 0, place == len(pieces) - 1
            yield States(
                rev, piece, gone if begins else (), circuits if begins else None, first and begins, more=not ends
            )

    def _register(self, state: KktState) -> LinkKkt:
        return LinkKkt(self._desk.fleet.circuits[state.circuit_id].inn, state)

    def _news_of_circuits(self, first: bool) -> tuple[LinkCircuit, ...] | None:
        rows = self._desk.fleet.circuits.values()
        present = tuple(LinkCircuit(row.id, row.sinn, row.inn, row.title) for row in rows)
        if present == self._circuits and not first:
            return None
        self._circuits = present
        return present


def _own(change: Change) -> bool:
    """A server that is a centre itself does not hand its sites' registers on."""
    return isinstance(change.state, KktState) or (change.state is None and parted(change.key) is None)


def _parsed(rev: str | None) -> tuple[str, int]:
    epoch, _, number = (rev or "").partition("-")
    return (epoch, int(number)) if number.isascii() and number.isdigit() else ("", 0)
