"""Simulated SmartSale terminals and the bank's host behind them: the codec turned round, with books of their own.

Read ``terminal`` and ``bank`` for the two ends, ``cards`` for who stands at the terminal, ``fleet`` for many of them in
a directory. ``profile.toml`` holds the operation codes for both ends, the driver's too.
"""

from kassanet.sandbox.smartsale.bank import BankHost, BankSettings, LedgerLine, serve_bank, serve_bank_stream
from kassanet.sandbox.smartsale.cards import CardLine, CardScript
from kassanet.sandbox.smartsale.events import EventLine, Events
from kassanet.sandbox.smartsale.fleet import Fleet, Place, events_of, host_of, places
from kassanet.sandbox.smartsale.terminal import (
    Codes,
    Terminal,
    TerminalSettings,
    keep_straight,
    sandbox_profile,
    serve_terminal,
    serve_terminal_pty,
    serve_terminal_stream,
)

__all__ = [
    "BankHost",
    "BankSettings",
    "CardLine",
    "CardScript",
    "Codes",
    "EventLine",
    "Events",
    "Fleet",
    "LedgerLine",
    "Place",
    "Terminal",
    "TerminalSettings",
    "events_of",
    "host_of",
    "keep_straight",
    "places",
    "sandbox_profile",
    "serve_bank",
    "serve_bank_stream",
    "serve_terminal",
    "serve_terminal_pty",
    "serve_terminal_stream",
]
