"""Telling the centre of receipts: the outbox in its order, a message at a time, forgotten once it is on disk there."""

import msgspec
import structlog
import trio

from actors.durable import durably
from actors.store import StoreReader, StoreUnavailable
from kassanet.uplink.desk import UplinkDesk
from kassanet.uplink.states import Say
from schemas.shown import shown
from schemas.site_link import PIECE, Copied, Copies, Copy
from schemas.site_records import FillOutbox, ForgetOutbox, OutboxLine

AT_ONCE = 100
"""Receipts in a message, if they are not long."""

FILL = 1000
"""Older receipts put into the outbox in one write."""

LOOK = 0.25
"""Seconds between two looks at an empty outbox."""

log = structlog.get_logger("uplink.copying")
_encode = msgspec.json.Encoder().encode


class Copying:
    """For as long as the link lasts. ``acknowledged`` is to be called with what the centre says."""

    def __init__(self, desk: UplinkDesk, say: Say) -> None:
        self._desk = desk
        self._say = say
        self._upto = 0
        self._news = trio.Event()

    def acknowledged(self, said: Copied) -> None:
        self._upto = said.upto
        self._news.set()

    async def run(self) -> None:
        filling = True
        while True:
            try:
                told = await self._tell()
            except StoreUnavailable as reason:
                log.warning("outbox_unreadable", reason=str(reason))
                told = False
            if told:
                continue
            if filling:
                filling = await durably(self._desk.journal, FillOutbox(FILL))
            else:
                await trio.sleep(LOOK)

    async def _tell(self) -> bool:
        """Tell of the next receipts and wait until the centre has them; whether there were any."""
        copies, upto = await self._desk.reader.call(self._next)
        if upto is None:
            return False
        self._news = trio.Event()
        await self._say(Copies(upto, tuple(copies)))
        while self._upto < upto:
            await self._news.wait()
            self._news = trio.Event()
        await durably(self._desk.journal, ForgetOutbox(upto))
        return True

    def _next(self, store: StoreReader) -> tuple[list[Copy], int | None]:
        copies: list[Copy] = []
        upto, size = None, 0
        for line in store.outbox(0, AT_ONCE):
            copy = self._copy(store, line)
            length = len(_encode(copy))
            if copies and size + length > PIECE:
                break
            copies.append(copy)
            upto, size = line.seq, size + length
        return copies, upto

    def _copy(self, store: StoreReader, line: OutboxLine) -> Copy:
        row = store.receipt(line.receipt_id)
        assert row is not None, "rows of receipts are never deleted"
        return Copy(self._desk.fleet.circuits[row.circuit_id].inn, shown(row))
