"""Every pair, on every link."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.rig import Rig, Way, rigged
from tests.contract.rigs import PAIRS, Pair


@pytest.fixture(params=PAIRS, ids=lambda pair: pair.name)
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.param
    return found


@pytest.fixture(params=["memory", "tcp", "pty"])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


@pytest.fixture
async def rig(pair: Pair, way: Way) -> AsyncIterator[Rig]:
    async with rigged(pair, way) as made:
        yield made
