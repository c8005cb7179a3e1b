"""What each command does to the device. Importing this package fills the table of handlers."""

from kassanet.sandbox.terminalfa.handlers import (
    archive,
    cash,
    corrections,
    information,
    printing,
    receipts,
    registration,
    settings,
    shifts,
)

__all__ = [
    "archive",
    "cash",
    "corrections",
    "information",
    "printing",
    "receipts",
    "registration",
    "settings",
    "shifts",
]
