"""Units of systemd as they are written: sections, and keys that may stand more than once."""

import shlex
import shutil
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
PROGRAM = "/opt/kassanet"
"""Where the units expect what is installed."""

Unit = Mapping[str, list[str]]
"""``Service.ExecStart`` → its values, in order."""


def read(name: str) -> Unit:
    section, found = "", defaultdict[str, list[str]](list)
    for line in (DEPLOY / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            found[f"{section}.{key}"].append(value)
    return found


def command(unit: Unit, places: Mapping[str, str]) -> list[str]:
    """The unit's command line with these words replaced (``%S``, the program's place, variables) and nothing else."""
    [line] = unit["Service.ExecStart"]
    for word, place in places.items():
        line = line.replace(word, place)
    assert not set("%$") & set(line), line
    return shlex.split(line)


def program(name: str) -> str:
    """Where a program of the system is; skips the test, saying which is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found
