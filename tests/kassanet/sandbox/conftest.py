"""A register for each test."""

import pytest

from tests.kassanet.sandbox.desk import Desk


@pytest.fixture
def desk() -> Desk:
    """Registered, shift closed."""
    return Desk()


@pytest.fixture
async def shop(desk: Desk) -> Desk:
    """Registered, shift open."""
    await desk.open_shift()
    return desk
