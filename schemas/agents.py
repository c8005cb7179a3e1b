"""Signing agents and their keys as the service sees them: who answers, what is locked, what ends when."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.prro_shown import KeyId
from schemas.signing import ShownLicence

AgentCondition = Literal["ready", "locked", "away", "late", "refused"]
"""``away``: nobody answers. ``late``: not within its time. ``refused``: it does not let this service in."""

KeyCondition = Literal["good", "ending", "over", "not-yet", "no-agreement", "agreement-over", "locked", "away"]
"""``ending``: the certificate or the agreement ends within a month. ``over``: the certificate has ended. ``locked`` and
``away`` are its agent's."""


class KeyState(Struct, frozen=True, kw_only=True):
    """One key. ``key`` is ``AGENT/KEY``, as registers name it; ``warnings`` are for people."""

    key: str
    agent: str
    state: KeyCondition
    owner: str
    role: str
    tenant: str
    subject_key_id: str | None
    valid_from: datetime
    valid_to: datetime
    agreement: str | None
    agreement_until: date | None
    signs: bool
    warnings: tuple[str, ...]


class AgentState(Struct, frozen=True, kw_only=True):
    """One agent as it was last asked. ``is_local``: it is within this service. ``reason`` says what is in the way."""

    name: str
    is_local: bool
    condition: AgentCondition
    reason: str | None = None
    keys: int = 0
    signing_keys: int = 0
    backend: str | None = None
    fallback: bool = False
    licence: ShownLicence | None = None
    warnings: tuple[str, ...] = ()


class ShownAgent(Struct, frozen=True):
    """An agent with those of its keys that one may see."""

    agent: AgentState
    keys: tuple[KeyState, ...]


class UnlockAgent(Struct, frozen=True, forbid_unknown_fields=True):
    """The passphrase of an agent's master key."""

    passphrase: Annotated[str, Meta(min_length=1, max_length=1024)]

    def __repr__(self) -> str:
        return "UnlockAgent(…)"


class AskRegistration(Struct, frozen=True, forbid_unknown_fields=True):
    """A registration that this service writes itself and has signed by the key ``AGENT/KEY``."""

    key_id: KeyId
    name: Annotated[str, Meta(min_length=1, max_length=128)]
    registers: Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(max_length=1000)] = ()
    tin: Annotated[str, Meta(min_length=5, max_length=12)] | None = None
