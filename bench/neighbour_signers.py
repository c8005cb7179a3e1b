"""Other implementations of DSTU 4145 over the same document, where ``.ci/judges`` brought them.

jkurwa makes the same message as we do, in JavaScript. BouncyCastle has no CMS for this algorithm; it hashes the
document and signs the attributes, which is the most of the work, after the machine has warmed up.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kassanet.sandbox.keys.certificates import Owner
from kassanet.sandbox.keys.estate import Wanted, make

ROOT = Path(__file__).parent.parent
PLACE = Path(os.environ.get("KASSANET_JUDGES", ROOT / ".judges")).absolute()
TURNS = {"jkurwa": 200, "bouncycastle": 400}


def neighbours(document: bytes) -> dict[str, Any]:
    """Signatures a second, or why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            "jkurwa": _if_there("node", "node_modules/jkurwa", lambda: _jkurwa(Path(folder), document)),
            "bouncycastle": _if_there("javac", "java", lambda: _bouncycastle(Path(folder), document)),
        }


def _if_there(program: str, place: str, ask: Callable[[], float]) -> float | str:
    if shutil.which(program) is None:
        return f"skipped: no {program} on this machine"
    if not (PLACE / place).is_dir():
        return "not installed (.ci/judges)"
    return round(ask(), 1)


def _jkurwa(folder: Path, document: bytes) -> float:
    now = datetime.now(UTC)
    (entry,) = make(folder / "keys", [Wanted("cashier", Owner("Касир"))], now).keys
    (folder / "document").write_bytes(document)
    question = {
        "repeat": TURNS["jkurwa"],
        "sign": {
            "container": {"path": str(folder / "keys" / entry.files["key-6"]), "password": entry.password},
            "certificate": str(folder / "keys" / entry.certificate),
            "content": str(folder / "document"),
            "time": int(now.timestamp()),
        },
    }
    said = subprocess.run(
        ["node", str(ROOT / "tests" / "judges" / "jkurwa" / "judge.js")],
        input=json.dumps(question).encode(),
        stdout=subprocess.PIPE,
        env={**os.environ, "NODE_PATH": str(PLACE / "node_modules")},
        check=True,
    )
    return float(json.loads(said.stdout)["signed"]["per_second"])


def _bouncycastle(folder: Path, document: bytes) -> float:
    (folder / "document").write_bytes(document)
    jars = os.pathsep.join(map(str, sorted((PLACE / "java").glob("bc*.jar"))))
    words = ["java", "-XX:ActiveProcessorCount=1", "-cp", jars, str(ROOT / "bench" / "neighbour_bouncycastle.java")]
    said = subprocess.run(
        [*words, str(folder / "document"), str(TURNS["bouncycastle"])], stdout=subprocess.PIPE, check=True
    )
    return float(said.stdout)
