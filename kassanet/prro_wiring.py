"""Software registers as the configuration wants them: the tax service, the signing agents, and how registers behave.

A register's key is named ``AGENT/KEY``: the agent by its name in the configuration, the key as that agent calls it.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from actors.prro import PrroSettings
from kassanet.config import Config, ConfigError
from kassanet.prro_config import AgentSection, PrroSection
from kassanet.prros import TaxService
from schemas.problems import FieldError
from transports.dstu.certificates import Certificate
from transports.dstu.containers import open_container
from transports.dstu.errors import SignatureProblem
from transports.prro.chain import ChainRules
from transports.prro.client import Sign
from transports.prro.limits import OfflineLimits
from transports.prro.packets import PacketRules
from transports.prro.signatures import opener
from transports.prro.wire import Wire, WireSettings
from transports.signing_agent import SigningAgent


class Agents:
    """Who signs with a key, by its agent's name. What is asked of an agent that is not configured fails."""

    def __init__(self, agents: Mapping[str, SigningAgent]) -> None:
        self.known = agents

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

    def _sign(self, key_id: str, *, stamped: bool) -> Sign:
        name, _, key = key_id.partition("/")

        async def sign(content: bytes) -> bytes:
            agent = self.known.get(name)
            if agent is None:
                raise LookupError(f"there is no signing agent {name!r} in the configuration")
            return await agent.sign(key, content, stamped=stamped)

        return sign

    async def aclose(self) -> None:
        for agent in self.known.values():
            await agent.aclose()


class PrroParts:
    """What :class:`kassanet.prros.Prros` takes from the configuration; an asynchronous context that closes it."""

    def __init__(self, config: Config) -> None:
        """Raises ConfigError for files that cannot be used."""
        said = config.prro
        self.is_on = said.tax_server is not None
        self.settings = prro_settings(said)
        self.agents = Agents({name: _agent(name, agent) for name, agent in said.agents.items()})
        self._wire = Wire(_wire_settings(said))
        unwrap = opener(None if said.authorities is None else _authorities(said.authorities))
        self.tax_service = TaxService(self._wire, unwrap, PacketRules(order=said.packet_order))
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "PrroParts":
        self._stack.push_async_callback(self._wire.aclose)
        self._stack.push_async_callback(self.agents.aclose)
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._stack.aclose()


def prro_settings(said: PrroSection) -> PrroSettings:
    """How registers behave, in the words of their actors."""
    return PrroSettings(
        close_before=said.close_before if said.close_shifts else None,
        close_spread=said.close_spread,
        offline=said.offline,
        reissue=said.reissue,
        tick=said.tick,
        limits=OfflineLimits(warn_ahead=said.warn_ahead),
        chain=ChainRules(said.end_carries_hash, said.hashed, said.shift_links),
    )


def _wire_settings(said: PrroSection) -> WireSettings:
    connect = min(said.timeout, WireSettings().connect)
    return WireSettings(said.tax_server or "", said.timeout, connect, connections=said.connections)


def _agent(name: str, said: AgentSection) -> SigningAgent:
    key = f"prro.agents.{name}.token_file"
    token = _read(said.token_file, key).strip()
    if not token.isascii() or len(token.split()) != 1:
        raise ConfigError(said.token_file, "", [FieldError(key, "holds no token", "one word, as the agent printed it")])
    return SigningAgent(said.url, token.decode(), said.timeout)


def _authorities(file: str) -> tuple[Certificate, ...]:
    try:
        found = open_container(_read(file, "prro.authorities"), "").certificates
    except SignatureProblem as problem:
        raise ConfigError(file, "", [FieldError("prro.authorities", f"cannot be used: {problem}")]) from None
    if not found:
        raise ConfigError(file, "", [FieldError("prro.authorities", "holds no certificate", "PEM, or DER of one")])
    return found


def _read(file: str, key: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigError(file, "", [FieldError(key, f"cannot be read: {error.strerror}")]) from None
