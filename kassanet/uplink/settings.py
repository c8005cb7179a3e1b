"""``[uplink]``: the section of the configuration that is about a central server. Off without its address."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.sites import Policy, SiteName

Text = Annotated[str, Meta(min_length=1)]
Url = Annotated[str, Meta(pattern=r"^wss?://[^\s/]+(/\S*)?\Z")]
Seconds = Annotated[float, Meta(gt=0, le=10**7)]

RemoteCommand = Literal["x_report", "z_report", "open_shift", "close_shift", "activate", "deactivate"]


class UplinkSection(Struct, frozen=True, forbid_unknown_fields=True):
    """``url`` is the central server's ``wss://…/api/v1/uplink``; ``token_file`` holds the site's token.

    ``ca_file`` (PEM) names who must have issued the central server's certificate; without it the system's authorities.
    ``receipts``: ``local`` keeps them here alone, ``central`` copies them there and takes receipts from there.
    ``commands`` are what the central server may have done here. Times in seconds: ``heartbeat`` is how often each side
    says that it lives; waits between two tries to dial double from ``first_wait`` to ``longest_wait``.
    """

    url: Url | None = None
    site: SiteName | None = None
    token_file: Text | None = None
    ca_file: Text | None = None
    receipts: Policy = "local"
    commands: tuple[RemoteCommand, ...] = ("x_report", "z_report", "open_shift", "close_shift")
    heartbeat: Annotated[float, Meta(ge=0.1, le=3600)] = 10.0
    first_wait: Seconds = 1.0
    longest_wait: Seconds = 60.0
