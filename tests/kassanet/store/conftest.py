"""A journal per test, on every engine; when the test is over it must still make sense."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kassanet.store.case import Case
from tests.kassanet.store.engines import ENGINES, Engine


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture
def case(engine: Engine, tmp_path: Path) -> Iterator[Case]:
    case = Case(engine, tmp_path)
    yield case
    case.check()
    case.close()
