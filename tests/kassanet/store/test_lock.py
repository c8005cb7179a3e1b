"""The lock: one holder at a time, named to whoever comes second, and gone with its holder however that dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kassanet.store.lock import HOLDER, DirectoryHeld, DirectoryLock, holder_of

HOLD = """
import sys, time
from pathlib import Path
from kassanet.store.lock import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def held_elsewhere(folder: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as process:
        with pytest.raises(DirectoryHeld, match=f"held by process {process.pid} on .+ since 20") as caught:
            DirectoryLock(tmp_path)
        assert caught.value.holder is not None
        assert caught.value.holder.pid == process.pid
        process.kill()
        process.communicate()
    assert holder_of(tmp_path) is not None, "a killed holder leaves its name, which locks nothing"
    with DirectoryLock(tmp_path):
        holder = holder_of(tmp_path)
        assert holder is not None
        assert holder.pid == os.getpid()


def test_nobody_can_tidy_the_lock_away(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path):
        (tmp_path / HOLDER).unlink()
        with pytest.raises(DirectoryHeld, match="held by another process"):
            DirectoryLock(tmp_path)


def test_a_stopped_holder_still_holds(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(DirectoryHeld):
            DirectoryLock(tmp_path)
        process.kill()
        process.communicate()


def test_released_it_is_free(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path / "new")
    lock.release()
    lock.release()
    assert list((tmp_path / "new").iterdir()) == []
    DirectoryLock(tmp_path / "new").release()
