"""Receipts on their way to a site: durable here before the first byte, repeated until it says that it has them.

The number that they have there (``key``) is made of what never changes, so a repeat after a cut, a restart or a
restored backup is known to the site, which answers it as the first time. What became of them comes back with the
site's copies.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
import structlog
import trio
from msgspec import UNSET

from actors.durable import durably
from actors.journal import Reader
from actors.runtime import Ref
from actors.store import StoreUnavailable
from schemas.problems import Problem
from schemas.receipts import Status
from schemas.records import Conflict, NotFound
from schemas.rows import QueuedReceipt
from schemas.site_link import Take, Taken
from schemas.site_records import FORWARDED, BeginForward, ForwardEnded, ForwardTaken, OpenForward

if TYPE_CHECKING:
    from kassanet.sites.link import SiteLink

AT_ONCE = 64
"""Receipts sent and not answered yet."""

LOOK = 0.25
"""Seconds between two looks at the queues while nothing is to be sent."""

AGAIN = 20.0
"""Seconds after which what a site could not take now is sent again."""

PIECE = 500

log = structlog.get_logger("sites.forwarding")
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def key_of(identity: str, circuit_id: int, external_id: str) -> str:
    """What a receipt is called at the site: the same whenever it is sent, by whichever copy of this journal."""
    named = f"{identity}\0{circuit_id}\0{external_id}".encode()
    return FORWARDED + hashlib.sha256(named).hexdigest()[:40]


def content(body: bytes, key: str) -> msgspec.Raw:
    """The receipt as the site gets it: its notices are given here, so it does not get the address for them."""
    fields = {name: value for name, value in _decode(body).items() if name != "callback_url"}
    fields["external_id"] = msgspec.Raw(_encode(key))
    return msgspec.Raw(_encode(fields))


class Forwarding:
    """For the time of one link. ``circuits`` gives the circuits here and there; ``identity`` is this journal's."""

    def __init__(
        self,
        link: "SiteLink",
        journal: Ref,
        reader: Reader,
        identity: str,
        circuits: Callable[[], Sequence[tuple[int, int]]],
        clock: Callable[[], float],
    ) -> None:
        self._link = link
        self._journal = journal
        self._reader = reader
        self._identity = identity
        self._circuits = circuits
        self._clock = clock
        self._sent: dict[str, OpenForward] = {}
        self._later: dict[str, tuple[float, OpenForward]] = {}
        self._answered = trio.Event()

    async def run(self) -> None:
        """First what was on its way before, then what waits; until the link ends and cancels this.

        Nothing goes before the site has told whose its circuits are now.
        """
        await self._link.circuits_told.wait()
        await self._resume()
        while True:
            try:
                found = await self._send_waiting() + await self._send_again()
            except StoreUnavailable as reason:
                log.warning("queue_unreadable", site=self._link.board.row.name, reason=str(reason))
                found = 0
            if not found:
                await trio.sleep(LOOK)

    async def answered(self, said: Taken) -> None:
        """The site has it, or says why not."""
        forward = self._sent.pop(said.key, None)
        self._answered.set()
        if forward is None:
            return
        if said.problem is None:
            await durably(self._journal, ForwardTaken(forward.receipt_id, self._clock()))
            return
        status, reason = _verdict(forward, said.problem)
        if status is None:
            log.warning("receipt_not_taken", receipt=forward.receipt_id, reason=reason)
            self._later[said.key] = (trio.current_time() + AGAIN, forward)
            return
        await durably(self._journal, ForwardEnded(forward.receipt_id, status, reason, self._clock()))

    # -- sending ----------------------------------------------------------------------------------

    async def _resume(self) -> None:
        after = 0
        while True:
            rows = await self._open(after)
            for row in rows:
                after = row.receipt_id
                await self._send(row)
            if len(rows) < PIECE:
                return

    async def _open(self, after: int) -> Sequence[OpenForward]:
        site_id = self._link.board.row.id
        while True:
            try:
                return await self._reader.call(lambda store: store.open_forwards(site_id, after, PIECE))
            except StoreUnavailable as reason:
                log.warning("forwards_unreadable", reason=str(reason))
                await trio.sleep(1.0)

    async def _send_waiting(self) -> int:
        found = 0
        for circuit_id, _ in self._circuits():
            rows = await self._queued(circuit_id)
            for row in rows:
                found += await self._begin(circuit_id, row)
        return found

    async def _queued(self, circuit_id: int) -> Sequence[QueuedReceipt]:
        return await self._reader.call(lambda store: store.queued(circuit_id, 0, AT_ONCE))

    async def _begin(self, circuit_id: int, row: QueuedReceipt) -> int:
        """On disk that it goes there, before it does."""
        external_id = msgspec.json.decode(_decode(row.body)["external_id"], type=str)
        key = key_of(self._identity, circuit_id, external_id)
        try:
            await durably(self._journal, BeginForward(row.id, self._link.board.row.id, key, self._clock()))
        except (Conflict, NotFound):
            return 0  # cancelled in this moment, or a register of the circuit was quicker
        await self._send(OpenForward(row.id, circuit_id, key, row.body, False))
        return 1

    async def _send_again(self) -> int:
        now = trio.current_time()
        due = [key for key, (at, _) in self._later.items() if at <= now]
        for key in due:
            await self._send(self._later.pop(key)[1])
        return len(due)

    async def _send(self, forward: OpenForward) -> None:
        while len(self._sent) >= AT_ONCE:
            self._answered = trio.Event()
            await self._answered.wait()
        remote = dict(self._circuits()).get(forward.circuit_id)
        if remote is None:
            return
        self._sent[forward.key] = forward
        said = UNSET if forward.taken else content(forward.body, forward.key)
        await self._link.say(Take(forward.key, remote, said))


def _verdict(forward: OpenForward, told: Problem) -> tuple[Status | None, str]:
    """What a site's refusal means; None where it may take the receipt another time."""
    fields = "; ".join(f"{error.path} {error.message}" for error in told.errors[:5])
    reason = f"the site refused: {told.detail}{f' ({fields})' if fields else ''}"
    if forward.taken:
        if told.status == 404:
            return "manual", "the site had this receipt and does not know it any more: its journal is older than ours"
        return None, reason
    return ("refused", reason) if told.status in (409, 422) else (None, reason)
