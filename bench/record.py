"""Keeps ``RESULTS.md``: one row for each limit, replaced when it is measured anew."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Result

RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = """# Results

Written by `python -m bench NAME --record`. Absolute figures belong to the machine of their row; compare the ratios
(value ÷ floor for rates, floor ÷ value for times and sizes: nearer to 1 is better, above 1 beats the floor).

| bench | value | unit | floor | ratio | target | also | machine | command |
|---|---|---|---|---|---|---|---|---|
"""


def record(result: Result, command: str) -> None:
    rows = (
        {row_name(line): line for line in RESULTS.read_text().splitlines()[HEAD.count("\n") :]}
        if RESULTS.exists()
        else {}
    )
    rows[result.name] = row(result, command)
    RESULTS.write_text(HEAD + "".join(f"{rows[name]}\n" for name in sorted(rows)))


def row_name(line: str) -> str:
    return line.split("|")[1].strip()


def in_words(details: Mapping[str, object]) -> str:
    """``{"pykka": {"asks": 1.5}}`` → ``pykka (asks 1.5)``."""
    return "; ".join(
        f"{name} ({in_words(value)})" if isinstance(value, Mapping) else f"{name} {value}"
        for name, value in details.items()
    )


def row(result: Result, command: str) -> str:
    facts = result.as_json()
    target = "" if result.target is None else f"≥ {result.target:g}"
    also = "; ".join(f"{name} {measured[0]:g} (≤ {measured[1]:g})" for name, measured in facts["limits"].items())
    more = in_words(result.details)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    cells = [
        result.name, f"{facts['value']:,g}", result.unit, f"{facts['floor']:,g}", f"{facts['ratio']:.2f}", target,
        "; ".join(part for part in (also, more) if part).replace("|", "/"), machine, f"`{command}`",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"
