"""Who else does this job, in the same run: pykka and thespian where installed, Erlang where ``escript`` is present.

Each runs in a process of its own, so that its threads and its memory are not counted as ours.
"""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from bench.apart import apart

SIZES = {"tells": 20_000, "asks": 10_000, "actors": 2_000}
"""For the Python neighbours."""
ERLANG = ("2000000", "500000", "100000")
"""Messages, asks, actors; counted in seconds of the clock, on one scheduler."""
LIMIT = 120.0


def neighbours(job: str) -> dict[str, Any]:
    """``tells`` and ``asks`` a second, or what ``actors`` cost; a reason in words where one cannot run."""
    found = {who: _python(who, job) for who in ("pykka", "thespian")}
    return {**found, "erlang": _erlang(job)}


def _python(who: str, job: str) -> object:
    if find_spec(who) is None:
        return "not installed (the extra named bench)"
    try:
        return tidy(apart(f"bench.neighbour_{who}", job, SIZES[job]))
    except subprocess.SubprocessError as error:
        return f"failed: {type(error).__name__}"


def _erlang(job: str) -> object:
    escript = shutil.which("escript")
    if escript is None:
        return "skipped: no escript on this machine"
    script = str(Path(__file__).with_suffix(".escript"))
    try:
        done = subprocess.run([escript, script, *ERLANG], capture_output=True, timeout=LIMIT, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        return f"failed: {type(error).__name__}"
    found: dict[str, Any] = msgspec.json.decode(done.stdout.splitlines()[-1])
    return {"actors": int(ERLANG[2]), **tidy(found["actors"])} if job == "actors" else found[job]


def tidy(found: Any) -> Any:  # noqa: ANN401  JSON
    """Figures that people can read."""
    if isinstance(found, dict):
        return {key: tidy(value) for key, value in found.items()}
    if isinstance(found, list):
        return [tidy(value) for value in found]
    return float(f"{found:.3g}") if isinstance(found, float) else found
