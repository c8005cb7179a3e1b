"""``[prro]``: the section of the configuration that is about software registers. It only says what is wanted."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1)]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+(/\S*)?\Z")]
AgentName = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,32}\Z")]
Seconds = Annotated[float, Meta(gt=0, le=10**7)]


class AgentSection(Struct, frozen=True, forbid_unknown_fields=True):
    """``[prro.agents.NAME]``: a signing agent, at ours or at an integrator's. ``token_file`` holds its token."""

    url: Url
    token_file: Text
    timeout: Seconds = 30.0


class PrroSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Software registers are off without ``tax_server``, the address up to ``/fs``. Times in seconds.

    ``authorities`` is a file of certificates (PEM, or one in DER) of which one must have issued the tax server's own;
    without it any signature that holds is believed, and TLS alone says who answers. Shifts close ``close_before``
    midnight in Kyiv, scattered over ``close_spread`` before that. ``offline`` lets registers go on while the tax
    service is away, ``reissue`` lets a sale whose answer was lost be made again there. ``warn_ahead`` is how much
    offline work is left when a person is called.

    The last four are what the tax service's text leaves open; see :mod:`transports.prro.chain` and ``packets``.
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
    end_carries_hash: bool = False
    hashed: Literal["signed", "xml"] = "signed"
    shift_links: bool = True
    packet_order: Literal["little", "big"] = "little"
    agents: dict[AgentName, AgentSection] = {}
