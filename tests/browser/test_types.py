"""The modules of the page say their types in JSDoc, and TypeScript finds no fault with them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from kassanet.edge import dashboard

PAGE = Path(dashboard.__file__).parent / "page"
TSC = Path(__file__).parent / "node_modules" / ".bin" / "tsc"


def test_typescript_finds_no_fault() -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node: apt-get install nodejs npm, then npm install --prefix tests/browser")
    if not TSC.exists():
        pytest.skip("no TypeScript: npm install --prefix tests/browser")
    done = subprocess.run([TSC, "-p", PAGE / "tsconfig.json"], stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_modules_stay_small() -> None:
    for path in PAGE.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert source.startswith("/**"), f"{path.name} does not say why it exists"
        assert source.count("\n") <= 260, path.name
        assert "innerHTML" not in source, path.name
