"""What the world is shown of a pinpad: the hub hears every step as it happens."""

from msgspec.structs import replace

from actors.hub import Hub
from actors.pinpad.desk import Desk
from schemas.operations import OperationStatus
from schemas.pinpad_records import StoredOperation
from schemas.pinpads import PinpadState
from transports.pinpad import Progress

TOPIC = "pinpads"


class Face:
    """The present state, and the only place where it changes."""

    def __init__(self, desk: Desk, hub: Hub, state: PinpadState) -> None:
        self.state = state
        self._desk = desk
        self._hub = hub

    def show(self, **changes: object) -> None:
        """Change the state and publish it, if anything is new."""
        state = replace(self.state, **changes)
        if state != self.state or self._hub.last(TOPIC, str(state.id)) is None:
            self.state = state
            self._hub.publish(TOPIC, str(state.id), state, inn=self._desk.spec.inn)

    def took(self, operation: StoredOperation) -> None:
        """An operation has its turn."""
        self.show(operation=operation.id, kind=operation.sent, status=operation.status, stage=None, text=None)

    def tell(self, progress: Progress) -> None:
        """A step that the pinpad let us see."""
        answered = self._desk.clock() if progress.stage != "connecting" else self.state.last_answer_at
        self.show(stage=progress.stage, text=progress.text, status="sending", last_answer_at=answered)

    def ended(self, status: OperationStatus, reason: str | None) -> None:
        """What came of the operation in hand."""
        self.show(status=status, stage=None, text=None, reason=reason)


def first_state(desk: Desk, settled_at: float | None) -> PinpadState:
    """Before anything has happened."""
    spec = desk.spec
    return PinpadState(
        id=desk.id,
        address=spec.address,
        driver=spec.driver,
        condition="inactive",
        terminal_id=spec.terminal_id,
        settled_at=settled_at,
    )
