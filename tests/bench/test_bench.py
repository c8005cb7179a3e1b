"""What a figure must say, and that a figure of something else is never given."""

import argparse
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from bench import __main__ as command
from bench import neighbours, record
from bench.duel import duel
from bench.result import NotReal, Result


def result(**changes: object) -> Result:
    plain = {"name": "thing", "value": 50.0, "unit": "things/s", "floor": 100.0}
    return Result(**{**plain, **changes})  # type: ignore[arg-type]  # the test's own words


def test_nearer_to_one_is_better_for_rates_and_for_costs() -> None:
    assert result().ratio == 0.5
    assert result(direction="cost").ratio == 2.0


def test_missed_targets_are_named() -> None:
    missed = result(target=0.6, limits={"up_seconds": (4.0, 3.0), "bytes": (1.0, 2.0)}).missed
    assert missed == ["up_seconds is 4, not ≤ 3", "ratio is 0.50, not ≥ 0.6"]
    assert result(target=0.5).missed == []


def test_floor_and_subject_take_turns() -> None:
    turns: list[str] = []

    def play(name: str, rate: float) -> float:
        turns.append(name)
        return rate

    found = duel(lambda: play("subject", 3.0), lambda: play("floor", 4.0), rounds=2)
    assert turns == ["subject", "floor"] * 3
    assert found == (3.0, 4.0, 0.75)


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A limit that is not on disk."""
    module = ModuleType("bench.limit_thing", "A thing.")
    monkeypatch.setitem(sys.modules, "bench.limit_thing", module)
    monkeypatch.setattr(command, "limits", lambda: ["thing"])
    return module


def test_the_last_line_is_the_object_that_others_read(limit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    limit.run = lambda options: result(details={"more": 1})  # type: ignore[attr-defined]
    assert command.main(["thing", "--json"]) == 0
    said = msgspec.json.decode(capsys.readouterr().out.splitlines()[-1])
    assert {key: said[key] for key in ("name", "value", "unit", "floor", "ratio", "more")} == {
        "name": "thing",
        "value": 50.0,
        "unit": "things/s",
        "floor": 100.0,
        "ratio": 0.5,
        "more": 1,
    }


def test_what_is_not_the_real_thing_gets_no_figure(limit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    def run(options: argparse.Namespace) -> Result:
        raise NotReal("a fallback answered")

    limit.run = run  # type: ignore[attr-defined]
    assert command.main(["thing", "--json"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "thing: not the real thing: a fallback answered\n"


def test_an_unknown_name_is_bad_usage(limit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["nothing"]) == 2
    assert "all, thing" in capsys.readouterr().err


def test_a_row_is_replaced_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RESULTS", tmp_path / "RESULTS.md")
    record.record(result(name="b"), "python -m bench b")
    record.record(result(name="a", details={"neighbours": {"pykka": 1.5}}), "python -m bench a")
    record.record(result(name="b", value=75.0), "python -m bench b")
    text = (tmp_path / "RESULTS.md").read_text()
    rows = text.removeprefix(record.HEAD).splitlines()
    assert [row.split(" | ")[0] for row in rows] == ["| a", "| b"]
    assert "neighbours (pykka 1.5)" in rows[0]
    assert "| 75 | things/s | 100 | 0.75 |" in rows[1]


def test_a_neighbour_that_is_not_there_is_said_to_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    absent = "not installed (the extra named bench)"
    assert neighbours.neighbours("asks") == {
        "pykka": absent,
        "thespian": absent,
        "erlang": "skipped: no escript on this machine",
    }
