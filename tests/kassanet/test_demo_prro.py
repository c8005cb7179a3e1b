"""The demonstration's software registers: a café sells through an outage of the tax service, and the books agree."""

import re
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from kassanet.demo_cafe import Till, cost
from kassanet.demo_processes import serving
from kassanet.failures import DevicesMissing
from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.estate import make, usual
from tests.kassanet.test_demo import PATIENCE, read
from tests.ports import free_ports

DEMO = """
from pathlib import Path
from kassanet.config import Config
from kassanet.demo import DemoOptions, run

run(
    DemoOptions(
        port={port}, kkts=0, prro=2, tax_port={port} + 2, agent_port={port} + 3,
        data=Path({data!r}), rate=0, customer_seconds=0.2, outage_after=3, outage_seconds=1.0,
    ),
    Config(),
)
"""
LINE = re.compile(
    r"  ПРРО (?P<till>\d)  № (?P<local>\d+) +(?P<fiscal>[\d.]+) +(?P<sum>\d+\.\d\d) UAH  "
    r"(?P<what>[a-z ]+?) +(?P<status>\w+)$"
)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys whose containers open quickly, where the demonstration looks for them."""
    monkeypatch.setattr(containers, "ROUNDS", 10)
    make(tmp_path / "keys", usual(), datetime.now(UTC))


@pytest.mark.usefixtures("keys")
def test_a_cafe_sells_through_an_outage_and_another_start(tmp_path: Path) -> None:
    """Each document that a line told stands in the tax service's book, under its numbers and with its sum."""
    port = free_ports(4)
    first = shown(tmp_path, port, ("online again",))
    second = shown(tmp_path, port, ("ПРРО 1  № ", "ПРРО 2  № "))
    told = [found.groupdict() for line in (*first, *second) if (found := LINE.match(line))]
    assert {"registered", "offline"} <= {each["status"] for each in told}
    books = {till: read(tmp_path / "tax" / f"register-400000000{till}.jsonl") for till in "12"}
    for each in told:
        lines = [line for line in books[each["till"]] if line["num_local"] == int(each["local"])]
        if not lines and each["status"] == "offline":
            continue  # it was stopped while the tax service was away
        assert (lines[-1]["num_fiscal"], lines[-1]["sum"]) == (each["fiscal"], int(each["sum"].replace(".", "")))
    offline = [each for each in told if each["status"] == "offline"]
    assert offline
    assert any(line["num_fiscal"] == offline[0]["fiscal"] for line in books[offline[0]["till"]])


def shown(data: Path, port: int, awaited: tuple[str, ...]) -> list[str]:
    """What it prints until each of ``awaited`` was there; it then stops by itself, and its processes with it."""
    program = DEMO.format(port=port, data=str(data))
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        lines = until(process.stdout, awaited)
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    return [*lines, *rest.splitlines()]


def until(stream: IO[str], awaited: tuple[str, ...]) -> list[str]:
    lines: list[str] = []
    missing = set(awaited)
    for line in stream:
        lines.append(line.rstrip("\n"))
        missing -= {word for word in missing if word in line}
        if not missing:
            return lines
    raise AssertionError(f"it ended without {missing}: {lines}")


def test_a_process_that_does_not_start_is_told_with_its_address(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        words = ["agent", f"--data={tmp_path}", f"--port={port}"]
        with (
            pytest.raises(DevicesMissing, match=f"127.0.0.1:{port}"),
            serving(words, f"http://127.0.0.1:{port}/readyz"),
        ):
            pass


def test_cash_is_rounded_to_ten_kopecks_and_cards_are_not() -> None:
    till = Till(None, 1, 1, "x", 1.0)  # type: ignore[arg-type]  # nobody is asked
    sales = [operation for operation in (till.next_operation() for _ in range(500)) if operation["kind"] == "sale"]
    forms = set()
    for sale in sales:
        [payment] = sale["payments"]
        forms.add(payment["form"])
        assert sum(map(cost, sale["items"])) + sale.get("rounding", 0) == payment["sum"]
        assert abs(sale.get("rounding", 0)) <= 5
        if payment["form"] == 0:
            assert payment["sum"] % 10 == 0
            assert payment["provided"] >= payment["sum"]
    assert forms == {0, 1}
