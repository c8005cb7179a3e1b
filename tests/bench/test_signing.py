"""The bench of signatures refuses to measure a fallback, and what it compares does the same work."""

import pytest

from bench import floor_signing, limit_signing
from bench.result import NotReal
from transports.dstu import backend


def test_a_fallback_gets_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    signers, _ = limit_signing.make_signers()
    monkeypatch.setattr(backend, "NATIVE", None)
    with pytest.raises(NotReal, match="no compiler"):
        limit_signing.prove(signers["gost"])


def test_every_part_can_be_measured() -> None:
    signers, stamps = limit_signing.make_signers()
    assert limit_signing.subject(signers["gost"], 2) > 0
    assert floor_signing.signatures_a_second(limit_signing.DOCUMENT, 2) > 0
    assert limit_signing.verified(signers["kupyna"], 2) > 0
    assert min(limit_signing.stamped(signers["gost"], stamps, 2)) > 0
    with limit_signing.python_alone():
        assert limit_signing.subject(signers["kupyna"], 1) > 0
