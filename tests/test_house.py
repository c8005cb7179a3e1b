"""The house itself: arrows point down, every room says why it exists, and no file becomes a drawer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ["schemas", "transports", "actors", "kassanet"]
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
SANS_IO_FORBIDDEN = {"trio", "serial", "socket", "threading", "time"}
SANS_IO_NAMES = {"frames.py", "tlv.py", "values.py", "commands.py", "receipts.py", "errors.py", "text.py"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_arrows_point_down(path: Path) -> None:
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    upper = set(FLOORS[floor + 1 :])
    assert not {name for name in imported(path) if name.split(".")[0] in upper}


def test_sandbox_never_imports_actors() -> None:
    for path in (ROOT / "kassanet" / "sandbox").rglob("*.py"):
        assert not [name for name in imported(path) if name.split(".")[0] == "actors"], path


def test_schemas_import_only_msgspec_and_the_standard_library() -> None:
    import sys

    allowed = set(sys.stdlib_module_names) | {"msgspec", "schemas"}
    for path in (ROOT / "schemas").rglob("*.py"):
        assert not [name for name in imported(path) if name.split(".")[0] not in allowed], path


def test_codecs_import_no_io() -> None:
    for path in (ROOT / "transports").rglob("*.py"):
        if path.parent.name != "transports" and path.name in SANS_IO_NAMES:
            assert not [name for name in imported(path) if name.split(".")[0] in SANS_IO_FORBIDDEN], path


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_every_module_says_why_and_stays_small(path: Path) -> None:
    source = path.read_text()
    assert ast.get_docstring(ast.parse(source)), "no module docstring"
    assert source.count("\n") <= 400


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_functions_stay_readable(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 80, node.name
