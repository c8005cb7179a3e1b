"""Simulated PrivatBank terminals: ECR JSON towards the till, the sandbox's own bank behind them.

``terminal`` is the device and what it decides, ``answers`` what it says, ``session`` one connection,
``command_line`` the process. The bank's ledger (``host.jsonl``) is the truth about the money, as for other terminals.
"""

from kassanet.sandbox.privatbank.session import serve_ecr, serve_ecr_pty, serve_ecr_stream
from kassanet.sandbox.privatbank.terminal import EcrSettings, EcrTerminal

__all__ = ["EcrSettings", "EcrTerminal", "serve_ecr", "serve_ecr_pty", "serve_ecr_stream"]
