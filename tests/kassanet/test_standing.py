"""What is there to stay is taken from the garbage collector, and only then; descriptors are not wasted."""

import gc
import resource
import subprocess
import sys
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


def test_all_descriptors_that_the_system_grants_are_used() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    code = (
        "import resource as r; from kassanet.standing import allow_descriptors as allow;"
        f"r.setrlimit(r.RLIMIT_NOFILE, (64, {hard})); allow(); print(*r.getrlimit(r.RLIMIT_NOFILE))"
    )
    told = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, text=True).stdout
    assert told.split() == [str(hard), str(hard)]
