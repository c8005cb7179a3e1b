"""One installation for all tests here: it takes a moment, and nobody changes it."""

from importlib.metadata import version
from pathlib import Path

import pytest

from tests.deploy.installed import build_wheel, install


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``/opt/kassanet`` would be."""
    if int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip(f"setuptools is {version('setuptools')}; a wheel is built with 77 or later")
    folder = tmp_path_factory.mktemp("opt")
    install(build_wheel(folder), folder / "kassanet-of-today")
    (folder / "kassanet").symlink_to("kassanet-of-today")
    return folder / "kassanet"
