"""Ports for servers that must know theirs beforehand: killed and started again, they find them free.

Port 0 is better wherever a server can tell which port it got. These here lie below the range that the kernel gives to
clients, and whoever takes some locks their block until its process ends: two runs of tests never share a port, nor does
one test within a run meet what another left behind.
"""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

FIRST, LAST, BLOCK = 10_000, 32_000, 64
BLOCKS = (LAST - FIRST) // BLOCK


class Ports:
    """What one process has taken. ``folder``: where all processes that are to keep apart lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left = range(0)
        self._held: list[int] = []

    def take(self, count: int = 1) -> int:
        """The first of ``count`` consecutive ports that nobody listens on and nobody else takes.

        Raises :class:`OSError` when there are no such.
        """
        while True:
            while len(self._left) >= count:
                taken, self._left = self._left[:count], self._left[count:]
                if all(map(_is_free, taken)):
                    return taken.start
            self._left = self._reserve(-(-count // BLOCK))

    def release(self) -> None:
        """For whoever ends before its process does."""
        while self._held:
            os.close(self._held.pop())
        self._left = range(0)

    def _reserve(self, blocks: int) -> range:
        """The ports of so many neighbouring blocks."""
        self._folder.mkdir(mode=0o777, exist_ok=True)
        for number in range(BLOCKS):
            first = (os.getpid() + number) % BLOCKS
            if first + blocks <= BLOCKS and self._lock(range(first, first + blocks)):
                return range(FIRST + first * BLOCK, FIRST + (first + blocks) * BLOCK)
        raise OSError("no free ports")

    def _lock(self, blocks: range) -> bool:
        """All of them or none."""
        descriptors = []
        for block in blocks:
            descriptors.append(os.open(self._folder / str(block), os.O_RDWR | os.O_CREAT, 0o666))
            try:
                fcntl.flock(descriptors[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                for descriptor in descriptors:
                    os.close(descriptor)
                return False
        self._held += descriptors
        return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_PORTS = Ports(Path(tempfile.gettempdir()) / f"kassanet-ports-{os.getuid()}")
free_ports = _PORTS.take
