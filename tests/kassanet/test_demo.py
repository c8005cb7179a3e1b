"""The demonstration: it starts with devices, service and tills, and what it shows is true."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kassanet.config import Config
from kassanet.demo import DemoOptions, run
from kassanet.demo_tills import CARDS
from kassanet.failures import DevicesMissing, told
from kassanet.sandbox.smartsale import CardScript
from kassanet.sandbox.smartsale.names import is_operation
from tests.ports import free_ports

PATIENCE = 60.0
DEMO = """
from pathlib import Path
from kassanet.config import Config
from kassanet.demo import DemoOptions, run

run(
    DemoOptions(
        port={port}, kkts=2, kkt_port={kkts}, pinpads=2, bank_port={bank}, data=Path({data!r}),
        document_seconds=0.05, rate=0, customer_seconds=0.1,
    ),
    Config(),
)
"""
LINE = re.compile(
    r"  till \d +(?P<rubles>\d+\.\d\d) RUB  (?P<status>\w+) .*RRN (?P<rrn>\d{12})  ФД (?P<fd>\d+) ФН (?P<fn>\d{16})"
)
SALES = 5


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DevicesMissing, match=f"port {port}") as missing:
            run(DemoOptions(kkt_port=port, data=tmp_path), Config())
    assert told(missing.value) == (1, str(missing.value))


@pytest.mark.parametrize(("kkts", "pinpads"), [(1, 0), (99, 49), (100, 50), (10_000, 5_000)])
def test_devices_take_no_port_of_others(kkts: int, pinpads: int) -> None:
    options = DemoOptions(kkts=kkts, pinpads=pinpads).spread()
    registers = [range(options.kkt_port, options.kkt_port + kkts)]
    terminals = [range(options.bank_port, options.bank_port + pinpads + 1)]
    others = [range(options.billing_port, options.billing_port + 9)]
    others += [range(one, one + 1) for one in (options.port, options.agent_port, options.tax_port)]
    taken = [port for ports in registers + terminals + others for port in ports]
    assert len(taken) == len(set(taken))
    assert max(taken) < 32_768, "what the system gives to clients"


def test_too_many_devices_are_refused() -> None:
    for options in (DemoOptions(kkts=10_001), DemoOptions(pinpads=5_001)):
        with pytest.raises(DevicesMissing, match="choose fewer"):
            options.spread()


def test_customers_pay_by_card_and_get_receipts(tmp_path: Path) -> None:
    """Each sale that is told as done stands in the bank's ledger and in a register's book, with the same sum."""
    port = free_ports(6)
    program = DEMO.format(port=port, kkts=port + 1, bank=port + 3, data=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    done: list[dict[str, str]] = []
    try:
        for line in process.stdout:
            found = LINE.match(line)
            done += [found.groupdict()] if found is not None and found["status"] == "done" else []
            if len(done) == SALES:
                break
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    ledger = {line["rrn"]: line for line in read(tmp_path / "terminals" / "host.jsonl")}
    assert len(done) == SALES
    for sale in done:
        charged = ledger[sale["rrn"]]
        (document,) = [each for each in read(book(tmp_path, sale)) if each["fd"] == int(sale["fd"])]
        assert charged["approved"]
        assert document["kind"] == "sell"
        assert document["payments"]["cashless"] == charged["amount"]
        assert document["total"] == int(sale["rubles"].replace(".", ""))


def book(data: Path, sale: dict[str, str]) -> Path:
    return data / "sandbox" / f"fn-{sale['fn']}.jsonl"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_its_customers_are_a_script_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "cards.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in CARDS))
    assert len(CardScript.load(path, is_operation).lines) == len(CARDS)
