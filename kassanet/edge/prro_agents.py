"""Signing agents over HTTP: which there are, how they are, and keys handed over to them.

A container and its password pass through here to the agent and are kept nowhere on the way: not in the journal, not in
the audit log, not in a log line.
"""

from collections.abc import Mapping

from quart import Blueprint, Response, request

from kassanet.agent_watch import AgentBoard
from kassanet.edge.answers import answer, nothing
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode
from kassanet.edge.visibility import allowed
from schemas.agents import AgentState, KeyState, ShownAgent, UnlockAgent
from schemas.problems import problem
from schemas.prro_records import StoredPrro
from schemas.records import Conflict
from schemas.signing import ChangeKey, KeyShown, UploadKey

MOST_OF_A_CONTAINER = 1 << 22
"""Bytes: a container and certificates beside it, in base64."""


def agents_blueprint(board: AgentBoard, registers: Mapping[int, StoredPrro]) -> Blueprint:
    """The routes. ``registers`` tell which keys are in use."""
    blueprint = Blueprint("prro_agents", __name__, url_prefix="/api/v1/prro/agents")
    _add_agents(blueprint, board)
    _add_keys(blueprint, board, registers)
    return blueprint


def _add_agents(blueprint: Blueprint, board: AgentBoard) -> None:
    @blueprint.get("")
    async def agents() -> Response:
        """As they were last seen."""
        access = allowed("viewer")
        return answer([_shown(board, access, name) for name in board.agents.known])

    @blueprint.get("/<agent>")
    async def one(agent: str) -> Response:
        """Asked now."""
        access = allowed("viewer")
        await board.look(agent)
        return answer(_shown(board, access, agent))

    @blueprint.post("/<agent>/unlock")
    async def unlock(agent: str) -> Response:
        access = allowed("admin")
        if access.inn is not None:
            raise problem(403, "not-allowed", "This concerns every organisation; this token is of one.")
        said = decode(await request.get_data(), UnlockAgent)
        await board.agents.one(agent).unlock(said.passphrase)
        await board.look(agent)
        return answer(_shown(board, access, agent))


def _add_keys(blueprint: Blueprint, board: AgentBoard, registers: Mapping[int, StoredPrro]) -> None:
    @blueprint.post("/<agent>/keys")
    async def upload(agent: str) -> Response:
        access = allowed("admin")
        request.max_content_length = MOST_OF_A_CONTAINER
        said = decode(await request.get_data(), UploadKey)
        if access.inn is not None and said.tenant != access.inn:
            raise problem(403, "not-allowed", f"This token is of {access.inn}; say it as tenant.")
        taken = await board.agents.one(agent).take_in(said)
        await board.look(agent)
        return answer(board.told(agent, taken), 201)

    @blueprint.get("/<agent>/keys/<key_id>")
    async def key(agent: str, key_id: str) -> Response:
        return answer(board.told(agent, await _visible(board, agent, key_id, allowed("viewer"))))

    @blueprint.patch("/<agent>/keys/<key_id>")
    async def change(agent: str, key_id: str) -> Response:
        await _visible(board, agent, key_id, allowed("admin"))
        said = decode(await request.get_data(), ChangeKey)
        changed = await board.agents.one(agent).change(key_id, said)
        await board.look(agent)
        return answer(board.told(agent, changed))

    @blueprint.delete("/<agent>/keys/<key_id>")
    async def drop(agent: str, key_id: str) -> Response:
        await _visible(board, agent, key_id, allowed("admin"))
        _must_be_idle(registers, f"{agent}/{key_id}")
        await board.agents.one(agent).drop(key_id)
        await board.look(agent)
        return nothing()


def _must_be_idle(registers: Mapping[int, StoredPrro], key_id: str) -> None:
    for row in registers.values():
        if row.key_id == key_id:
            text = f"register {row.id} signs with it; give that another key first, or remove it"
            raise Conflict("key_in_use", text, f"register {row.id}")


async def _visible(board: AgentBoard, agent: str, key_id: str, access: Access) -> KeyShown:
    """Raises 404, as for one that does not exist."""
    found = await board.agents.one(agent).key(key_id)
    access.check_sees(found.tenant)
    return found


def _shown(board: AgentBoard, access: Access, name: str) -> ShownAgent:
    """What concerns everybody's keys is for who sees them all."""
    state, keys = board.agent(name), tuple(board.keys_of(name).values())
    if access.inn is None:
        return ShownAgent(state, keys)
    mine = tuple(key for key in keys if access.sees(key.tenant))
    return ShownAgent(_narrowed(state, mine), mine)


def _narrowed(state: AgentState, keys: tuple[KeyState, ...]) -> AgentState:
    return AgentState(
        name=state.name,
        is_local=state.is_local,
        condition=state.condition,
        reason=state.reason,
        keys=len(keys),
        signing_keys=sum(key.signs for key in keys),
        backend=state.backend,
        fallback=state.fallback,
    )
