"""The watch over signing agents: asks each now and then, and keeps what it finds on the hub for whoever looks.

An agent that does not answer leaves its keys as they were last seen, and says of them that it is away: so a dashboard
does not lose sight of a key because a line is cut.
"""

from collections.abc import Mapping

import trio
from msgspec.structs import replace

from actors.hub import Hub
from actors.runtime import Actor
from kassanet.prro_agents import LOCAL, Agents
from schemas.agents import AgentState, KeyState
from schemas.commands import Tick
from schemas.signing import KeyShown

AGENTS, KEYS = "agents", "keys"
"""Topics of the hub."""


class AgentBoard:
    """What the hub knows of agents and keys, and the only place where that changes."""

    def __init__(self, agents: Agents, hub: Hub) -> None:
        self.agents = agents
        self._hub = hub

    async def look(self, name: str) -> None:
        """Ask one agent and show what it says. Raises NotFound."""
        state, keys = await self.agents.look(name)
        self._show(AGENTS, name, state, None)
        former = self.keys_of(name)
        present = {key.key: key for key in keys} if keys is not None else _away(former)
        for gone in former.keys() - present.keys():
            self._hub.forget(KEYS, gone)
        for key in present.values():
            self._show(KEYS, key.key, key, key.tenant)

    async def look_at_all(self) -> None:
        async with trio.open_nursery() as nursery:
            for name in self.agents.known:
                nursery.start_soon(self.look, name)

    def agent(self, name: str) -> AgentState:
        """As it was last asked. Raises NotFound for one that there is not."""
        self.agents.one(name)
        state = self._hub.last(AGENTS, name)
        if isinstance(state, AgentState):
            return state
        return AgentState(name=name, is_local=name == LOCAL, condition="away", reason="it was not asked yet")

    def keys_of(self, name: str) -> Mapping[str, KeyState]:
        """By ``AGENT/KEY``."""
        states = self._hub.all(KEYS)
        return {key: state for key, state in states.items() if isinstance(state, KeyState) and state.agent == name}

    def told(self, name: str, key: KeyShown) -> KeyState:
        """A key as everybody sees it, whose agent just answered."""
        return self.agents.told(name, key, locked=self.agent(name).condition == "locked")

    def _show(self, topic: str, key: str, state: AgentState | KeyState, inn: str | None) -> None:
        if self._hub.last(topic, key) != state:
            self._hub.publish(topic, key, state, inn=inn)


def _away(former: Mapping[str, KeyState]) -> dict[str, KeyState]:
    return {name: key if key.state == "over" else replace(key, state="away") for name, key in former.items()}


class AgentWatch(Actor):
    """Looks at every agent each ``every`` seconds."""

    def __init__(self, board: AgentBoard, every: float) -> None:
        self._board = board
        self._every = every

    async def started(self) -> None:
        self.context.tell_later(0.0, Tick())

    async def receive(self, message: object) -> None:
        await self._board.look_at_all()
        self.context.tell_later(self._every, Tick())
