"""The sandbox as processes: its command line, serial lines, kills at any moment, what it finds when it comes back."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import trio

from kassanet.cli import run
from kassanet.sandbox.books import FileLines
from kassanet.sandbox.smartsale.bank import LedgerLine
from kassanet.sandbox.smartsale.bank.ledger import Ledger
from tests.kassanet.sandbox.smartsale.cash import Cash, Fields, HungUp
from tests.kassanet.sandbox.smartsale.counter import CHECK, SETTLE, slip
from tests.kassanet.sandbox.test_process import ENOUGH, until
from tests.ports import free_ports
from transports.serial import SerialDialer
from transports.tcp import TcpDialer

COUNT = 3
KILLS = 3
PATIENCE = 60.0


@contextmanager
def sandbox(state: Path, base: int, *options: str, ready: str | None = None) -> Iterator[subprocess.Popen[str]]:
    """A sandbox that is ready; killed when the body is done with it. The host listens below the terminals."""
    process = subprocess.Popen(
        [*command(state, base), "--count", str(COUNT), "--card-seconds", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    both = f"host on 127.0.0.1:{base}, {COUNT} terminals on 127.0.0.1:{base + 1}.."
    try:
        assert process.stdout.readline() == f"ready: {ready or both}\n", process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate()


def command(state: Path, base: int) -> list[str]:
    words = [sys.executable, "-m", "kassanet", "sandbox", "smartsale", "--state", str(state)]
    return [*words, "--port", str(base + 1), "--host-port", str(base)]


def terminal_id(port: int) -> str:
    return f"501{port:05d}"


def sale(port: int, number: int, amount: int = 1200) -> dict[int, str]:
    return {0: str(amount), 4: "643", 25: "1", 26: str(number), 27: terminal_id(port)}


async def once(port: int, fields: dict[int, str]) -> Fields:
    with trio.fail_after(PATIENCE):
        stream = await TcpDialer("127.0.0.1", port).dial()
        try:
            return await Cash(stream).operate(fields)
        finally:
            await stream.aclose()


def ledger(state: Path) -> list[LedgerLine]:
    decode = msgspec.json.Decoder(LedgerLine).decode
    return [decode(line) for line in (state / "host.jsonl").read_bytes().splitlines()]


def charged(state: Path, tid: str) -> set[int]:
    """The numbers of payments that stand."""
    entries = Ledger(FileLines(state / "host.jsonl")).entries.values()
    return {entry.line.stan for entry in entries if entry.line.tid == tid and entry.left}


async def sell_until_killed(port: int, first: int, acknowledged: set[int]) -> None:
    """Sell as fast as the terminal does; note every number whose result was acknowledged.

    Only the answer to the next sale proves that the ACK of the last one was taken.
    """
    try:
        for number in range(first + 1, first + 100_000):
            await once(port, sale(port, number))
            acknowledged.add(number - 1)
    except (HungUp, OSError, trio.BrokenResourceError):
        acknowledged.discard(first)


async def sell_and_kill(process: subprocess.Popen[str], base: int, first: int, known: list[set[int]]) -> None:
    async with trio.open_nursery() as nursery:
        before = list(map(len, known))
        for number, acknowledged in enumerate(known, 1):
            nursery.start_soon(sell_until_killed, base + number, first, acknowledged)
        await until(lambda: all(len(all_) >= old + ENOUGH for old, all_ in zip(before, known, strict=True)))
        await trio.sleep(first / 7e6)
        process.kill()


def test_kills_in_the_middle_of_payments(tmp_path: Path) -> None:
    """Afterwards every payment that was acknowledged stands, and at most the one in hand at the kill besides it."""
    base = free_ports(COUNT + 1)
    known: list[set[int]] = [set() for _ in range(COUNT)]
    for kill in range(KILLS):
        with sandbox(tmp_path, base, "--set", "bank.seconds=0.001") as process:
            trio.run(sell_and_kill, process, base, 100_000 * kill, known)
        tear(tmp_path / "host.jsonl", kill)
    with sandbox(tmp_path, base):
        for number, acknowledged in enumerate(known, 1):
            assert trio.run(once, base + number, CHECK | {27: terminal_id(base + number)})[39] == b"1"
            stand = charged(tmp_path, terminal_id(base + number))
            assert len(acknowledged) > KILLS
            assert stand >= acknowledged
            assert len(stand - acknowledged) <= KILLS
            assert "ИТОГИ СОВПАЛИ" in slip(trio.run(once, base + number, SETTLE | {27: terminal_id(base + number)}))
    assert len({(line.tid, line.stan) for line in ledger(tmp_path) if line.op == "payment"}) == sum(
        line.op == "payment" for line in ledger(tmp_path)
    )


def tear(path: Path, size: int) -> None:
    """Leave a piece of a line behind, as a power cut does to a file system."""
    with path.open("ab") as file:
        file.write(b'{"op":"payment","tid"'[: 7 * size])


def test_host_and_terminals_in_two_processes(tmp_path: Path) -> None:
    """The host is killed between two payments and comes back with its memory."""
    base = free_ports(COUNT + 1)
    terminals = f"{COUNT} terminals on 127.0.0.1:{base + 1}.."
    with sandbox(tmp_path, base, "--only", "terminals", ready=terminals):
        assert trio.run(once, base + 1, sale(base + 1, 1))[39] == b"34"
        with sandbox(tmp_path, base, "--only", "host", ready=f"host on 127.0.0.1:{base}"):
            first = trio.run(once, base + 1, sale(base + 1, 2))
        assert trio.run(once, base + 1, sale(base + 1, 3))[39] == b"34"
        with sandbox(tmp_path, base, "--only", "host", ready=f"host on 127.0.0.1:{base}"):
            void = {**sale(base + 1, 4), 25: "4", 14: first[14].decode()}
            assert trio.run(once, base + 1, void)[39] == b"1"
    assert [(line.op, line.stan) for line in ledger(tmp_path)] == [("payment", 2), ("void", 4)]


async def over_the_line(path: Path, *asked: dict[int, str]) -> list[Fields]:
    """One operation after another; closing a port may drop what was not read yet, so the last ACK may be lost."""
    with trio.fail_after(PATIENCE):
        stream = await SerialDialer(str(path)).dial()
        try:
            till = Cash(stream)
            return [await till.operate(fields) for fields in asked]
        finally:
            await stream.aclose()


def test_serial_lines(tmp_path: Path) -> None:
    base = free_ports(COUNT + 1)
    with sandbox(tmp_path, base, "--serial", "--set", "slip_lines=100") as process:
        assert sorted(path.name for path in tmp_path.glob("pty-*")) == ["pty-0", "pty-1", "pty-2"]
        for result in trio.run(over_the_line, tmp_path / "pty-1", sale(base + 2, 1), sale(base + 2, 2)):
            assert (result[39], "РЕКЛАМА 099" in slip(result)) == (b"1", True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert not list(tmp_path.glob("pty-*"))
    assert [line.stan for line in ledger(tmp_path)] == [1, 2]


async def cut_line(path: Path, fields: dict[int, str]) -> bool:
    """Whether the terminal falls silent in the middle of its result."""
    with trio.fail_after(PATIENCE):
        stream = await SerialDialer(str(path)).dial()
        try:
            till = Cash(stream)
            await till.ask(fields)
            await till.take(20)
            return await till.silent(0.2)
        finally:
            await stream.aclose()


def test_a_serial_line_that_is_cut(tmp_path: Path) -> None:
    base = free_ports(COUNT + 1)
    plan = tmp_path / "plan.jsonl"
    plan.write_text('{"on":"payment","do":"cut_reply","at":20,"nth":1}\n')
    with sandbox(tmp_path / "state", base, "--serial", "--faults", str(plan)):
        path = tmp_path / "state" / "pty-0"
        assert trio.run(cut_line, path, sale(base + 1, 1))
        assert trio.run(over_the_line, path, sale(base + 1, 2))[0][39] == b"1"
    told = [(line.op, line.stan) for line in ledger(tmp_path / "state")]
    assert told[:3] == [("payment", 1), ("reversal", 1), ("payment", 2)]
    assert '"do":"cut_reply","stan":1' in (tmp_path / "state" / "events.jsonl").read_text()


def test_faults_scripts_and_settings_of_a_process(tmp_path: Path) -> None:
    base = free_ports(COUNT + 1)
    plan, cards = tmp_path / "plan.jsonl", tmp_path / "cards.jsonl"
    plan.write_text('{"device":"1","on":"payment","do":"error:53"}\n{"device":"host","on":"refund","do":"error:91"}\n')
    cards.write_text('{"device":"0","do":"decline","code":"51","on":"payment","nth":1}\n')
    options = ("--faults", str(plan), "--cards", str(cards), "--set", "terse=true")
    with sandbox(tmp_path / "state", base, *options):
        first = trio.run(once, base + 1, sale(base + 1, 1))
        assert (first[39], first[15], 21 in first) == (b"16", b"51", False)
        assert trio.run(once, base + 1, sale(base + 1, 2))[39] == b"1"
        assert trio.run(once, base + 2, sale(base + 2, 1))[39] == b"53"
        assert trio.run(once, base + 1, {**sale(base + 1, 3), 25: "29"})[15] == b"91"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--count", "60000"), "every terminal needs a port"),
        (("--host-port", "7902", "--count", "2"), "--host-port is one of the terminals' ports"),
        (("--set", "wait_evry=1"), "unknown field `wait_evry`"),
        (("--set", "bank.seconds=x"), "Expected `float`"),
        (("--profile", "shop"), "name it with --profiles"),
        (("--faults", "no-such-file"), "no-such-file: No such file"),
        (("--cards", "no-such-file"), "no-such-file: No such file"),
    ],
)
def test_what_the_command_line_refuses(
    tmp_path: Path, words: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command(tmp_path, 7900)[3:], *words]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert complaint in told


@pytest.mark.parametrize(
    ("device", "on", "fine"),
    [
        ("*", "payment", True),
        ("*", "63", True),
        ("*", "ACK", True),
        ("*", "reversal", False),
        ("host", "reversal", True),
        ("host", "*", True),
        ("host", "1", False),
        ("host", "result_ack", False),
    ],
)
def test_faults_that_can_never_happen_are_refused(
    device: str, on: str, fine: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.jsonl"
    plan.write_text(f'{{"device":"{device}","on":"{on}","do":"delay"}}\n')
    words = ("--faults", str(plan), "--set", "no_such_setting=1")  # refused in any case, but later
    assert run([*command(tmp_path, 7900)[3:], *words]) == 2
    assert ("never happens" in capsys.readouterr().err) == (not fine)


def test_one_sandbox_for_one_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = free_ports(COUNT + 1)
    with sandbox(tmp_path, base):
        assert run(command(tmp_path, base)[3:]) == 1
        assert "used by another sandbox" in capsys.readouterr().err


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    base = free_ports(COUNT + 1)
    profiles = tmp_path / "profiles.toml"
    profiles.write_text("[shop.operations.payment]\ncode = 101\n")
    with sandbox(tmp_path / "state", base, "--profiles", str(profiles), "--profile", "shop"):
        assert trio.run(once, base + 1, sale(base + 1, 1))[39] == b"16"
        assert trio.run(once, base + 1, {**sale(base + 1, 2), 25: "101"})[39] == b"1"


def test_ports_that_are_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = free_ports(COUNT + 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base))
        taken.listen()
        assert run(command(tmp_path, base)[3:]) == 1
    assert capsys.readouterr().err.count("\n") == 1
