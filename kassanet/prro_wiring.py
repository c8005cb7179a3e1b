"""Software registers as the configuration wants them: the tax service, the signing agents, and how registers behave.

Who signs is :mod:`kassanet.prro_agents`.
"""

import ssl
import time
from contextlib import AsyncExitStack
from pathlib import Path

from actors.prro import PrroSettings
from kassanet.agent.embedded import EmbeddedAgent
from kassanet.agent.licence import LicenceProblem
from kassanet.agent.settings import AgentSettings
from kassanet.cashier_packets import PacketRules
from kassanet.cashiers import CashierSettings
from kassanet.config import Config, ConfigError
from kassanet.prro_agents import LOCAL, Agents
from kassanet.prro_config import AgentSection, PrroSection
from kassanet.prros import TaxService
from schemas.problems import FieldError
from transports.dstu.certificates import Certificate
from transports.dstu.containers import open_container
from transports.dstu.errors import SignatureProblem
from transports.lanes import trusting
from transports.prro.chain import ChainRules
from transports.prro.limits import OfflineLimits
from transports.prro.packets import PacketRules as Packets
from transports.prro.signatures import opener
from transports.prro.wire import Wire, WireSettings
from transports.signing_agent import SigningAgent


class PrroParts:
    """What :class:`kassanet.prros.Prros` takes from the configuration; an asynchronous context that closes it."""

    def __init__(self, config: Config) -> None:
        """Raises ConfigError for files that cannot be used."""
        said = config.prro
        self.is_on = said.tax_server is not None
        self.settings = prro_settings(said)
        self.local = _embedded(config) if self.is_on and said.local.enabled else None
        remote = {name: _agent(name, agent) for name, agent in said.agents.items()}
        self.agents = Agents({**remote, **({} if self.local is None else {LOCAL: self.local})}, time.time)
        self.agents_every = said.agents_every
        self.patience = said.patience
        self.cashiers = _cashier_settings(said)
        self._wire = Wire(_wire_settings(said))
        unwrap = opener(_authorities(said.authorities, "prro.authorities"))
        self.tax_service = TaxService(self._wire, unwrap, Packets(order=said.packet_order))
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "PrroParts":
        """Raises DirectoryHeld and StoreRefused for the folder of the agent within."""
        self._stack.push_async_callback(self._wire.aclose)
        self._stack.push_async_callback(self.agents.aclose)
        if self.local is not None:
            self.local.hold()
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
    trust = _trust(f"prro.agents.{name}", said)
    return SigningAgent(said.url, token.decode(), said.timeout, connections=said.connections, trust=trust)


def _trust(path: str, said: AgentSection) -> ssl.SSLContext | None:
    """None where nothing is said: then the agent is believed like any server."""
    if (said.certificate is None) != (said.key is None):
        mistake = FieldError(f"{path}.key", "belongs together with certificate", "both or none")
        raise ConfigError("configuration", "", [mistake])
    if said.ca_file is None and said.certificate is None:
        return None
    for name, file in (("ca_file", said.ca_file), ("certificate", said.certificate), ("key", said.key)):
        if file is not None:
            _read(file, f"{path}.{name}")
    try:
        return trusting(said.ca_file, said.certificate, said.key)
    except OSError as error:
        files = ", ".join(file for file in (said.ca_file, said.certificate, said.key) if file is not None)
        mistake = FieldError(path, f"{files}: cannot be used: {error}", "PEM; certificate and key of each other")
        raise ConfigError("configuration", "", [mistake]) from None


def _embedded(config: Config) -> EmbeddedAgent:
    said = config.prro.local
    if LOCAL in config.prro.agents:
        mistake = FieldError(f"prro.agents.{LOCAL}", "is the agent within the service", "another name")
        raise ConfigError("configuration", "", [mistake])
    settings = AgentSettings(
        data=str(Path(config.data) / "agent"),
        master_key_file=said.master_key_file,
        time_stamp_url=said.time_stamp_url,
        time_stamp_seconds=said.time_stamp_seconds,
        import_seconds=said.import_seconds,
        idle=said.idle,
        tenant_a_minute=said.tenant_a_minute,
        licence=said.licence,
        licence_key=said.licence_key,
    )
    try:
        return EmbeddedAgent(settings)
    except LicenceProblem as found:
        raise ConfigError("configuration", "", [FieldError("prro.local.licence_key", str(found))]) from None


def _cashier_settings(said: PrroSection) -> CashierSettings:
    authorities = _authorities(said.key_authorities, "prro.key_authorities")
    return CashierSettings(PacketRules(authorities, said.registration_seconds), said.cashier_seconds)


def _authorities(file: str | None, key: str) -> tuple[Certificate, ...] | None:
    """None where no file is named: then anybody's will do."""
    if file is None:
        return None
    try:
        found = open_container(_read(file, key), "").certificates
    except SignatureProblem as problem:
        raise ConfigError(file, "", [FieldError(key, f"cannot be used: {problem}")]) from None
    if not found:
        raise ConfigError(file, "", [FieldError(key, "holds no certificate", "PEM, or DER of one")])
    return found


def _read(file: str, key: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigError(file, "", [FieldError(key, f"cannot be read: {error.strerror}")]) from None
