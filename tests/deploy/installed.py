"""kassanet as an operator has it: a wheel in a virtual environment with what the wheel says it needs, and no more.

Nothing comes over a network. The dependencies are those of the environment that runs the tests, but only the ones that
the wheel asks for are there, by links; kassanet itself is there from the wheel alone.
"""

import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SOURCE = Path(__file__).parent.parent.parent
WHAT_IS_BUILT = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "schemas", "transports", "actors", "kassanet")


def build_wheel(folder: Path) -> Path:
    """From a copy of the sources, since a build leaves traces of what it once built."""
    copy = folder / "source"
    copy.mkdir()
    for name in WHAT_IS_BUILT:
        source = SOURCE / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    _pip("wheel", "--no-build-isolation", f"--wheel-dir={folder}", str(copy))
    [wheel] = folder.glob("kassanet-*.whl")
    return wheel


def install(wheel: Path, place: Path) -> None:
    """Make a virtual environment at ``place`` and put the wheel there."""
    venv.create(place, symlinks=True)
    _pip("install", "--ignore-installed", str(wheel), python=place / "bin" / "python")
    [packages] = (place / "lib").glob("python*/site-packages")
    [itself] = distributions(name="kassanet", path=[str(packages)])
    links = place / "dependencies"
    links.mkdir()
    for needed in dependencies(itself):
        _link(needed, links)
    (packages / "dependencies.pth").write_text(f"{links}\n")


def dependencies(itself: Distribution) -> Iterator[Distribution]:
    """Everything that a distribution needs, and what that needs, without extras that nobody asked for."""
    seen, due = set[str](), list(_needed(itself, ()))
    while due:
        wanted = due.pop()
        if canonicalize_name(wanted.name) not in seen:
            seen.add(canonicalize_name(wanted.name))
            found = distribution(wanted.name)
            due += _needed(found, wanted.extras)
            yield found


def _needed(of: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    for wanted in map(Requirement, of.requires or ()):
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield wanted


def _link(needed: Distribution, links: Path) -> None:
    tops = {Path(file).parts[0] for file in needed.files or ()} - {"..", "__pycache__"}
    for top in tops:
        target = Path(str(needed.locate_file(top)))
        if target.exists() and not (links / top).exists():
            (links / top).symlink_to(target)


def _pip(action: str, *words: str, python: Path | None = None) -> None:
    where = [] if python is None else [f"--python={python}"]
    quietly = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", *where, action, *quietly, *words], check=True, cwd="/")
