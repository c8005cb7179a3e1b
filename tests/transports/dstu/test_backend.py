"""What does the arithmetic is named, and a broken wheel is not used."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from transports.dstu import backend
from transports.dstu.backend import Backend


def test_what_is_installed_is_named() -> None:
    here = backend.backend()
    assert here.is_fallback == (backend.NATIVE is None)
    assert (here.dstu_core is not None) == (backend.CORE is not None)
    assert ("native" in here.name) == (backend.NATIVE is not None)


def test_python_alone_is_a_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "NATIVE", None)
    monkeypatch.setattr(backend, "CORE", None)
    assert backend.backend() == Backend("python", "python", "python", "python", None)
    assert backend.backend().is_fallback
    assert backend.backend().name == "python"


def test_our_own_part_alone_is_no_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "NATIVE", ModuleType("_native"))
    monkeypatch.setattr(backend, "CORE", None)
    assert not backend.backend().is_fallback
    assert backend.backend().name == "native"


def test_a_wheel_that_miscalculates_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class DstuError(Exception):
        pass

    def selftest() -> None:
        raise DstuError("sign257 failed")

    monkeypatch.setitem(
        sys.modules, "dstu_core", SimpleNamespace(DstuError=DstuError, selftest=selftest)
    )  # what stands for the module
    assert backend._load_core() is None
    monkeypatch.setitem(sys.modules, "dstu_core", None)  # as if it were not installed
    assert backend._load_core() is None
