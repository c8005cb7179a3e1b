"""Runs a test once with what is installed, and once with Python alone."""

import pytest

from transports.dstu import backend, field, gost28147, gost34311, kupyna, points


@pytest.fixture(params=["installed", "python"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "python":
        for module in (field, gost28147, gost34311, points):
            monkeypatch.setattr(module, "NATIVE", None)
        for module in (kupyna, points):
            monkeypatch.setattr(module, "CORE", None)
    way: str = request.param
    return way


@pytest.fixture
def native(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own C without dstu_core, as on machines that it has no wheel for."""
    if backend.NATIVE is None:
        pytest.skip("the compiled part is not built")
    monkeypatch.setattr(points, "CORE", None)
