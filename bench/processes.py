"""Processes of a bench: each ends with the block that started it, and dies with the bench even when that is killed."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

STOP_SECONDS = 40.0
"""A service finishes the documents in hand before it ends."""

_PR_SET_PDEATHSIG = 1
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(words: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m words…`` with its stdout piped and its stderr in ``log``; stopped in order, or else killed."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            stdout=subprocess.PIPE,
            stderr=file,
            preexec_fn=die_with_parent,  # noqa: PLW1509  a bench has no threads alive when it starts a process
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def die_with_parent() -> None:
    """Runs in the child: the kernel kills it when the bench is gone. Linux only; elsewhere nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def last_line(log: Path) -> str:
    """What a process said last, for whoever must know why it is gone."""
    said = log.read_text(errors="replace").strip().splitlines()
    return said[-1][:500] if said else "it said nothing"


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
