"""What systemd is told: that the service stands, and that it is alive.

Without the first, "started" means only that there is a process; without the second, one whose loop hangs is left
hanging, with every register behind it. The protocol is that of sd_notify(3): a datagram of lines to the socket that the
environment names. Where nobody listens nothing happens.
"""

import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio

BEATS = 3
"""Signs of life in the time after which systemd would give the service up."""


def notify(said: str) -> None:
    """Tell systemd, if it listens (``READY=1``). Never waits and never fails: being told is its gain, not ours."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket, which begins with a zero byte
        address = f"\0{address[1:]}"
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.setblocking(False)
        listener.sendto(said.encode(), address)


async def alive_while(work: Callable[[], Awaitable[None]]) -> None:
    """Do the work, and say again and again that the loop turns, where systemd has set a watchdog on this process."""
    seconds = watchdog_seconds()
    if seconds is None:
        await work()
        return
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_beat, seconds / BEATS)
        await work()
        nursery.cancel_scope.cancel()


def watchdog_seconds() -> float | None:
    """The time without a sign of life that systemd allows; None when it does not watch this process."""
    given = os.environ.get("WATCHDOG_USEC", "")
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()) or not given.isdecimal():
        return None
    return int(given) / 1_000_000 or None


async def _beat(every: float) -> None:
    while True:
        notify("WATCHDOG=1")
        await trio.sleep(every)
