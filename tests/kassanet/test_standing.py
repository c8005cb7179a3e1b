"""What is there to stay is taken from the garbage collector, and only then."""

import gc
from collections.abc import Iterator

import pytest

from kassanet.standing import THRESHOLDS, Standing


@pytest.fixture(autouse=True)
def own_collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_stands_is_not_walked_again() -> None:
    frozen = gc.get_freeze_count()
    standing = Standing()
    assert gc.get_freeze_count() == frozen
    standing.started(object())
    assert gc.get_freeze_count() > frozen
    assert gc.get_threshold() == THRESHOLDS
