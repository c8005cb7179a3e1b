"""All sites of this server: their rows, their boards, the one link that each may have."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
import trio
from msgspec.structs import replace

from actors.durable import durably
from actors.hub import Hub
from actors.journal import Reader
from actors.runtime import ActorError, Ref
from actors.store import StoreUnavailable
from kassanet.edge.auth import Access, TokenBook, new_token, token_hash
from kassanet.edge.stream.socket import Socket
from kassanet.fleet import Fleet, to_the_end
from kassanet.sites.board import Board
from kassanet.sites.forwarding import Forwarding
from kassanet.sites.link import REPLACED, STOPPED, SiteLink, welcome
from kassanet.sites.outcomes import outcome_of
from schemas.problems import FieldError
from schemas.records import NotFound
from schemas.site_link import Carried, Hello, Welcome
from schemas.site_records import (
    AddSite,
    BindCircuit,
    EndSiteCommand,
    RenewSite,
    RevokeSite,
    SaveSite,
    StoredSite,
)
from schemas.sites import BindCircuitRequest, NewSite, SiteCircuit, SiteKkt, parted

SAVE = 60.0
"""Seconds between two times that what was heard of a connected site is kept for the next start."""

log = structlog.get_logger("sites")


class Sites:
    """``boards`` by the site's number. Everything runs in the Trio thread."""

    def __init__(
        self, fleet: Fleet, journal: Ref, reader: Reader, hub: Hub, tokens: TokenBook, clock: Callable[[], float]
    ) -> None:
        self.boards: dict[int, Board] = {}
        self.journal = journal
        self.reader = reader
        self.clock = clock
        self.identity = ""
        self._fleet = fleet
        self._hub = hub
        self._tokens = tokens
        self._bindings: dict[tuple[int, int], int] = {}
        self._stopping = False
        self._binding = trio.Lock()
        fleet.closed = self._keeps_to_itself

    async def start(self) -> None:
        """Read the tables; registers of sites are shown as they were last known."""
        rows, bindings, identity = await self.reader.call(
            lambda store: (store.sites(), store.site_bindings(), store.identity())
        )
        self.identity = identity
        self._bindings = {(row.site_id, row.remote_id): row.circuit_id for row in bindings}
        for row in rows:
            self._take_in(row)

    async def keep_saving(self) -> None:
        """Run beside the server."""
        while True:
            await trio.sleep(SAVE)
            for board in tuple(self.boards.values()):
                if board.link is not None:
                    await self._save(board)

    def stop(self) -> None:
        """Let the sites know that this is not for ever."""
        self._stopping = True
        for board in self.boards.values():
            if board.link is not None:
                board.link.close(STOPPED, "the central server stops")

    # -- looking ----------------------------------------------------------------------------------

    def board(self, access: Access, site_id: int) -> Board:
        """The site, if the asker may see it: one without an INN is for those who see everything."""
        board = self.boards.get(site_id)
        if board is None or not _sees(access, board.row):
            raise NotFound(f"site {site_id}")
        return board

    def visible(self, access: Access) -> Sequence[Board]:
        return [board for board in self.boards.values() if _sees(access, board.row)]

    def registers(self, access: Access) -> Sequence[SiteKkt]:
        """Registers of all sites that the asker may see."""
        found = (kkt for board in self.boards.values() for kkt in board.registers())
        return [kkt for kkt in found if access.sees(kkt.inn)]

    def register(self, access: Access, eip: str) -> tuple[Board, SiteKkt]:
        """By its name here (``shop/10.0.0.5:7777``); 404 for one that is not there or may not be seen."""
        names = parted(eip)
        board = next((one for one in self.boards.values() if names and one.row.name == names[0]), None)
        kkt = board.register(names[1]) if board is not None and names is not None else None
        if board is None or kkt is None or not access.sees(kkt.inn):
            raise NotFound(f"register {eip}")
        return board, kkt

    def circuits(self, board: Board) -> Sequence[SiteCircuit]:
        return [
            SiteCircuit(each.id, each.sinn, each.inn, each.title, self._bindings.get((board.row.id, each.id)))
            for each in board.circuits.values()
        ]

    # -- changing ---------------------------------------------------------------------------------

    @to_the_end
    async def add(self, wanted: NewSite) -> tuple[StoredSite, str]:
        """Answers the site and its token, which nobody is told again."""
        token = new_token()
        await self.journal.ask(AddSite(wanted.name, wanted.inn, token_hash(token), self.clock()))
        rows = await self.reader.call(lambda store: store.sites())
        row = next(row for row in rows if row.name == wanted.name)
        self._take_in(row)
        return row, token

    @to_the_end
    async def renew(self, board: Board) -> str:
        token = new_token()
        await self.journal.ask(RenewSite(board.row.id, token_hash(token), self.clock()))
        board.row = replace(board.row, token_hash=token_hash(token), revoked_at=None)
        board.show()
        return token

    @to_the_end
    async def revoke(self, board: Board) -> None:
        now = self.clock()
        await self.journal.ask(RevokeSite(board.row.id, now))
        board.row = replace(board.row, revoked_at=now)
        board.show()

    @to_the_end
    async def bind(self, board: Board, wanted: BindCircuitRequest) -> int:
        """Make the circuit here that stands for the site's; answers its number, also when it exists already."""
        bound = self._bindings.get((board.row.id, wanted.remote))
        if bound is not None:
            return bound
        there = board.circuits.get(wanted.remote)
        if there is None:
            raise NotFound(f"circuit {wanted.remote} at site {board.row.name}; it may not have told of it yet")
        title = wanted.title or f"{there.title} ({board.row.name})"
        async with self._binding:
            write = BindCircuit(board.row.id, wanted.remote, there.inn, title, self.clock())
            circuit = await self._fleet.take_in(await self.journal.ask(write))
        self._bindings[board.row.id, wanted.remote] = circuit.id
        board.show_again()
        return circuit.id

    # -- links ------------------------------------------------------------------------------------

    async def serve(self, socket: Socket, access: Access, token: str, address: str | None) -> None:
        """One accepted socket of a site, until it ends."""
        board = self.boards.get(access.site_id or 0)
        if board is None:  # added by another process a moment ago
            board = await self._look_up(access.site_id or 0)
        await SiteLink(self, board, socket, token_hash(token), address).run()

    @asynccontextmanager
    async def turn(self, link: SiteLink) -> AsyncIterator[None]:
        """The site's one place: whoever holds it hears that it is replaced, and goes first."""
        board, hello = link.board, link.hello
        assert hello is not None
        while board.link is not None:
            board.link.close(REPLACED, "replaced")
            await board.link.ended.wait()
        if self._stopping:
            link.close(STOPPED, "the central server stops")
        board.connected(link, hello, link.address)
        log.info("site_connected", site=board.row.name, address=link.address, version=hello.version)
        try:
            yield
        finally:
            board.cut()
            log.warning("site_away", site=board.row.name)
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 5.0):
                await self._after(board)

    async def welcome(self, link: SiteLink, hello: Hello) -> Welcome:
        row = next(row for row in await self.reader.call(lambda store: store.sites()) if row.id == link.board.row.id)
        copied = row.copied if row.source == hello.store else 0
        await self.count(link.board)
        return welcome(row.name, self.identity, link.board.heard.rev, copied)

    def forwarding(self, link: SiteLink) -> Forwarding:
        site_id = link.board.row.id

        def circuits() -> Sequence[tuple[int, int]]:
            own = [(here, there) for (site, there), here in tuple(self._bindings.items()) if site == site_id]
            return [pair for pair in own if self._of_one_organisation(link.board, *pair)]

        return Forwarding(link, self.journal, self.reader, self.identity, circuits, self.clock)

    def may_stay(self, board: Board, token: bytes) -> bool:
        """Whether the token of a link is still its site's."""
        access = self._tokens.current(token)
        return access is not None and access.site_id == board.row.id and board.row.revoked_at is None

    async def count(self, board: Board) -> None:
        """Look how much is open between here and the site."""
        site_id = board.row.id
        try:
            board.owed, open_ones = await self.reader.call(
                lambda store: (store.owed_by(site_id), store.open_site_commands(site_id))
            )
        except StoreUnavailable as reason:
            log.warning("site_not_counted", site=board.row.name, reason=str(reason))
            return
        board.unknown_commands = sum(row.status == "unknown" for row in open_ones)
        if board.link is not None:
            board.seen_at = self.clock()
        board.show()

    # -- commands ---------------------------------------------------------------------------------

    async def commands_to_recall(self, link: SiteLink) -> Sequence[int]:
        """Those that an earlier link, or an earlier start, left without an answer."""
        site_id = link.board.row.id
        try:
            rows = await self.reader.call(lambda store: store.open_site_commands(site_id))
        except StoreUnavailable:
            return ()
        return [row.id for row in rows if row.id not in link.commands][:1000]

    async def carried(self, board: Board, said: Carried) -> None:
        """A command's outcome, on whichever link it comes."""
        row = await self.reader.call(lambda store: store.site_command(said.id))
        if row is None or row.site_id != board.row.id:
            log.warning("answer_to_nothing", site=board.row.name, command=said.id)
            return
        await durably(self.journal, outcome_of(said, self.clock()))

    # -- inside -----------------------------------------------------------------------------------

    async def _after(self, board: Board) -> None:
        """What was sent and not answered is unknown now; and what is known is kept for the next start."""
        site_id = board.row.id
        try:
            rows = await self.reader.call(lambda store: store.open_site_commands(site_id))
            for row in rows:
                if row.status == "sent":
                    await self.journal.ask(EndSiteCommand(row.id, "unknown", None, None, self.clock()))
        except (StoreUnavailable, ActorError) as reason:
            log.warning("commands_not_noted", site=board.row.name, reason=str(reason))
        await self._save(board)
        await self.count(board)

    async def _save(self, board: Board) -> None:
        try:
            await self.journal.ask(SaveSite(board.row.id, self.clock(), board.last_heard()))
        except (StoreUnavailable, ActorError, NotFound) as reason:
            log.warning("site_not_saved", site=board.row.name, reason=str(reason))

    def _take_in(self, row: StoredSite) -> Board:
        board = self.boards.get(row.id)
        if board is None:
            board = self.boards[row.id] = Board(row, self._hub, self.clock, self._bound)
        return board

    def _of_one_organisation(self, board: Board, here: int, there: int) -> bool:
        """A site that was set up anew may have given the number to another organisation's circuit."""
        found = board.circuits.get(there)
        return found is not None and found.inn == self._fleet.circuit(here).inn

    def _keeps_to_itself(self, circuit_id: int) -> FieldError | None:
        """Why nothing that is posted to a circuit here can go where it would be made."""
        site_id = next((site for (site, _), here in self._bindings.items() if here == circuit_id), None)
        board = None if site_id is None else self.boards.get(site_id)
        if board is None or not board.heard.version or board.heard.receipts != "local":
            return None
        told = f"stands for a circuit of site {board.row.name}, which keeps its receipts itself"
        return FieldError("circuit_id", told, 'a circuit with registers here, or receipts = "central" at the site')

    def _bound(self, site_id: int, remote_id: int) -> int | None:
        return self._bindings.get((site_id, remote_id))

    async def _look_up(self, site_id: int) -> Board:
        rows = await self.reader.call(lambda store: store.sites())
        for row in rows:
            self._take_in(row)
        if site_id not in self.boards:
            raise NotFound(f"site {site_id}")
        return self.boards[site_id]


def _sees(access: Access, row: StoredSite) -> bool:
    return access.circuit_id is None and (access.inn is None or access.inn == row.inn)
