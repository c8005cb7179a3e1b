"""What the world is shown of a register: the hub at every change, the journal now and then."""

import msgspec
from msgspec.structs import replace

from actors.hub import Hub
from actors.kkt.desk import Desk
from actors.kkt.health import concerns, worst
from actors.runtime import ActorStopped, Overloaded
from schemas.kkt import KktState
from schemas.records import SaveKktState

READINGS = {"fn", "device", "ofd", "identity", "fn_expires"}
"""The parts of a state from which concerns are drawn."""


class Face:
    """``foreign`` counts documents in the FN that kassanet did not cause, since this actor lives."""

    def __init__(self, state: KktState, desk: Desk, hub: Hub, inn: str) -> None:
        self.state = state
        self.foreign = 0
        self._desk = desk
        self._hub = hub
        self._inn = inn

    def show(self, **changes: object) -> None:
        """Change the state and publish it; what was read anew is judged anew."""
        state = replace(self.state, **changes)
        if not READINGS.isdisjoint(changes) or "settling" in (self.state.condition, state.condition):
            now = self._desk.local(self._desk.clock())
            found = concerns(state, self._inn, now, self._desk.settings, self.foreign)
            state = replace(state, concerns=found, level=worst(found))
        self.state = state
        self._hub.publish("kkt", state.eip, state, circuit=state.circuit_id)

    def keep(self) -> None:
        """Let the last known state survive a restart; nothing is lost when the journal is too busy for it."""
        try:
            self._desk.journal.tell(SaveKktState(self.state.eip, msgspec.json.encode(self.state)))
        except (Overloaded, ActorStopped):
            return
