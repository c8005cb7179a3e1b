"""The signing agents of this service: one within it, and those at integrators', asked in the same words.

A key is named ``AGENT/KEY``: the agent by its name in the configuration, the key as that agent calls it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from schemas.agents import AgentCondition, AgentState, KeyCondition, KeyState
from schemas.problems import FieldError, Problem, ProblemError
from schemas.prro_commands import NotSigned
from schemas.records import NotFound
from schemas.signing import AgentStatus, ChangeKey, KeyShown, UploadKey
from transports.prro.client import Sign

LOCAL = "local"
"""The name of the agent within the service."""

_SILENT: Mapping[str, AgentCondition] = {"agent-late": "late", "agent-token": "refused"}


class Agent(Protocol):
    """What an agent does, wherever it is. Everything but signing raises ProblemError, in the agent's own words."""

    async def sign(self, key_id: str, content: bytes, *, stamped: bool) -> bytes:
        """Raises NotSigned."""

    async def status(self) -> AgentStatus: ...

    async def unlock(self, passphrase: str) -> None: ...

    async def keys(self) -> tuple[KeyShown, ...]: ...

    async def key(self, key_id: str) -> KeyShown: ...

    async def take_in(self, upload: UploadKey) -> KeyShown: ...

    async def change(self, key_id: str, change: ChangeKey) -> KeyShown: ...

    async def drop(self, key_id: str) -> None: ...

    async def aclose(self) -> None: ...


class Agents:
    """By name. What is asked of an agent that is not configured fails. ``clock`` is the wall clock."""

    def __init__(self, agents: Mapping[str, Agent], clock: Callable[[], float]) -> None:
        self.known = agents
        self._clock = clock

    def mistake(self, key_id: str) -> FieldError | None:
        """Why nothing can be signed with a key of this name."""
        name, _, key = key_id.partition("/")
        if name in self.known and key:
            return None
        return FieldError("key_id", "names no agent of this service", f"AGENT/KEY, AGENT of: {', '.join(self.known)}")

    def stamped(self, key_id: str) -> Sign:
        return self._sign(key_id, stamped=True)

    def bare(self, key_id: str) -> Sign:
        return self._sign(key_id, stamped=False)

    def one(self, name: str) -> Agent:
        """Raises NotFound."""
        try:
            return self.known[name]
        except KeyError:
            raise NotFound(f"agent {name[:64]}") from None

    async def key(self, key_id: str) -> KeyShown:
        """Raises NotFound for an agent that is none, ProblemError for what the agent says."""
        name, _, key = key_id.partition("/")
        return await self.one(name).key(key)

    async def look(self, name: str) -> tuple[AgentState, tuple[KeyState, ...] | None]:
        """An agent and its keys as they are now; None for the keys when it cannot be asked."""
        agent = self.one(name)
        try:
            status = await agent.status()
            keys = await agent.keys()
        except ProblemError as refusal:
            return _silent(name, refusal.problem), None
        return _agent_state(name, status), tuple(self.told(name, key, locked=status.locked) for key in keys)

    def told(self, name: str, key: KeyShown, *, locked: bool) -> KeyState:
        """A key as everybody sees it now."""
        return _key_state(name, key, datetime.fromtimestamp(self._clock(), UTC), locked=locked)

    def _sign(self, key_id: str, *, stamped: bool) -> Sign:
        name, _, key = key_id.partition("/")

        async def sign(content: bytes) -> bytes:
            agent = self.known.get(name)
            if agent is None:
                raise NotSigned(f"there is no signing agent {name!r} in the configuration", "agent-away")
            return await agent.sign(key, content, stamped=stamped)

        return sign

    async def aclose(self) -> None:
        for agent in self.known.values():
            await agent.aclose()


def _silent(name: str, found: Problem) -> AgentState:
    condition = _SILENT.get(found.type.rpartition(":")[2], "away")
    return AgentState(name=name, is_local=name == LOCAL, condition=condition, reason=found.detail)


def _agent_state(name: str, status: AgentStatus) -> AgentState:
    return AgentState(
        name=name,
        is_local=name == LOCAL,
        condition="locked" if status.locked else "ready",
        reason="it waits for its master key" if status.locked else None,
        keys=status.keys,
        signing_keys=status.signing_keys,
        backend=status.backend,
        fallback=status.fallback,
        licence=status.licence,
        warnings=status.warnings,
    )


def _key_state(agent: str, key: KeyShown, now: datetime, *, locked: bool) -> KeyState:
    return KeyState(
        key=f"{agent}/{key.id}",
        agent=agent,
        state=key_condition(key, now, locked=locked),
        owner=key.owner,
        role=key.role,
        tenant=key.tenant,
        subject_key_id=key.subject_key_id,
        valid_from=key.valid_from,
        valid_to=key.valid_until,
        agreement=None if key.agreement is None else key.agreement.number,
        agreement_until=None if key.agreement is None else key.agreement.until,
        signs=key.signs,
        warnings=key.warnings,
    )


def key_condition(key: KeyShown, now: datetime, *, locked: bool) -> KeyCondition:
    """The worst first: what no unlocking cures comes before the lock."""
    if now > key.valid_until:
        return "over"
    if now < key.valid_from:
        return "not-yet"
    if key.agreement is None:
        return "no-agreement"
    if now.date() > key.agreement.until:
        return "agreement-over"
    if locked:
        return "locked"
    return "ending" if key.warnings else "good"
