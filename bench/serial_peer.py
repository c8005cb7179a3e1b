"""The other end of a serial line in benches: answers every request of a known size with ready-made bytes.

``python -m bench.serial_peer FD SIZE ANSWER`` where ``FD`` is the master of a pseudo-terminal and ``ANSWER`` is in hex.
A bare loop, so that what is measured on our side is not hidden behind it.
"""

import os
import sys


def answer_all(fd: int, size: int, answer: bytes) -> None:
    """Until the other side is gone."""
    waiting = 0
    while True:
        try:
            waiting += len(os.read(fd, 4096))
        except OSError:
            return
        while waiting >= size:
            waiting -= size
            os.write(fd, answer)


if __name__ == "__main__":
    answer_all(int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3]))
