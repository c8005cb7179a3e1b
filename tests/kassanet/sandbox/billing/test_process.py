"""The billing as a process: its ledger outlives a kill, and its command line says what it wants."""

import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import trio

from kassanet.sandbox.billing.players import Notice, OsmpPlayer, disordered, notices
from kassanet.sandbox.billing.playing import Channel

WORDS = [sys.executable, "-m", "kassanet", "sandbox"]


def billing(state: Path, *more: str) -> tuple["subprocess.Popen[str]", int]:
    process = subprocess.Popen(
        [*WORDS, "billing", "--kind", "osmp", "--port", "0", "--state", str(state), *more],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready: billing on 127.0.0.1:"), line
    return process, int(line.rsplit(":", 1)[1])


def end(process: "subprocess.Popen[str]", number: int) -> int:
    process.send_signal(number)
    code = process.wait(60)
    assert process.stdout is not None
    process.stdout.close()
    return code


async def play(port: int, items: list[Notice]) -> Channel:
    channel = Channel(OsmpPlayer(), f"http://127.0.0.1:{port}/")
    with trio.fail_after(60):
        await channel.play(items)
    return channel


async def test_a_kill_loses_no_credit_and_repeats_credit_nothing_twice(tmp_path: Path) -> None:
    items = disordered(notices(20), seed=1)
    process, port = billing(tmp_path)
    await play(port, items[:15])
    end(process, signal.SIGKILL)
    process, port = billing(tmp_path)
    channel = await play(port, items)
    assert end(process, signal.SIGTERM) == 0
    ledger = [msgspec.json.decode(line) for line in (tmp_path / "billing-osmp.jsonl").read_bytes().splitlines()]
    assert sorted(ledger[0]) == ["account", "at", "prv_txn", "sum", "txn_id"]
    assert sorted(int(line["txn_id"]) for line in ledger) == list(range(1, 21))
    assert set(channel.believed.values()) == {"paid"}


def test_a_second_billing_on_the_same_ledger_is_refused(tmp_path: Path) -> None:
    process, _ = billing(tmp_path)
    second = subprocess.run(
        [*WORDS, "billing", "--kind", "osmp", "--port", "0", "--state", str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (second.returncode, "another sandbox" in second.stderr) == (1, True)
    end(process, signal.SIGTERM)


@pytest.mark.parametrize("line", ['{"do":"explode"}', '{"do":"delay","on":"steal"}', '{"do":"delay","typo":1}'])
def test_a_plan_that_cannot_be_followed_is_bad_usage(tmp_path: Path, line: str) -> None:
    plan = tmp_path / "plan.jsonl"
    plan.write_text(line)
    done = subprocess.run(
        [*WORDS, "billing", "--kind", "osmp", "--port", "0", "--state", str(tmp_path), "--faults", str(plan)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "plan.jsonl:1" in done.stderr) == (2, True)
