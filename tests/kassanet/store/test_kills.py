"""SIGKILL at random moments: whatever was acknowledged is there, and nothing is there in halves."""

import random
import subprocess
import sys
import time
from pathlib import Path

from schemas.rows import ReceiptFilter
from tests.kassanet.store.case import Case
from tests.kassanet.store.engines import ENGINES, Engine

KILLS = 5


def killed(engine: str, folder: Path, prefix: str, enough: int, after: float) -> list[str]:
    """Run the acceptor until it has said ``enough`` and a while longer, and kill it; returns what was acknowledged."""
    command = [sys.executable, "-m", "tests.kassanet.store.acceptor", engine, str(folder), prefix]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    said = [process.stdout.readline() for _ in range(enough)]
    time.sleep(after)  # the child runs in real time, and so must its death
    process.kill()
    lines = "".join([*said, process.stdout.read()]).split("\n")
    process.wait()
    process.stdout.close()
    return lines[:-1]  # a line cut in the middle was not said


def test_what_was_acknowledged_is_there_after_every_kill(engine: Engine, tmp_path: Path) -> None:
    (name,) = (name for name, each in ENGINES.items() if each is engine)
    Case(engine, tmp_path).close()
    said: list[str] = []
    for number in range(KILLS):
        said += killed(name, tmp_path, str(number), random.randint(21, 60), random.uniform(0.0, 0.3))
        case = Case(engine, tmp_path)
        _must_hold(case, said)
        case.close()
    assert len(said) > 20 * KILLS, "too little was acknowledged for the kills to prove anything"


def _must_hold(case: Case, said: list[str]) -> None:
    rows = {row.external_id: row for row in case.reader.receipts(ReceiptFilter(limit=1_000_000))}
    for line in said:
        word, key = line.split()
        assert key in rows, f"{key} was acknowledged and is gone"
        if word == "fiscalized":
            assert rows[key].status == "fiscalized"
    assert sum(case.reader.counts().values()) == len(rows)
    in_hand = [row.id for row in rows.values() if row.status == "assigned"]
    assert sorted(attempt.receipt_id for attempt in case.reader.open_attempts()) == sorted(in_hand)
