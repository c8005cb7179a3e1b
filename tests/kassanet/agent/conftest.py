"""Keys made once, and a master key that costs little."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kassanet.agent import app, master
from kassanet.sandbox.keys.estate import Estate, load
from tests.kassanet.agent.office import keys_in
from transports.dstu.imports import KeyMaterial, import_key


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "made"
    keys_in(folder)
    return folder


@pytest.fixture(scope="session")
def estate(key_folder: Path) -> Estate:
    return load(key_folder)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """scrypt for tests: its cost is not what they are about."""
    monkeypatch.setattr(master, "COST", 4)


@pytest.fixture
def imported_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers opened in this process: starting another takes a second."""

    class Here:
        def __init__(self, seconds: float) -> None:
            pass

        async def __call__(self, container: bytes, password: str, certificates: Sequence[bytes]) -> KeyMaterial:
            return import_key(container, password, certificates)

    monkeypatch.setattr(app, "Importer", Here)
