"""Fault plans: read whole or refused with the place and the key, and fired exactly as often as they say."""

from pathlib import Path
from typing import Any

import pytest

from kassanet.sandbox.faults import Fault, FaultPlan, Line
from kassanet.sandbox.occasions import PlanError
from kassanet.sandbox.terminalfa.names import is_command, names_of

COMMIT = names_of(0x24)
DEVICES = {"0", "127.0.0.1:7801"}


def load(tmp_path: Path, text: str) -> FaultPlan:
    path = tmp_path / "plan.jsonl"
    path.write_text(text)
    return FaultPlan.load(path, devices=DEVICES, commands=is_command)


def fired(line: Line, times: int, seed: int = 0, device: str = "0") -> list[bool]:
    faults = FaultPlan([line], seed).for_device(device, f"127.0.0.1:780{device}")
    return [faults.choose(*COMMIT) is not None for _ in range(times)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"do":"delay","when":1}', "unknown field `when`"),
        ('{"device":"*"}', "missing required field `do`"),
        ('{"do":"explode"}', "`do` is 'explode'"),
        ('{"do":"error:XYZ"}', "`do` is 'error:XYZ'"),
        ('{"do":"delay","nth":1,"p":0.5}', "only one of `nth`, `every`, `p`"),
        ('{"do":"delay","nth":0}', "count from 1"),
        ('{"do":"delay","every":-1}', "count from 1"),
        ('{"do":"delay","p":1.5}', "`p` is a probability"),
        ('{"do":"delay","seconds":-1}', "cannot be negative"),
        ('{"do":"power_cycle","at":2}', "`at` of a power_cycle"),
        ('{"do":"delay","nth":"1"}', "Expected `int | null`, got `str` - at `$.nth`"),
        ('{"do":"delay","device":"7"}', "no device is called '7'"),
        ('{"do":"delay","on":"commit_recipt"}', "no command is called 'commit_recipt'"),
        ("{", "truncated"),
        ("[]", "Expected `object`"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PlanError) as refused:
        load(tmp_path, f'{{"do":"delay"}}\n\n{text}\n')
    assert str(refused.value).startswith(f"{tmp_path / 'plan.jsonl'}:3: ")
    assert complaint in str(refused.value)


def test_a_plan_names_devices_and_commands_in_any_spelling(tmp_path: Path) -> None:
    plan = load(
        tmp_path,
        """
        {"device":"0","on":"24","do":"delay","seconds":2}
        {"device":"127.0.0.1:7801","on":"commit_receipt","do":"drop_reply"}
        {"device":"*","on":"CommitReceipt","do":"error:aB"}
        {"on":"aa","do":"bad_crc"}
        """,
    )
    assert plan.for_device("0", "127.0.0.1:7801").choose(*COMMIT) == Fault("delay", seconds=2)
    assert plan.for_device("5", "127.0.0.1:7806").choose(*COMMIT) == Fault("error", error=0xAB)
    assert plan.for_device("5", "127.0.0.1:7806").choose(*names_of(0xAA)) == Fault("bad_crc")
    assert plan.for_device("5", "127.0.0.1:7806").choose(*names_of(0x10)) is None


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ({}, [True] * 6),
        ({"nth": 1}, [True, False, False, False, False, False]),
        ({"nth": 3}, [False, False, True, False, False, False]),
        ({"every": 2}, [False, True, False, True, False, True]),
        ({"every": 1}, [True] * 6),
        ({"p": 0.0}, [False] * 6),
        ({"p": 1.0}, [True] * 6),
    ],
)
def test_how_often(count: dict[str, Any], expected: list[bool]) -> None:
    assert fired(Line("delay", **count), 6) == expected


def test_only_matching_commands_are_counted() -> None:
    faults = FaultPlan([Line("delay", on="24", nth=2)]).for_device("0")
    assert [faults.choose(*names_of(code)) is not None for code in (0x10, 0x24, 0x10, 0x24)] == [
        False,
        False,
        False,
        True,
    ]


def test_each_device_counts_for_itself() -> None:
    plan = FaultPlan([Line("delay", nth=1)])
    assert all(plan.for_device(name).choose(*COMMIT) for name in ("0", "1", "2"))


def test_the_first_line_wins_and_the_others_count_on() -> None:
    faults = FaultPlan([Line("delay", nth=1), Line("bad_crc", every=2)]).for_device("0")
    assert [fault and fault.action for fault in (faults.choose(*COMMIT) for _ in range(4))] == [
        "delay",
        "bad_crc",
        None,
        "bad_crc",
    ]


def test_chance_is_seeded_by_plan_and_device() -> None:
    line = Line("delay", p=0.5)
    assert fired(line, 64) == fired(line, 64)
    assert fired(line, 64) != fired(line, 64, seed=1)
    assert fired(line, 64) != fired(line, 64, device="1")
    assert 16 < sum(fired(line, 64)) < 48


@pytest.mark.parametrize(
    ("do", "fault"),
    [
        ("cut_request", Fault("cut_request", 0)),
        ("split", Fault("split", 2, 0.05)),
        ("drop_reply", Fault("drop_reply", 0, 30.0)),
        ("power_cycle", Fault("power_cycle", 1, 1.0)),
    ],
)
def test_what_a_line_leaves_open(do: str, fault: Fault) -> None:
    assert Line(do).fault() == fault
