"""Commands that come over the link: permitted, once, in time, in the audit log, and their outcome kept.

A command goes on when the link is cut under it, for a register does not know of links. Its outcome is told on whichever
link is there when it ends; a centre that missed it asks for it by the command's number.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
import trio

from actors.durable import durably
from kassanet.edge.by_hand import ByHand, by_hand
from kassanet.edge.decoding import decode
from kassanet.edge.frs_view import shown_kkt
from kassanet.uplink.desk import UplinkDesk
from kassanet.uplink.taking import told
from schemas.problems import Problem, problem
from schemas.records import BeginAudit, EndAudit
from schemas.site_link import Carried, Carry
from schemas.site_records import BeginLinkCommand, EndLinkCommand, StoredLinkCommand

IN_HAND = 64
"""Commands at a time; one more is refused."""

NEVER_CAME = 0
ACTIVATION_PATIENCE = 4.0

log = structlog.get_logger("uplink.commands")
_encode = msgspec.json.Encoder().encode


class LinkCommands:
    """Lives as long as the uplink, across its links. ``tell`` says something to the centre, if it is there."""

    def __init__(self, desk: UplinkDesk, tell: Callable[[msgspec.Struct], Awaitable[None]]) -> None:
        self._desk = desk
        self._tell = tell
        self._in_hand: set[tuple[str, int]] = set()

    def hear(self, central: str, said: Carry) -> Callable[[], Awaitable[None]] | None:
        """The task that carries it out, to be run at once; None when it runs already."""
        if (central, said.id) in self._in_hand:
            return None
        self._in_hand.add((central, said.id))
        due = trio.current_time() + said.within

        async def carry() -> None:
            try:
                await self._tell(await self._answer(central, said, due))
            finally:
                self._in_hand.discard((central, said.id))

        return carry

    async def recall(self, central: str, ids: tuple[int, ...]) -> None:
        """Tell what became of these; those in hand tell it themselves."""
        for command_id in ids:
            if (central, command_id) not in self._in_hand:
                row = await self._known(central, command_id)
                await self._tell(Carried(command_id, NEVER_CAME) if row is None else _recalled(row))

    # -- inside -----------------------------------------------------------------------------------

    async def _known(self, central: str, command_id: int) -> StoredLinkCommand | None:
        return await self._desk.reader.call(lambda store: store.link_command(central, command_id))

    async def _answer(self, central: str, said: Carry, due: float) -> Carried:
        begin = BeginLinkCommand(central, said.id, said.name, said.eip, said.by, self._desk.clock())
        known = await durably(self._desk.journal, begin)
        if known is not None:
            return _recalled(known)
        outcome = await self._audited(said, due)
        answer = outcome.result if outcome.problem is None else outcome.problem
        status, now = outcome.status, self._desk.clock()
        await durably(self._desk.journal, EndLinkCommand(central, said.id, status, _encode(answer), now))
        return outcome

    async def _audited(self, said: Carry, due: float) -> Carried:
        """Between two lines of this side's own audit log."""
        who, target = f"uplink: {said.by}", f"kkt/{said.eip} {said.name}"
        write = BeginAudit(who, None, "COMMAND", "/api/v1/uplink", target, str(said.id), None, self._desk.clock())
        line = await durably(self._desk.journal, write)
        try:
            status, result = await self._obey(said, due - trio.current_time())
            outcome = Carried(said.id, status, msgspec.to_builtins(result))
        except Exception as error:
            found = told(error)
            outcome = Carried(said.id, found.status, problem=found)
        await durably(self._desk.journal, EndAudit(line, outcome.status or 503, None, self._desk.clock()))
        return outcome

    async def _obey(self, said: Carry, left: float) -> tuple[int, object]:
        if said.name not in self._desk.settings.commands:
            permitted = ", ".join(self._desk.settings.commands) or "nothing"
            text = f"its configuration permits {permitted} over the uplink, and {said.name[:64]} is not among it."
            raise problem(403, "forbidden-by-site", text)
        if len(self._in_hand) > IN_HAND:
            raise problem(503, "overloaded", f"{IN_HAND} commands are in hand; nothing was done.")
        if left <= 0:
            raise problem(503, "expired", "The command waited too long; nothing was done.")
        fleet = self._desk.fleet
        fleet.kkt(said.eip)
        if said.name == "activate":
            return 200, shown_kkt(await fleet.activate(said.eip, min(ACTIVATION_PATIENCE, left)))
        if said.name == "deactivate":
            return 200, shown_kkt(await fleet.deactivate(said.eip))
        result = await by_hand(fleet, said.eip, said.name, decode(_encode(said.args), ByHand), left)
        return (204, None) if result is None else (200, result)


def _recalled(row: StoredLinkCommand) -> Carried:
    if row.status is None:
        lost = problem(504, "outcome-unknown", "it was restarted meanwhile; read the register's state.").problem
        return Carried(row.id, 504, problem=lost)
    answer: Any = None if row.answer is None else msgspec.json.decode(row.answer)
    if row.status >= 400:
        return Carried(row.id, row.status, problem=msgspec.convert(answer, Problem))
    return Carried(row.id, row.status, answer)
