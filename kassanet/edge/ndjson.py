"""Lines out of a stream of chunks (``application/x-ndjson``), without ever holding more than one unfinished line.

Sans I/O: whoever has bytes feeds them. Lines are numbered as an editor numbers them, so blank ones count although
nothing is said of them; a line that is too long is named, skipped, and the ones after it are read as usual.
"""

from collections.abc import Iterator

from msgspec import Struct

MEDIA_TYPE = "application/x-ndjson"


class Line(Struct, frozen=True):
    """A line and its number from 1; ``data`` is None for one that was longer than allowed."""

    number: int
    data: bytes | None


class Splitter:
    """Cuts chunks into lines of at most ``longest`` bytes, the line feed not counted."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._number = 0
        self._begun = bytearray()
        self._overlong = False

    @property
    def number(self) -> int:
        """The number of the line last finished."""
        return self._number

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The lines that ``chunk`` completes."""
        first, *others = chunk.split(b"\n")
        self._extend(first)
        for piece in others:
            line = self._finish_line()
            if line is not None:
                yield line
            self._extend(piece)

    def finish(self) -> Iterator[Line]:
        """The last line, if the stream ended without a line feed."""
        if self._begun or self._overlong:
            line = self._finish_line()
            if line is not None:
                yield line

    def _extend(self, piece: bytes) -> None:
        if not self._overlong:
            self._begun += piece
        if len(self._begun) > self._longest + 1:  # a carriage return may still be dropped
            self._begun.clear()
            self._overlong = True

    def _finish_line(self) -> Line | None:
        data, overlong = bytes(self._begun).strip(), self._overlong
        self._begun.clear()
        self._overlong = False
        self._number += 1
        if overlong or len(data) > self._longest:
            return Line(self._number, None)
        return Line(self._number, data) if data else None
