"""``[prro]``: the section of the configuration that is about software registers. It only says what is wanted."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1)]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+(/\S*)?\Z")]
AgentName = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,32}\Z")]
Seconds = Annotated[float, Meta(gt=0, le=10**7)]


class AgentSection(Struct, frozen=True, forbid_unknown_fields=True):
    """``[prro.agents.NAME]``: a signing agent, at ours or at an integrator's. ``token_file`` holds its token.

    ``ca_file`` (PEM) are the authorities of which one must have issued the agent's certificate, in the place of those
    that everybody trusts; ``certificate`` and ``key`` (PEM) are shown to an agent that demands one of its clients.
    """

    url: Url
    token_file: Text
    ca_file: Text | None = None
    certificate: Text | None = None
    key: Text | None = None
    timeout: Seconds = 30.0
    connections: Annotated[int, Meta(ge=1, le=10_000)] = 100


class LocalAgentSection(Struct, frozen=True, forbid_unknown_fields=True):
    """``[prro.local]``: the agent within the service, called ``local``; its folder is ``agent`` in the data directory.

    As the settings of ``kassanet agent``. Without ``master_key_file`` the environment is looked at, and without a key
    there it is locked until somebody unlocks it. It is there where ``[prro]`` is on, unless ``enabled`` is false.
    """

    enabled: bool = True
    master_key_file: Text | None = None
    time_stamp_url: Text | None = None
    time_stamp_seconds: Seconds = 10.0
    import_seconds: Seconds = 60.0
    idle: Seconds = 900.0
    tenant_a_minute: Annotated[int, Meta(ge=1, le=10**6)] | None = None
    licence: Text | None = None
    licence_key: Text | None = None


class PrroSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Software registers are off without ``tax_server``, the address up to ``/fs``. Times in seconds.

    ``authorities`` is a file of certificates (PEM, or one in DER) of which one must have issued the tax server's own;
    without it any signature that holds is believed, and TLS alone says who answers. Shifts close ``close_before``
    midnight in Kyiv, scattered over ``close_spread`` before that. ``offline`` lets registers go on while the tax
    service is away, ``reissue`` lets a sale whose answer was lost be made again there. ``warn_ahead`` is how much
    offline work is left when a person is called. ``patience`` bounds what a caller waits for altogether: composing,
    signing, sending, settling.

    ``key_authorities`` is a file of certificates of which one must have issued that of whoever registers a cashier;
    without it any signature that holds will do. A registration is good for ``registration_seconds``, a token that a
    cashier got with a password for ``cashier_seconds``. Agents are asked about their keys every ``agents_every``.

    The four before ``local`` are what the tax service's text leaves open; see :mod:`transports.prro.chain` and
    ``packets``.
    """

    tax_server: Url | None = None
    authorities: Text | None = None
    timeout: Seconds = 30.0
    connections: Annotated[int, Meta(ge=1, le=10_000)] = 100
    close_shifts: bool = True
    close_before: Seconds = 900.0
    close_spread: Annotated[float, Meta(ge=0, le=43_200)] = 600.0
    offline: bool = True
    reissue: bool = True
    tick: Seconds = 30.0
    warn_ahead: Seconds = 7200.0
    patience: Seconds = 120.0
    key_authorities: Text | None = None
    registration_seconds: Seconds = 900.0
    cashier_seconds: Seconds = 86_400.0
    agents_every: Seconds = 60.0
    end_carries_hash: bool = False
    hashed: Literal["signed", "xml"] = "signed"
    shift_links: bool = True
    packet_order: Literal["little", "big"] = "little"
    local: LocalAgentSection = LocalAgentSection()
    agents: dict[AgentName, AgentSection] = {}
