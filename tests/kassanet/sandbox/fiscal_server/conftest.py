"""A shop and its till for each test."""

import pytest

from tests.kassanet.sandbox.fiscal_server.till import Shop, Till


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def till(shop: Shop) -> Till:
    """Its shift is closed."""
    return Till(shop)
