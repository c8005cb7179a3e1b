"""What the register has printed: the last lines of the tape, and the lines that wait in its buffer."""

from collections import deque
from collections.abc import Iterable

TAPE_LINES = 200
WIDTH = 42


class Paper:
    """The tape. Only its end is kept: a thousand registers print all day."""

    def __init__(self) -> None:
        self.tape: deque[str] = deque(maxlen=TAPE_LINES)
        self.buffer: list[str] = []

    def print(self, lines: Iterable[str]) -> None:
        self.tape.extend(lines)

    def print_buffer(self) -> None:
        """Print the buffered lines, by command or inside the next receipt."""
        self.tape.extend(self.buffer)
        self.buffer.clear()


def aligned(text: str, alignment: int) -> str:
    """``alignment`` 0 left, 1 centre, 2 right."""
    return (text.ljust, text.center, text.rjust)[alignment](WIDTH).rstrip()


def money(label: str, kopecks: int) -> str:
    """A line with a sum at its right end."""
    roubles, rest = divmod(kopecks, 100)
    return f"{label}{f'{roubles}.{rest:02d}':>{max(1, WIDTH - len(label))}}"
