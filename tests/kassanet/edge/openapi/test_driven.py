"""The running service, driven from its own description: nothing undocumented is answered, and nothing breaks.

Every operation is asked what its description allows and what it forbids, the same questions at every run.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kassanet.edge.openapi.catalogue import OPERATIONS
from kassanet.edge.openapi.operation import Operation
from tests.kassanet.edge.openapi.service import Running, running

EXAMPLES = 25

LAST = ("deactivateRegister", "removeRegister", "deactivatePinpad", "removePinpad", "removePrro")
"""Those that take away what the others need."""

AWAY = frozenset({"takePrroOffline", "bringPrroOnline", "unblockPrro", "postPrroOperation"})
"""Those that say 503 here with reason: their tax service is out of reach."""

IN_ORDER = sorted(
    (said for said in OPERATIONS if said.talk is None),
    key=lambda said: LAST.index(said.name) + 1 if said.name in LAST else 0,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("described")) as found:
        yield found


@pytest.fixture(scope="module")
def schema(service: Running) -> schemathesis.BaseSchema:
    described = httpx.get(f"{service.url}/openapi.json", trust_env=False).json()
    generation = GenerationConfig(deterministic=True, database="none")
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    return schemathesis.openapi.from_dict(described, config=config)


@pytest.mark.parametrize("said", IN_ORDER, ids=lambda said: said.name)
def test_every_answer_is_described(said: Operation, service: Running, schema: schemathesis.BaseSchema) -> None:
    operation = schema[said.path][said.method.upper()]
    headers = {"Authorization": f"Bearer {service.token}"} if said.role else {}

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation, service))
    def ask(case: schemathesis.Case[Any]) -> None:
        excused: list[Any] = [positive_data_acceptance, *([not_a_server_error] if said.name in AWAY else [])]
        answer = case.call_and_validate(base_url=service.url, headers=headers, excluded_checks=excused, timeout=20)
        assert answer.status_code != 500

    ask()


def _cases(
    operation: schemathesis.APIOperation[Any, Any, Any, Any], service: Running
) -> st.SearchStrategy[schemathesis.Case[Any]]:
    """What is allowed, of things that exist and of things that do not; and what is forbidden, where there is such."""

    def real(case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
        known = {name: value for name, value in service.known.items() if name in case.path_parameters}
        case.path_parameters = {**case.path_parameters, **known}
        return case

    allowed = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    forbidden = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    wanted = allowed.map(real) | allowed
    return wanted if forbidden.is_empty else wanted | forbidden
