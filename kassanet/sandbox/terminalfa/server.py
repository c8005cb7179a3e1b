"""How a simulated register is reached: a TCP port, a pseudo-terminal, or a stream that a test brings.

The register has one place for a client. On TCP the others wait in the kernel's queue, so they are served in the order
in which they were accepted, and what a dead client has sent is executed before what a later one asks: exactly what a
service that was killed in the middle of a command must reckon with.
"""

import errno
import os
import socket
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from kassanet.sandbox.terminalfa.attending import attend
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.peers import Peer, PtyPeer, StreamPeer, TcpPeer
from transports.link import ByteStream

BACKLOG = 16
OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
BREATH = 0.1


async def serve_device(
    device: Device, host: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Listen until cancelled; starts with the port (0 picks one). Without power it refuses connections."""
    listener = _listen(host, port)
    port = listener.getsockname()[1]
    task_status.started(port)
    while True:
        try:
            with device.power.on():
                async with trio.open_nursery() as lingering:
                    await _accept(device, listener, lingering)
        finally:
            listener.close()
        await device.power.restored()
        listener = _listen(host, port)


async def serve_pty(
    device: Device, link: Path | None = None, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve a pseudo-terminal until cancelled; starts with its path. ``link`` is made to point to it."""
    with _pty(link) as (master, path):
        task_status.started(path)
        await _serve_line(device, PtyPeer(master))


async def serve_stream(device: Device, stream: ByteStream, *, persistent: bool = False) -> None:
    """Serve one connection on any stream, in turn with the others; closes it. ``persistent``: a serial line.

    Fits :class:`transports.memory.MemoryDialer` as its device.
    """
    peer = StreamPeer(stream, persistent=persistent)
    if persistent:
        await _serve_line(device, peer)
        return
    async with device.door:
        if device.power.is_off:
            await peer.close()
            return
        with device.power.on() as powered:
            lingers = await attend(device, peer)
    if powered.cancelled_caught:
        await peer.close()
    elif lingers:
        with device.power.on():
            await trio.sleep(lingers)
        await peer.close()


async def _serve_line(device: Device, peer: Peer) -> None:
    """A line that survives the power of the device; ends when the line itself does."""
    while True:
        await device.power.restored()
        with device.power.on() as powered:
            await attend(device, peer)
        if not powered.cancelled_caught:
            return


async def _accept(device: Device, listener: socket.socket, lingering: trio.Nursery) -> None:
    while True:
        await trio.lowlevel.wait_readable(listener)
        try:
            accepted, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            continue
        except OSError as error:
            if error.errno not in OUT_OF_DESCRIPTORS:
                raise
            await trio.sleep(BREATH)  # the client waits in the queue meanwhile
            continue
        peer = TcpPeer(accepted)
        lingers = 0.0
        try:
            lingers = await attend(device, peer)
        finally:
            if not lingers:
                accepted.close()
        if lingers:
            lingering.start_soon(_linger, accepted, lingers)


async def _linger(accepted: socket.socket, seconds: float) -> None:
    with accepted:
        await trio.sleep(seconds)


@contextmanager
def _pty(link: Path | None) -> Iterator[tuple[int, str]]:
    """A raw pseudo-terminal: its master, and the path of the other end."""
    master, slave = os.openpty()  # the slave stays open here, so that the line outlives its clients
    try:
        tty.setraw(slave)
        path = os.ttyname(slave)
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(path)
        yield master, path
    finally:
        if link is not None:
            link.unlink(missing_ok=True)
        os.close(master)
        os.close(slave)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
        listener.setblocking(False)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
