"""The ways to a simulated register: each binds :func:`attend` to one of the ways to any simulated device."""

from functools import partial
from pathlib import Path

import trio

from kassanet.sandbox import serving
from kassanet.sandbox.terminalfa.attending import attend
from kassanet.sandbox.terminalfa.device import Device
from transports.link import ByteStream


async def serve_device(
    device: Device, host: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Listen until cancelled; starts with the port (0 picks one). Without power it refuses connections."""
    await serving.serve_port(device, partial(attend, device), host, port, task_status=task_status)


async def serve_pty(
    device: Device, link: Path | None = None, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve a pseudo-terminal until cancelled; starts with its path. ``link`` is made to point to it."""
    await serving.serve_pty(device, partial(attend, device), link, task_status=task_status)


async def serve_stream(device: Device, stream: ByteStream, *, persistent: bool = False) -> None:
    """Serve one connection on any stream, in turn with the others; closes it. ``persistent``: a serial line.

    Fits :class:`transports.memory.MemoryDialer` as its device.
    """
    await serving.serve_stream(device, partial(attend, device), stream, persistent=persistent)
