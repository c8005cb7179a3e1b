"""What the world is shown of a software register: the hub hears every change as it happens."""

from msgspec import Struct
from msgspec.structs import replace

from actors.hub import Hub
from actors.prro.desk import PrroDesk
from schemas.prro_commands import Condition, PrroState
from schemas.prro_records import StoredPrro
from transports.prro.limits import Left, OfflineLimits, must_warn

TOPIC = "prro"


class Standing(Struct, frozen=True):
    """Where a register stands with the tax service: how many documents ``waiting`` for it, what is ``left`` offline."""

    condition: Condition
    waiting: int = 0
    left: Left | None = None
    month_used: float = 0.0


class Face:
    """The present state, and the only place where it changes."""

    def __init__(self, desk: PrroDesk, hub: Hub) -> None:
        self._desk = desk
        self._hub = hub
        self.state = PrroState(id=desk.id, register=desk.desk.register, condition="online")

    def show(self, row: StoredPrro, standing: Standing) -> None:
        """Publish the state, if anything is new."""
        limits, left = self._desk.settings.limits, standing.left
        self._publish(
            PrroState(
                id=row.id,
                register=self._desk.desk.register,
                condition=standing.condition,
                shift_is_open=row.shift_opened_at is not None,
                shift_opened_at=row.shift_opened_at,
                next_local=row.next_local,
                waiting=standing.waiting,
                reason=row.blocked,
                offline_since=row.offline_since,
                offline_left=None if left is None else round(left.seconds),
                month_used=round(standing.month_used),
                session_limit=limits.session,
                month_limit=limits.month,
                warning=None if left is None else _warning(left, limits),
                key_id=row.key_id,
            )
        )

    def settling(self, reason: str) -> None:
        """A document is with the tax service, or not: nobody knows."""
        waiting = max(1, self.state.waiting)
        self._publish(replace(self.state, condition="settling", waiting=waiting, reason=reason))

    def complain(self, reason: str) -> None:
        """Something did not work that is tried again."""
        self._publish(replace(self.state, reason=reason))

    def _publish(self, state: PrroState) -> None:
        if state != self.state or self._hub.last(TOPIC, str(state.id)) is None:
            self.state = state
            self._hub.publish(TOPIC, str(state.id), state, inn=self._desk.desk.tin)


def _warning(left: Left, limits: OfflineLimits) -> str | None:
    if not must_warn(left, limits):
        return None
    return f"offline work ends in {max(left.seconds, 0):.0f} s: the limit of one {left.limit}"
