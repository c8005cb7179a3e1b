"""What the world is shown of a software register: the hub hears every change as it happens."""

from msgspec.structs import replace

from actors.hub import Hub
from actors.prro.desk import PrroDesk
from schemas.prro_commands import Condition, PrroState
from schemas.prro_records import StoredPrro
from transports.prro.limits import Left, must_warn

TOPIC = "prro"


class Face:
    """The present state, and the only place where it changes."""

    def __init__(self, desk: PrroDesk, hub: Hub) -> None:
        self._desk = desk
        self._hub = hub
        self.state = PrroState(id=desk.id, register=desk.desk.register, condition="online")

    def show(self, row: StoredPrro, condition: Condition, reason: str | None = None, left: Left | None = None) -> None:
        """Publish the state, if anything is new."""
        limits = self._desk.settings.limits
        warning = None
        if left is not None and must_warn(left, limits):
            warning = f"offline work ends in {max(left.seconds, 0):.0f} s: the limit of one {left.limit}"
        self._publish(
            PrroState(
                id=row.id,
                register=self._desk.desk.register,
                condition=condition,
                shift_is_open=row.shift_opened_at is not None,
                next_local=row.next_local,
                reason=row.blocked or reason,
                offline_since=row.offline_since,
                offline_left=None if left is None else round(left.seconds),
                warning=warning,
            )
        )

    def complain(self, reason: str) -> None:
        """Something did not work that is tried again."""
        self._publish(replace(self.state, reason=reason))

    def _publish(self, state: PrroState) -> None:
        if state != self.state or self._hub.last(TOPIC, str(state.id)) is None:
            self.state = state
            self._hub.publish(TOPIC, str(state.id), state, inn=self._desk.desk.tin)
