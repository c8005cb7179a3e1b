"""Where the judges are, and how they are asked. What is missing is said by the skipped test."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PLACE = Path(os.environ.get("KASSANET_JUDGES", HERE.parent.parent / ".judges")).absolute()
SECONDS = 300
_FETCH = "run .ci/judges"


def jkurwa_missing() -> str | None:
    """What is missing for jkurwa, in words."""
    if shutil.which("node") is None:
        return "no node on this machine"
    if not (PLACE / "node_modules" / "jkurwa").is_dir():
        return f"no jkurwa in {PLACE}: {_FETCH}"
    return None


def bouncycastle_missing() -> str | None:
    """What is missing for BouncyCastle, in words."""
    if shutil.which("javac") is None:
        return "no JDK on this machine"
    if len(_jars()) < 3:
        return f"no BouncyCastle in {PLACE / 'java'} or /usr/share/java: {_FETCH}"
    return None


def _jars() -> list[Path]:
    fetched = sorted((PLACE / "java").glob("bc*.jar"))
    system = [Path("/usr/share/java") / f"{name}.jar" for name in ("bcprov", "bcutil", "bcpkix")]
    return fetched or [jar for jar in system if jar.exists()]


def ask_jkurwa(question: dict[str, Any]) -> dict[str, Any]:
    """The questions stand in judge.js. Skips without the judge."""
    if missing := jkurwa_missing():
        pytest.skip(missing)
    said = subprocess.run(
        ["node", str(HERE / "jkurwa" / "judge.js")],
        input=json.dumps(question).encode(),
        capture_output=True,
        env={**os.environ, "NODE_PATH": str(PLACE / "node_modules")},
        timeout=SECONDS,
        check=False,
    )
    assert said.returncode == 0, said.stderr.decode()
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


def ask_bouncycastle(authority: Path, messages: Sequence[Path]) -> list[list[str]]:
    """Its lines, word by word. Skips without the judge."""
    if missing := bouncycastle_missing():
        pytest.skip(missing)
    path = os.pathsep.join(map(str, _jars()))
    words = ["java", "-cp", path, str(HERE / "bouncycastle" / "Judge.java"), str(authority), *map(str, messages)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert said.returncode == 0, said.stderr
    return [line.split(" ") for line in said.stdout.splitlines()]
