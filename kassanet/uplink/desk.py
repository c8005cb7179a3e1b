"""What every part of the uplink works with."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from actors.hub import Hub
from actors.journal import Reader
from actors.runtime import Ref
from kassanet.fleet import Fleet
from kassanet.uplink.settings import UplinkSection


@dataclass(frozen=True)
class UplinkDesk:
    """``identity`` names this journal; ``clock`` is UNIX time."""

    settings: UplinkSection
    token: str
    tls: ssl.SSLContext | None
    fleet: Fleet
    journal: Ref
    reader: Reader
    hub: Hub
    clock: Callable[[], float]
    identity: str
    version: str
