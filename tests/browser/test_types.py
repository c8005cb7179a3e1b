"""The modules of the page: TypeScript finds no fault with their types (JSDoc), prettier none with their form."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kassanet.edge import alarms_rules, dashboard

PAGE = Path(dashboard.__file__).parent / "page"
TOOLS = Path(__file__).parent / "node_modules" / ".bin"


CHECKS = {
    "tsc": ["-p", str(PAGE / "tsconfig.json")],
    "prettier": ["--print-width", "120", "--check", f"{PAGE}/**/*.js"],
}


@pytest.mark.parametrize("tool", CHECKS)
def test_the_tools_find_no_fault(tool: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node: apt-get install nodejs npm, then npm install --prefix tests/browser")
    if not (TOOLS / tool).exists():
        pytest.skip(f"no {tool}: npm install --prefix tests/browser")
    done = subprocess.run([TOOLS / tool, *CHECKS[tool]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_modules_stay_small() -> None:
    for path in PAGE.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert source.startswith("/**"), f"{path.name} does not say why it exists"
        assert source.count("\n") <= 260, path.name
        assert max(map(len, source.splitlines())) <= 120, path.name
        assert "innerHTML" not in source, path.name


def test_every_alarm_has_words_and_advice() -> None:
    rules = Path(alarms_rules.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'"([a-z_]+)", (?:"critical"|"warning"|level), ', rules))
    assert {"prro_blocked", "billing_away", "key_expires", "shift_near_day"} <= codes
    words = "".join(path.read_text(encoding="utf-8") for path in (PAGE / "words").glob("en*.js"))
    for code in codes - {"unreachable", "out_of_rotation"} | {"site_away"}:
        assert f"  alarm_{code}: " in words, code
        assert re.search(rf"\n  advice_{code}: ?", words), code
