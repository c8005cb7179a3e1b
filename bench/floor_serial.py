"""The floor of serial round trips: one descriptor, blocking, ready-made bytes out and a known number of bytes back."""

import os
import termios
import tty
from time import perf_counter


def round_trips_a_second(path: str, request: bytes, size: int, count: int) -> float:
    """``size`` is that of the answer, which nobody looks at."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(fd)
        termios.tcflush(fd, termios.TCIOFLUSH)
        begun = perf_counter()
        for _ in range(count):
            os.write(fd, request)
            left = size
            while left:
                left -= len(os.read(fd, left))
        return count / (perf_counter() - begun)
    finally:
        os.close(fd)
