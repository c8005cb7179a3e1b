"""An agent within the service: the same keys, rules, store and audit log, asked by a call instead of over HTTP.

Its actors stand in the service's own tree, below ``agent``, before the registers that ask them: so they are stopped
after them. It keeps its folder to itself, as the agent that is a process of its own does; neither can be started over
the other's.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog

from actors.availability import Availability
from actors.journal import Journal
from actors.runtime import (
    ActorError,
    AskTimedOut,
    Backoff,
    ChildSpec,
    Supervisor,
    SupervisorSpec,
)
from actors.signing.key import KeyTools
from actors.signing.rules import Refused
from actors.store import StoreRefused, StoreUnavailable
from kassanet.agent.app import FOR_EVER, forget_variable, nothing_open, stamp_with, unlock_at_start
from kassanet.agent.desk import Desk
from kassanet.agent.importing import Importer
from kassanet.agent.licensing import Licensing
from kassanet.agent.master import PASSPHRASE_VARIABLE, MasterKeyProblem
from kassanet.agent.refusals import of_container, of_master_key, of_refusal
from kassanet.agent.settings import AgentSettings
from kassanet.agent.store import AgentStore
from kassanet.store.lock import DirectoryLock
from schemas.problems import problem
from schemas.prro_commands import NotSigned
from schemas.records import Conflict, NotFound
from schemas.signing import AgentStatus, ChangeKey, KeyShown, UploadKey
from transports.dstu.errors import SignatureProblem
from transports.signing_agent import document_for, not_signed
from transports.stamping import StampingClient

BRANCH, JOURNAL = "agent", "agent-journal"
BY = "cash desk"
"""Who asks, in the agent's audit log."""

log = structlog.get_logger("kassanet.agent")


class EmbeddedAgent:
    """Made before the tree, which takes :attr:`spec`; usable after :meth:`start`. A context that holds its folder.

    Raises LicenceProblem for a key of licences that cannot be used.
    """

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._folder = Path(settings.data)
        self._licensing = Licensing.of(settings)
        self._stamping = StampingClient(settings.time_stamp_seconds)
        self._passphrase = os.environ.pop(PASSPHRASE_VARIABLE, None)
        self._coming: Desk | None = None
        self._desk: Desk | None = None
        self._lock: DirectoryLock | None = None

    @property
    def spec(self) -> SupervisorSpec:
        """The part of the tree that it lives in."""
        journal = ChildSpec(
            JOURNAL,
            lambda: Journal(partial(AgentStore.open, self._folder), Availability()),
            kind="agent journal",
            capacity=4096,
        )
        keys = SupervisorSpec("keys", intensity=FOR_EVER, unordered=True, backoff=Backoff())
        return SupervisorSpec(BRANCH, (journal, keys), intensity=FOR_EVER, backoff=Backoff(limit=30.0))

    def hold(self) -> None:
        """Raises DirectoryHeld, and StoreRefused when its file is of no use."""
        self._lock = DirectoryLock(self._folder)
        try:
            AgentStore.open(self._folder).close()
        except StoreRefused:
            self._lock.release()
            raise
        except StoreUnavailable as reason:  # its journal waits for it, as the service's does
            log.warning("agent_journal_away", reason=str(reason))

    async def start(self, root: Supervisor) -> None:
        """Its keys become actors. Without its master key it starts locked and says so.

        A second call goes on where the first one failed (StoreUnavailable), and does nothing after one that did not.
        """
        if self._desk is not None:
            return
        desk = self._coming = self._coming or self._made(root)
        await desk.start()
        try:
            await unlock_at_start(desk, self._settings, self._passphrase)
        except MasterKeyProblem as reason:  # the tills of other agents' keys must not stand still for it
            log.error("agent_locked", reason=str(reason))
        forget_variable()
        self._desk, self._passphrase = desk, None

    def _made(self, root: Supervisor) -> Desk:
        settings = self._settings
        stamp = stamp_with(self._stamping, settings)
        tools = KeyTools(root.ref(JOURNAL), nothing_open, stamp, time.time, settings.idle)
        importer = Importer(settings.import_seconds)
        return Desk(tools, root.branch("keys"), importer, settings.tenant_a_minute, self._licensing)

    async def sign(self, key_id: str, content: bytes, *, stamped: bool) -> bytes:
        """As :meth:`transports.signing_agent.SigningAgent.sign`."""
        if self._desk is None:
            raise not_signed("starting", "it is being started")
        try:
            signed = await self._desk.sign(key_id, document_for(content, stamped=stamped), BY)
        except Refused as refusal:
            raise not_signed(refusal.code, refusal.text) from None
        except AskTimedOut:
            raise NotSigned("the agent does not sign: no answer in time", "agent-late") from None
        except (ActorError, StoreUnavailable) as reason:
            raise NotSigned(f"the agent does not sign: {reason}", "agent-away") from reason
        except (Conflict, NotFound) as reason:
            raise NotSigned(f"the agent does not sign: {reason}") from None
        return signed.signature

    async def status(self) -> AgentStatus:
        desk = self._ready()
        return desk.status(desk.keys)

    async def unlock(self, passphrase: str) -> None:
        with _told():
            await self._ready().unlock(passphrase, None, BY)

    async def keys(self) -> tuple[KeyShown, ...]:
        desk = self._ready()
        return tuple(desk.shown(key) for key in desk.keys)

    async def key(self, key_id: str) -> KeyShown:
        desk = self._ready()
        with _told():
            return desk.shown(desk.key(key_id))

    async def take_in(self, upload: UploadKey) -> KeyShown:
        desk = self._ready()
        with _told():
            return desk.shown(await desk.take_in(upload, None, BY))

    async def change(self, key_id: str, change: ChangeKey) -> KeyShown:
        desk = self._ready()
        with _told():
            return desk.shown(await desk.change(key_id, change, BY))

    async def drop(self, key_id: str) -> None:
        with _told():
            await self._ready().drop(key_id, BY)

    async def aclose(self) -> None:
        await self._stamping.aclose()
        if self._lock is not None:
            self._lock.release()

    def _ready(self) -> Desk:
        if self._desk is None:
            raise problem(503, "locked", "The agent is being started.")
        return self._desk


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong with a key, as the agent over HTTP tells it. Raises ProblemError."""
    try:
        yield
    except Refused as refusal:
        raise of_refusal(refusal) from None
    except SignatureProblem as found:
        raise of_container(found) from None
    except MasterKeyProblem as found:
        raise of_master_key(found) from None
    except NotFound as missing:
        raise problem(404, "not-found", f"There is no {missing}.") from None
