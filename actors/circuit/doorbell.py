"""How a circuit hears of new receipts: one ring in its mailbox, however many receipts came."""

from actors.runtime import ActorStopped, Overloaded, Ref
from schemas.commands import Wake


class Doorbell:
    """Shared by those who accept receipts and the circuit that serves them."""

    def __init__(self) -> None:
        self._rung = False

    def ring(self, circuit: Ref | None) -> None:
        """Wake the circuit unless it is being woken. A circuit that cannot hear looks into the store by itself."""
        if self._rung or circuit is None:
            return
        try:
            circuit.tell(Wake())
        except (Overloaded, ActorStopped):
            return
        self._rung = True

    def answered(self) -> None:
        """The circuit is about to look: what comes after this rings again."""
        self._rung = False
