"""Every command of the protocol and its answer, as frozen structs that encode and decode both ways.

Importing this package fills :data:`COMMANDS`. Modules follow the sections of the maker's document.
"""

from transports.terminalfa.commands import (
    archive,
    corrections,
    information,
    printing,
    receipt,
    registration,
    reports,
    settings,
    shifts,
)
from transports.terminalfa.commands.request import (
    COMMANDS,
    Anything,
    Nothing,
    Request,
    UnknownCommand,
    decode_reply,
    decode_request,
    encode_failure,
    encode_reply,
    encode_request,
)

__all__ = [
    "COMMANDS",
    "Anything",
    "Nothing",
    "Request",
    "UnknownCommand",
    "archive",
    "corrections",
    "decode_reply",
    "decode_request",
    "encode_failure",
    "encode_reply",
    "encode_request",
    "information",
    "printing",
    "receipt",
    "registration",
    "reports",
    "settings",
    "shifts",
]
