"""The schemes of the demonstration: each payment that it tells of stands in a ledger and in a register's book."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kassanet.demo import DemoOptions
from kassanet.demo_schemes import OTHER_INN, SCHEMES, SchemeName
from kassanet.demo_shop import INN
from tests.ports import free_ports

PATIENCE = 60.0
DEMO = """
from pathlib import Path
from kassanet.config import Config
from kassanet.demo import DemoOptions, run

options = DemoOptions(
    port={port}, kkts=2, kkt_port={kkts}, billing_port={billing}, scheme={scheme!r}, data=Path({data!r}),
    document_seconds=0.02, rate=20,
)
run(options, Config())
"""
LINE = re.compile(
    r"  (?P<channel>[a-z-]+) +л/с (?P<account>\d+) +(?P<rubles>\d+\.\d\d) RUB  done .*ФД (?P<fd>\d+) ФН (?P<fn>\d{16})"
)
WANTED = 6


@pytest.mark.parametrize("scheme", ["registrar", "translator", "combined"])
def test_what_is_told_is_true_and_a_second_run_goes_on(tmp_path: Path, scheme: SchemeName) -> None:
    told = [line for _ in range(2 if scheme == "combined" else 1) for line in run(tmp_path, scheme)]
    assert len({(line["fn"], line["fd"]) for line in told}) == len(told)
    credited = [entry for path in (tmp_path / "billings").glob("billing-*.jsonl") for entry in read(path)]
    assert len({entry["txn_id"] for entry in credited}) == len(credited)
    paid = {(entry["account"], entry["sum"]) for entry in credited}
    asks = {route.channel for route in SCHEMES[scheme].routes if route.billing is not None}
    for line in told:
        kopecks = int(line["rubles"].replace(".", ""))
        (book,) = tmp_path.glob(f"sandbox*/fn-{line['fn']}.jsonl")
        (document,) = [entry for entry in read(book) if entry["fd"] == int(line["fd"])]
        assert document["total"] == kopecks
        assert line["channel"] not in asks or (line["account"], kopecks) in paid


def run(data: Path, scheme: SchemeName) -> list[dict[str, str]]:
    """Payments that were told as done, until there are enough of them; the demonstration then ends by itself."""
    port = free_ports(8)
    program = DEMO.format(port=port, kkts=port + 1, billing=port + 3, scheme=scheme, data=str(data))
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told: list[dict[str, str]] = []
    try:
        for line in process.stdout:
            found = LINE.match(line)
            told += [found.groupdict()] if found is not None else []
            if len(told) == WANTED:
                break
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert len(told) == WANTED
    return told


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_organisations_share_the_registers() -> None:
    alone = DemoOptions(kkts=3, kkt_port=100)
    assert alone.organisations == {INN: ["127.0.0.1:100", "127.0.0.1:101", "127.0.0.1:102"]}
    shared = DemoOptions(kkts=3, kkt_port=100, scheme="combined").organisations
    assert shared == {INN: ["127.0.0.1:100", "127.0.0.1:101"], OTHER_INN: ["127.0.0.1:102"]}
