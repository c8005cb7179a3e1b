"""What the installation asks for where dstu-core has no wheel: all the rest, in one step."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.installed import SOURCE

METADATA = """
import platform, struct, sys
if sys.argv[1] == "musl":
    platform.libc_ver = lambda *words, **options: ("", "")
elif sys.argv[1] == "32 bits":
    sys.maxsize = 2**31 - 1
from setuptools import build_meta
build_meta.prepare_metadata_for_build_wheel(sys.argv[2])
"""


@pytest.mark.parametrize(("system", "asked"), [("this", True), ("musl", False), ("32 bits", False)])
def test_the_wheel_asks_for_it_only_where_there_is_one(tmp_path: Path, system: str, asked: bool) -> None:
    if sys.platform != "linux":
        pytest.skip("what is asked for elsewhere the marker says")
    made = tmp_path / "made"
    made.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(SOURCE / name, tmp_path)
    (tmp_path / "kassanet").mkdir()
    words = [sys.executable, "-c", METADATA, system, str(made)]
    subprocess.run(words, cwd=tmp_path, env={"PATH": os.defpath}, check=True, capture_output=True)
    [metadata] = made.glob("*.dist-info/METADATA")
    wanted = [line for line in metadata.read_text().splitlines() if line.startswith("Requires-Dist: ")]
    assert any(line.startswith("Requires-Dist: trio") for line in wanted)
    assert any(line.startswith("Requires-Dist: dstu-core") for line in wanted) is asked
