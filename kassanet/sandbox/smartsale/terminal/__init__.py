"""A simulated terminal: the codec turned round, around a journal that keeps money straight whatever dies.

Read ``journal`` (the one rule) and ``session`` (the state machine) first; ``operations`` hold the fifteen operations,
``banking`` and ``way`` the bank's side, ``line`` the cash register's.
"""

from kassanet.sandbox.smartsale.terminal.codes import Codes, sandbox_profile
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.server import (
    keep_straight,
    serve_terminal,
    serve_terminal_pty,
    serve_terminal_stream,
)
from kassanet.sandbox.smartsale.terminal.settings import TerminalSettings

__all__ = [
    "Codes",
    "Terminal",
    "TerminalSettings",
    "keep_straight",
    "sandbox_profile",
    "serve_terminal",
    "serve_terminal_pty",
    "serve_terminal_stream",
]
