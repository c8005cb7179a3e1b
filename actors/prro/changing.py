"""Changing who signs for a register, and what its documents say of it.

The tax service knows an operator by the certificate's key id, and a shift is worked by the operator who opened it:
another waits until it is closed. Only who opened it is told the register's offline session. So another key takes over
between shifts, online, with nothing left to settle; in a shift only when the tax service itself names that key as the
one that opened it (the same key in another agent, or with a new certificate). It is asked with the new key, so a key
that it does not let work here never becomes the register's. What is signed already goes out as it is, whoever asks.
"""

import structlog

from actors.prro.delivery import Delivery
from actors.prro.desk import PrroDesk
from schemas.prro_answers import RegistrarState
from schemas.prro_change import Change
from schemas.prro_commands import Away, OutOfService
from schemas.prro_records import ChangePrro, StoredPrro
from schemas.records import Conflict
from transports.prro.client import CommandLost, CommandRefused, not_signed

log = structlog.get_logger(__name__)


class Changing:
    """Between two documents of the register: the actor calls it when it has none in hand."""

    def __init__(self, desk: PrroDesk, delivery: Delivery) -> None:
        self._desk = desk
        self._delivery = delivery

    async def change(self, asked: Change) -> None:
        """See :class:`Change`."""
        await self._delivery.load()
        wanted = asked.change.of(self._delivery.row)
        if wanted.key_id == self._delivery.row.key_id:
            if wanted.desk != self._delivery.row.desk:
                self._must_be_closed()
            await self._write(wanted)
            return
        self._must_be_online()
        with self._desk.trying(wanted.key_id):
            in_shift = await self._may_take_over(asked.subject)
            await self._write(wanted, in_shift=in_shift)
        log.warning("prro_key_changed", register=wanted.desk.register, key=wanted.key_id)

    async def _write(self, wanted: StoredPrro, *, in_shift: bool = False) -> None:
        at = self._desk.clock()
        write = ChangePrro(wanted.id, wanted.desk, wanted.key_id, wanted.cashier, at, in_shift)
        await self._desk.durably(write)
        await self._delivery.load()

    async def _may_take_over(self, subject: str | None) -> bool:
        """Whether it is the key of the open shift; False when none is open. Raises Conflict where it may not.

        Nothing is adopted before: whoever did not open the shift is told of no offline session.
        """
        _must_have_opened(await self._asked(), subject)
        await self._settle()
        _must_have_opened(await self._asked(), subject)
        await self._delivery.adopt()
        return self._delivery.row.shift_opened_at is not None

    async def _asked(self) -> RegistrarState:
        """Where the register stands, in the new key's name."""
        try:
            state = await self._desk.server.state(self._desk.desk.register)
        except CommandLost as lost:
            raise not_signed(lost) or OutOfService(f"the tax service does not say where it stands: {lost}") from lost
        except CommandRefused as refusal:
            raise _refused(str(refusal)) from None
        if state is None:
            raise _refused("it knows no such register of this key's owner")
        return state

    async def _settle(self) -> None:
        try:
            await self._delivery.settle()
        except Away as reason:
            raise _busy(f"{reason}. It is being found out; ask again then") from None

    def _must_be_online(self) -> None:
        if self._delivery.is_offline:
            raise _busy(
                "it is offline, and a session is the key's that began it. Bring the register online (go-online), close"
                " the shift and change the key then"
            )

    def _must_be_closed(self) -> None:
        self._must_be_online()
        if self._delivery.row.shift_opened_at is not None:
            raise _busy("what documents say of the register stays the same in a shift. Close it (close_shift) first")


def _must_have_opened(state: RegistrarState, subject: str | None) -> None:
    """The shift that is open, if one is."""
    if state.is_open and (not subject or subject.lower() != (state.subject_key_id or "").lower()):
        raise _busy(
            "a shift is worked by the key that opened it. Close the shift (close_shift) and change the key then; where"
            " the former key cannot sign any more, have the shift closed at the tax service, and ask again"
        )


def _busy(text: str) -> Conflict:
    return Conflict("prro_busy", text)


def _refused(text: str) -> Conflict:
    return Conflict("key_refused", f"the tax service does not let the key work at this register: {text}")
