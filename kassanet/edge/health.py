"""What ``/healthz`` says: that the process answers, and what it signs with, where it signs."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from transports.dstu.backend import backend


class Signing(Struct, frozen=True):
    """The machinery of signatures: ``backend`` names its parts; with ``fallback`` some of it is done by slow Python."""

    backend: str
    fallback: bool


class Alive(Struct, frozen=True):
    """The process answers. ``signing`` is left out where nothing is signed."""

    status: Literal["ok"] = "ok"
    signing: Signing | UnsetType = UNSET


def alive_and_signing() -> Alive:
    """Of a process that signs."""
    used = backend()
    return Alive(signing=Signing(used.name, used.is_fallback))
