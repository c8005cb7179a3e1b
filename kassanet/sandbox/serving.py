"""How a simulated device is reached: a TCP port, a pseudo-terminal, or a stream that a test brings.

A device has one place for a client. On TCP the others wait in the kernel's queue, so they are served in the order
in which they were accepted, and what a dead client has sent is executed before what a later one asks: exactly what a
service that was killed in the middle of a command must reckon with. A server (a bank's host) serves all together.
"""

import errno
import os
import socket
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import trio

from kassanet.sandbox.peers import Peer, PtyPeer, StreamPeer, TcpPeer
from kassanet.sandbox.power import Power
from transports.link import ByteStream

BACKLOG, CROWD = 16, 1024  # of a device, of a server
OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
BREATH = 0.1


class Served(Protocol):
    """What must be known of a device to serve it. ``door`` lets one connection in at a time."""

    @property
    def power(self) -> Power: ...

    @property
    def door(self) -> trio.Lock: ...


Attend = Callable[[Peer], Awaitable[float]]
"""Serves one client and closes its connection, or answers for how many seconds more it is to be held open."""


async def serve_port(
    device: Served,
    attend: Attend,
    host: str,
    port: int,
    *,
    together: bool = False,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Listen until cancelled; starts with the port (0 picks one). Without power it refuses connections."""
    listener = _listen(host, port, CROWD if together else BACKLOG)
    port = listener.getsockname()[1]
    task_status.started(port)
    while True:
        try:
            with device.power.on():
                async with trio.open_nursery() as nursery:
                    await _accept(attend, listener, nursery, together)
        finally:
            listener.close()
        await device.power.restored()
        listener = _listen(host, port, CROWD if together else BACKLOG)


async def serve_pty(
    device: Served,
    attend: Attend,
    link: Path | None = None,
    *,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve a pseudo-terminal until cancelled; starts with its path. ``link`` is made to point to it."""
    with _pty(link) as (master, path):
        task_status.started(path)
        await _serve_line(device, attend, PtyPeer(master))


async def serve_stream(device: Served, attend: Attend, stream: ByteStream, *, persistent: bool = False) -> None:
    """Serve one connection on any stream, in turn with the others; closes it. ``persistent``: a serial line."""
    peer = StreamPeer(stream, persistent=persistent)
    if persistent:
        await _serve_line(device, attend, peer)
        return
    async with device.door:
        if device.power.is_off:
            await peer.close()
            return
        with device.power.on() as powered:
            lingers = await attend(peer)
    if powered.cancelled_caught:
        await peer.close()
    elif lingers:
        with device.power.on():
            await trio.sleep(lingers)
        await peer.close()


async def _serve_line(device: Served, attend: Attend, peer: Peer) -> None:
    """A line that survives the power of the device; ends when the line itself does."""
    while True:
        await device.power.restored()
        with device.power.on() as powered:
            await attend(peer)
        if not powered.cancelled_caught:
            return


async def _accept(attend: Attend, listener: socket.socket, nursery: trio.Nursery, together: bool) -> None:
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
        if together:
            nursery.start_soon(_attend_and_linger, attend, accepted)
        else:
            lingers = await _attend(attend, accepted)
            if lingers:
                nursery.start_soon(_linger, accepted, lingers)


async def _attend(attend: Attend, accepted: socket.socket) -> float:
    lingers = 0.0
    try:
        lingers = await attend(TcpPeer(accepted))
    finally:
        if not lingers:
            accepted.close()
    return lingers


async def _attend_and_linger(attend: Attend, accepted: socket.socket) -> None:
    lingers = await _attend(attend, accepted)
    if lingers:
        await _linger(accepted, lingers)


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


def _listen(host: str, port: int, backlog: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
        listener.setblocking(False)
        listener.bind((host, port))
        listener.listen(backlog)
    except BaseException:
        listener.close()
        raise
    return listener
