"""The ways to a simulated terminal, and what it does while nobody is on any of them.

On TCP several cash registers may be connected; one request is served at a time, and the others wait without an ACK.
"""

from functools import partial
from pathlib import Path

import trio

from kassanet.sandbox import serving
from kassanet.sandbox.smartsale.terminal.banking import tell_leftovers_for_ever
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.session import attend
from transports.link import ByteStream


async def serve_terminal(
    terminal: Terminal, host: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Listen until cancelled; starts with the port (0 picks one). Without power it refuses connections."""
    await serving.serve_port(terminal, partial(attend, terminal), host, port, together=True, task_status=task_status)


async def serve_terminal_pty(
    terminal: Terminal, link: Path | None = None, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve a pseudo-terminal until cancelled; starts with its path. ``link`` is made to point to it."""
    await serving.serve_pty(terminal, partial(attend, terminal), link, task_status=task_status)


async def serve_terminal_stream(terminal: Terminal, stream: ByteStream, *, persistent: bool = False) -> None:
    """Serve one connection on any stream, in turn with the others; closes it. ``persistent``: a serial line.

    Fits :class:`transports.memory.MemoryDialer` as its device.
    """
    await serving.serve_stream(terminal, partial(attend, terminal), stream, persistent=persistent)


async def keep_straight(terminal: Terminal) -> None:
    """Reverse what nobody acknowledged, for ever, where the terminal has its own link to the bank."""
    if terminal.dialer is not None:
        await tell_leftovers_for_ever(terminal)
