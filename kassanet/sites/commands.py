"""Commands to registers of sites: over the link, once, with an end in time; what is not known is said so."""

from datetime import UTC, datetime
from typing import Any

import trio

from actors.runtime import ActorError
from actors.store import StoreUnavailable
from kassanet.edge.auth import Access
from kassanet.edge.by_hand import PATIENCE
from kassanet.sites.board import Board
from kassanet.sites.link import Cut, Expected, SiteLink
from kassanet.sites.outcomes import answered
from kassanet.sites.sites import Sites
from schemas.problems import ProblemError, problem
from schemas.site_link import Carry, Page, Read
from schemas.site_records import BeginSiteCommand, EndSiteCommand
from schemas.sites import parted

GRACE = 10.0
"""Seconds beyond a command's own time that its answer may take over the link."""

LOOK = 30.0
"""Seconds that a look at a site's receipts may take."""


class SiteCommands:
    """What people ask of sites through this server. Rights are checked by who calls."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._looks = 0

    async def carry_out(self, access: Access, eip: str, name: str, arguments: dict[str, Any]) -> tuple[int, object]:
        """Status and result as the site's own route has them.

        Raises problems: 404, 503 ``site-away`` when nothing was sent, 504 ``outcome-unknown`` when the answer is lost.
        """
        board, _ = self._sites.register(access, eip)
        link = _linked(board)
        names = parted(eip)
        assert names is not None
        write = BeginSiteCommand(board.row.id, names[1], name, access.name, self._sites.clock())
        command_id = await self._sites.journal.ask(write)
        expected = link.commands[command_id] = Expected()
        try:
            with trio.fail_after(PATIENCE + GRACE):
                await link.say(Carry(command_id, names[1], name, arguments, access.name, PATIENCE))
                said = await expected.wait()
        except (Cut, trio.TooSlowError):
            await self._note_unknown(command_id)
            raise _unknown(board, command_id) from None
        finally:
            link.commands.pop(command_id, None)
        return answered(said, board.row.name)

    async def read(self, board: Board, *, receipt: int | None = None, query: dict[str, str], inn: str | None) -> Any:  # noqa: ANN401 - JSON of the site
        """Receipts as the site has them now; raises 503 and 504, and what the site says against the question."""
        link = _linked(board)
        self._looks += 1
        look_id = self._looks
        expected = link.pages[look_id] = Expected()
        try:
            with trio.fail_after(LOOK):
                await link.say(Read(look_id, receipt, query, inn))
                said: Page = await expected.wait()
        except (Cut, trio.TooSlowError):
            raise problem(504, "no-answer", f"Site {board.row.name} did not answer; ask again.") from None
        finally:
            link.pages.pop(look_id, None)
        if said.problem is not None:
            raise ProblemError(said.problem)
        return said.result

    async def _note_unknown(self, command_id: int) -> None:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 5.0):
            try:
                write = EndSiteCommand(command_id, "unknown", None, None, self._sites.clock())
                await self._sites.journal.ask(write)
            except (StoreUnavailable, ActorError):
                pass  # it stands there as sent, and is asked for all the same


def _linked(board: Board) -> SiteLink:
    if board.link is not None:
        return board.link
    if board.away_since is None:
        raise problem(503, "site-away", f"Site {board.row.name} has not dialled in yet; nothing was sent.")
    moment = datetime.fromtimestamp(board.away_since, UTC).isoformat(timespec="seconds")
    raise problem(503, "site-away", f"Site {board.row.name} is away since {moment}; nothing was sent.")


def _unknown(board: Board, command_id: int) -> ProblemError:
    where = f"GET /api/v1/sites/{board.row.id}/commands/{command_id} tells when the site is back"
    return problem(504, "outcome-unknown", f"The answer of site {board.row.name} was lost; {where}.")
