"""A simulated Терминал-ФА: the protocol's codec turned round, around a true model of the fiscal storage.

Read ``device`` (what it is) and ``execution`` (how a command runs) first; ``handlers`` hold the commands, ``receipt``
and its neighbours the rules of documents, ``attending`` and ``server`` the way in, ``fleet`` many in a directory.
"""

from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.fleet import Fleet, Place, places
from kassanet.sandbox.terminalfa.handlers.registration import register_at_factory
from kassanet.sandbox.terminalfa.organisation import registration_of
from kassanet.sandbox.terminalfa.server import serve_device, serve_pty, serve_stream
from kassanet.sandbox.terminalfa.settings import DeviceSettings

__all__ = [
    "Device",
    "DeviceSettings",
    "Fleet",
    "Place",
    "places",
    "register_at_factory",
    "registration_of",
    "serve_device",
    "serve_pty",
    "serve_stream",
]
