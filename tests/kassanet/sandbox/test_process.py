"""The sandbox as a process: its command line, kills in the middle of commits, and what it finds when it comes back."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from kassanet.sandbox.terminalfa import Fleet, places
from tests.kassanet.sandbox.desk import WATER
from tests.kassanet.sandbox.reading import read_book
from tests.ports import free_ports
from transports.register import Lost, Unreachable
from transports.tcp import TcpDialer
from transports.terminalfa.client import TerminalFa
from transports.terminalfa.commands.archive import FindDocument
from transports.terminalfa.commands.receipt import CommitReceipt, OpenReceipt, PassItem, PassPayment
from transports.terminalfa.commands.shifts import CancelDocument

COUNT = 3
KILLS = 4
ENOUGH = 3
"""Documents that every register has answered since the last kill before the next comes."""


@contextmanager
def sandbox(state: Path, base: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A sandbox that is ready; killed when the body is done with it."""
    command = [sys.executable, "-m", "kassanet", "sandbox", "terminalfa", "--count", str(COUNT), "--port", str(base)]
    process = subprocess.Popen(
        [*command, "--state", str(state), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert process.stdout.readline() == f"ready: {COUNT} registers on 127.0.0.1:{base}..\n", process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate()


def refused(state: Path, *words: str) -> tuple[int, str]:
    """Exit code and complaint of a sandbox that does not start."""
    command = [sys.executable, "-m", "kassanet", "sandbox", "terminalfa", "--state", str(state), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


async def until(there: Callable[[], bool]) -> None:
    with trio.fail_after(60):
        while not there():  # noqa: ASYNC110 - another process is at work
            await trio.sleep(0.005)


async def sell_until_killed(port: int, answered: list[int]) -> None:
    """Sell as fast as the register does; note every document that was answered."""
    client = TerminalFa(TcpDialer("127.0.0.1", port))
    try:
        await client.exchange(CancelDocument())
        if not (await client.shift_status()).is_open:
            await client.open_shift()
        while True:
            await client.exchange(OpenReceipt())
            await client.exchange(PassItem(WATER))
            await client.exchange(PassPayment(tax_system=1, cashless=15000))
            answered.append((await client.exchange(CommitReceipt(1, 15000))).fd)
    except (Lost, Unreachable):
        return


async def sell_and_kill(process: subprocess.Popen[str], base: int, answered: list[list[int]], after: float) -> None:
    async with trio.open_nursery() as nursery:
        before = list(map(len, answered))
        for number in range(COUNT):
            nursery.start_soon(sell_until_killed, base + number, answered[number])
        await until(lambda: all(len(made) >= old + ENOUGH for old, made in zip(before, answered, strict=True)))
        await trio.sleep(after)
        process.kill()


async def archive(port: int) -> list[tuple[int, int]]:
    """FD and FPD of everything in the archive."""
    client = TerminalFa(TcpDialer("127.0.0.1", port))
    last = (await client.fn_status()).last_fd
    found = [await client.exchange(FindDocument(fd)) for fd in range(1, last + 1)]
    return [(document.fd, document.fpd) for document in found]


def test_kills_in_the_middle_of_commits(tmp_path: Path) -> None:
    """After each kill: every answered document is there, numbers have no gap, book and archive tell the same."""
    base = free_ports(COUNT)
    where = places(COUNT, "127.0.0.1", base)
    answered: list[list[int]] = [[] for _ in where]
    for kill in range(KILLS):
        with sandbox(tmp_path, base, "--document-seconds", "0.004") as process:
            trio.run(sell_and_kill, process, base, answered, 0.013 * kill)
        for place in where:
            tear(tmp_path / "memory" / f"fn-{place.fn_serial}.jsonl", kill)
    with sandbox(tmp_path, base):
        for place, answers in zip(where, answered, strict=True):
            documents = trio.run(archive, place.port)
            book = read_book((tmp_path / f"fn-{place.fn_serial}.jsonl").read_bytes().splitlines())
            assert [line.fd for line in book] == list(range(1, len(documents) + 1))
            assert [(line.fd, line.fpd) for line in book] == documents
            assert len(answers) > KILLS
            assert len(set(answers)) == len(answers)
            assert {line.fd for line in book if line.kind == "sell"} >= set(answers)


def tear(path: Path, size: int) -> None:
    """Leave a piece of a line behind, as a power cut does to a file system."""
    with path.open("ab") as file:
        file.write(b'{"type":"document","fd":99'[: 7 * size])


def test_a_book_behind_its_storage_is_mended_at_every_byte(tmp_path: Path) -> None:
    """A kill between the two files, and between any two bytes of the book."""
    where = places(1, "127.0.0.1", 7801)
    Fleet(tmp_path, where, clock=lambda: 1.8e9)
    path = tmp_path / f"fn-{where[0].fn_serial}.jsonl"
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        Fleet(tmp_path, where, clock=lambda: 1.8e9)
        assert path.read_bytes() == whole


def test_a_document_that_was_torn_never_was(tmp_path: Path) -> None:
    where = places(1, "127.0.0.1", 7801)
    Fleet(tmp_path, where)
    (tmp_path / f"fn-{where[0].fn_serial}.jsonl").unlink()
    memory = tmp_path / "memory" / f"fn-{where[0].fn_serial}.jsonl"
    memory.write_bytes(memory.read_bytes()[:-1])
    (device,) = Fleet(tmp_path, where).devices
    assert device.fn.last_fd == 1  # registered anew, because the torn registration is gone
    assert len(read_book((tmp_path / f"fn-{where[0].fn_serial}.jsonl").read_bytes().splitlines())) == 1


def test_sigterm_ends_at_once(tmp_path: Path) -> None:
    base = free_ports(COUNT)
    with sandbox(tmp_path, base, "--serial", "--document-seconds", "600") as process:
        assert sorted(path.name for path in tmp_path.glob("pty-*")) == ["pty-0", "pty-1", "pty-2"]
        client = socket.create_connection(("127.0.0.1", base))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        client.close()
    assert not list(tmp_path.glob("pty-*"))


def test_serials_follow_from_the_place(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, places(2, "127.0.0.1", 7801))
    assert [device.serial for device in fleet.devices] == ["550780100000", "550780200001"]
    assert [device.fn.serial for device in fleet.devices] == ["9999078010000000", "9999078020000001"]
    assert [device.names for device in fleet.devices] == [("0", "127.0.0.1:7801"), ("1", "127.0.0.1:7802")]


def test_what_the_command_line_refuses(tmp_path: Path) -> None:
    plan = tmp_path / "plan.jsonl"
    plan.write_text('{"do":"delay","on":"24"}\n{"do":"delay","onn":"24"}\n')
    code, complaint = refused(tmp_path / "a", "--count", "1", "--port", "7801", "--faults", str(plan))
    assert (code, complaint.count("\n")) == (2, 1)
    assert f"{plan}:2: Object contains unknown field `onn`" in complaint
    code, complaint = refused(tmp_path / "a", "--count", "1", "--port", "7801", "--faults", "no-such-file")
    assert (code, "no-such-file: No such file" in complaint) == (2, True)
    code, complaint = refused(tmp_path / "a", "--count", "9", "--port", "65530")
    assert (code, "above 65535" in complaint) == (2, True)
    assert refused(tmp_path / "a", "--count", "0", "--port", "7801")[0] == 2
    assert refused(tmp_path / "a", "--count", "1", "--port", "7801", "--inn", "123")[0] == 2


def test_one_sandbox_for_one_directory(tmp_path: Path) -> None:
    base = free_ports(COUNT)
    with sandbox(tmp_path, base):
        code, complaint = refused(tmp_path, "--count", "1", "--port", str(base + COUNT))
        assert (code, "used by another sandbox" in complaint) == (1, True)
        code, complaint = refused(tmp_path / "other", "--count", "1", "--port", str(base))
        assert (code, complaint.count("\n")) == (1, 1)
        assert "choose another --port" in complaint


def test_faults_and_events_of_a_process(tmp_path: Path) -> None:
    base = free_ports(COUNT)
    plan = tmp_path / "plan.jsonl"
    plan.write_text('{"device":"1","on":"commit_shift_opening","do":"drop_reply","seconds":0.01}\n')
    with sandbox(tmp_path / "state", base, "--faults", str(plan), "--document-seconds", "0"):
        assert trio.run(opened, base) == 2
        with pytest.raises(Lost):
            trio.run(opened, base + 1)
    events = (tmp_path / "state" / "events.jsonl").read_text().splitlines()
    assert len(events) == 1
    assert f'"device":"127.0.0.1:{base + 1}","event":"fault","command":"22","in_window":true' in events[0]
    assert '"do":"drop_reply","fd":2' in events[0]


async def opened(port: int) -> int:
    return (await TerminalFa(TcpDialer("127.0.0.1", port)).open_shift()).fd
