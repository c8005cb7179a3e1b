"""A text on the register's paper between its documents: a bank's slip, in the lines that command ``64`` takes.

A slip is for people: what the code page lacks becomes a question mark, a line that is too long goes on in the next.
"""

from collections.abc import Iterator, Sequence

from transports.terminalfa.commands.printing import BufferLine
from transports.terminalfa.text import NotEncodable, encode_text

LINE_BYTES = 124
MOST_LINES = 255
FRAME_BYTES = 900
"""Of lines in one frame: a frame carries 1023 bytes, of which each line's frame takes its part."""

_AROUND_LINE = 8
_PLAIN, _LEFT = 0, 0


def batches(text: str) -> list[tuple[BufferLine, ...]]:
    """The text in as few frames as it takes; raises ValueError when it has more lines than the register's buffer."""
    lines = [part for line in text.splitlines() for part in _wrapped(_printable(line))]
    if len(lines) > MOST_LINES:
        raise ValueError(f"{len(lines)} lines, the register's buffer takes {MOST_LINES}")
    return list(_grouped([BufferLine(_PLAIN, _LEFT, line) for line in lines]))


def _printable(line: str) -> str:
    try:
        encode_text(line)
    except NotEncodable as lacking:
        return line.translate({ord(character): "?" for character in lacking.characters})
    return line


def _wrapped(line: str) -> Iterator[str]:
    part = ""
    for character in line:
        if len(encode_text(part + character)) > LINE_BYTES:
            yield part
            part = ""
        part += character
    yield part or " "  # an empty line is one too, and a text of no bytes might be none


def _grouped(lines: Sequence[BufferLine]) -> Iterator[tuple[BufferLine, ...]]:
    group: list[BufferLine] = []
    size = 0
    for line in lines:
        cost = len(encode_text(line.text)) + _AROUND_LINE
        if group and size + cost > FRAME_BYTES:
            yield tuple(group)
            group, size = [], 0
        group.append(line)
        size += cost
    if group:
        yield tuple(group)
