"""Driving a running program from its own description: what it allows and what it forbids, the same at every run."""

import json
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from kassanet.edge.openapi.operation import Operation
from tests.kassanet.edge.openapi.service import Running

EXAMPLES = 25


@schemathesis.serializer("application/x-ndjson")
def lines(_context: object, value: object) -> bytes:
    """One JSON text a line; what is no list is a line of its own."""
    if isinstance(value, bytes):
        return value
    return b"\n".join(json.dumps(each).encode() for each in (value if isinstance(value, list) else [value]))


def schema_of(running: Running) -> schemathesis.BaseSchema:
    """As it tells it itself."""
    described = httpx.get(f"{running.url}/openapi.json", trust_env=False).json()
    generation = GenerationConfig(deterministic=True, database="none")
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    return schemathesis.openapi.from_dict(described, config=config)


def drive(said: Operation, running: Running, schema: schemathesis.BaseSchema, *, away: bool = False) -> None:
    """Ask one operation. ``away``: it says 503 with reason, for somebody whom it needs is out of reach.

    What takes lines alone answers 200 and says which of them are wrong.
    """
    operation = schema[said.path][said.method.upper()]
    headers = {"Authorization": f"Bearer {running.token}"} if said.role else {}

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation, running))
    def ask(case: schemathesis.Case[Any]) -> None:
        excused: list[Any] = [positive_data_acceptance, *([not_a_server_error] if away else [])]
        if case.media_type == "application/x-ndjson":
            excused.append(negative_data_rejection)
        answer = case.call_and_validate(base_url=running.url, headers=headers, excluded_checks=excused, timeout=20)
        assert answer.status_code != 500

    ask()


def _cases(
    operation: schemathesis.APIOperation[Any, Any, Any, Any], running: Running
) -> st.SearchStrategy[schemathesis.Case[Any]]:
    """What is allowed, of things that exist and of things that do not; and what is forbidden, where there is such."""

    def real(case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
        known = {name: value for name, value in running.known.items() if name in case.path_parameters}
        case.path_parameters = {**case.path_parameters, **known}
        return case

    allowed = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    forbidden = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    wanted = allowed.map(real) | allowed
    return wanted if forbidden.is_empty else wanted | forbidden
