"""Files of lines: whole or not there, wherever their writer was cut off."""

import errno
import os
from pathlib import Path

import pytest

from kassanet.sandbox.books import FileLines, Lines, MemoryLines


@pytest.fixture(params=["file", "memory"])
def lines(request: pytest.FixtureRequest, tmp_path: Path) -> Lines:
    return FileLines(tmp_path / "book") if request.param == "file" else MemoryLines()


def test_lines_are_found_by_their_positions(lines: Lines) -> None:
    assert lines.last() is None
    assert list(lines) == []
    positions = [lines.append(f"line {number}".encode()) for number in range(3)]
    assert [lines.read(position) for position in positions] == [b"line 0", b"line 1", b"line 2"]
    assert lines.last() == b"line 2"
    assert list(lines) == [(position, lines.read(position)) for position in positions]


def test_a_torn_line_is_cut_off_at_every_byte(tmp_path: Path) -> None:
    whole = b"first line\nsecond line\nthird\n"
    for size in range(len(whole) + 1):
        path = tmp_path / str(size)
        path.write_bytes(whole[:size])
        kept = whole[: whole.rfind(b"\n", 0, size) + 1]
        lines = FileLines(path)
        assert [line for _, line in lines] == kept.splitlines()
        position = lines.append(b"next")
        assert path.read_bytes() == kept + b"next\n"
        assert lines.read(position) == b"next"


def test_a_long_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "book"
    path.write_bytes(b"kept\n" + b"x" * 10_000)
    assert FileLines(path).last() == b"kept"
    path.write_bytes(b"x" * 10_000)
    assert FileLines(path).last() is None
    assert path.read_bytes() == b""


def test_long_lines_are_read_from_behind(tmp_path: Path) -> None:
    lines = FileLines(tmp_path / "book")
    lines.append(b"a" * 9000)
    lines.append(b"b" * 9000)
    assert FileLines(tmp_path / "book").last() == b"b" * 9000


def test_a_line_that_found_no_room_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = FileLines(tmp_path / "book")
    lines.append(b"whole")
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
        with pytest.raises(OSError, match="No space") as raised:
            lines.append(b"torn apart")
    assert raised.value.errno == errno.ENOSPC
    assert (tmp_path / "book").read_bytes() == b"whole\n"
    lines.append(b"next")
    assert [line for _, line in lines] == [b"whole", b"next"]
