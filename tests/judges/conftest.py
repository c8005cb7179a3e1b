"""What is laid before the judges: good messages and spoilt ones, and a key in every container."""

import pytest

from tests.judges.exhibits import Exhibits, laid_out


@pytest.fixture(scope="session")
def exhibits(tmp_path_factory: pytest.TempPathFactory) -> Exhibits:
    return laid_out(tmp_path_factory.mktemp("exhibits"))
