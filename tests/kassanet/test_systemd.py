"""What systemd hears, and that nothing waits for it where it does not listen."""

import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from kassanet.standing import Standing
from kassanet.systemd import alive_while, notify, watchdog_seconds


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield bound


def heard(listener: socket.socket) -> list[bytes]:
    found = []
    try:
        while True:
            found.append(listener.recv(100))
    except BlockingIOError:
        return found


def test_what_stands_says_so(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gc.freeze", lambda: None)
    monkeypatch.setattr("gc.set_threshold", lambda *_: None)
    Standing().started()
    assert heard(listener) == [b"READY=1"]


def test_an_abstract_socket_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0")  # the kernel gives it a name
        name = bound.getsockname()
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name[1:].decode())
        notify("READY=1")
        assert bound.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_nobody_who_listens_is_no_trouble(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


def test_one_who_does_not_listen_holds_up_nobody(listener: socket.socket) -> None:
    for _ in range(10_000):
        notify("WATCHDOG=1")


@pytest.mark.parametrize(
    ("given", "of", "seconds"),
    [("60000000", None, 60.0), ("60000000", 0, 60.0), ("60000000", 1, None), ("", None, None), ("0", None, None)],
)
def test_the_watchdog_is_that_of_this_process(
    given: str, of: int | None, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", given)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if of is not None:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + of))
    assert watchdog_seconds() == seconds


async def test_signs_of_life_come_in_time_and_end_with_the_work(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    await alive_while(partial(trio.sleep, 59))
    assert heard(listener) == [b"WATCHDOG=1"] * 3
    await trio.sleep(600)
    assert heard(listener) == []


async def test_without_a_watchdog_there_is_only_the_work(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    await alive_while(partial(trio.sleep, 600))
    assert heard(listener) == []
