"""The agent's description is whole: every route, every problem, and no example that it would not understand."""

import ast
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from quart_trio import QuartTrio

from actors import signing
from kassanet import agent
from kassanet.agent import app as program
from kassanet.agent.openapi import AGENT, OPERATIONS
from kassanet.agent.openapi.problems import ELSEWHERE, PROBLEMS
from kassanet.agent.refusals import _CONTAINER
from kassanet.edge.application import make_app
from kassanet.edge.openapi.document import document
from kassanet.edge.openapi.operation import Body, Operation
from tests.kassanet.agent.office import serving, settings
from tests.kassanet.edge.openapi.test_document import is_a, problems_said, routes_of

SOURCES = [*Path(agent.__file__).parent.rglob("*.py"), *Path(signing.__file__).parent.rglob("*.py")]
BODIES = [
    pytest.param(body, id=f"{each.name}-{place}")
    for each in OPERATIONS
    for place, body in [("body", each.body), *((str(answer.status), answer.body) for answer in each.answers)]
    if body is not None
]


async def test_every_route_is_described_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apps: list[QuartTrio] = []

    def kept(**parts: Any) -> QuartTrio:  # noqa: ANN401 - whatever the application is made of
        apps.append(make_app(**parts))
        return apps[0]

    monkeypatch.setattr(program, "make_app", kept)
    async with (
        serving(settings(tmp_path), passphrase=None) as running,
        httpx.AsyncClient(base_url=running.addresses[0], trust_env=False) as client,
    ):
        described = (await client.get("/openapi.json")).json()
        page = await client.get("/docs")
    said = {(method, path) for path, item in described["paths"].items() for method in item if method != "parameters"}
    assert said == routes_of(apps[0]), "describe each route in kassanet/agent/openapi/said.py"
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "kassanet agent"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_every_problem_that_it_raises_is_in_the_table_and_said_somewhere() -> None:
    raised = {word for path in SOURCES for word in _raised(path)} | set(_CONTAINER.values())
    assert len(raised) > 20
    assert raised - {"keys-changed", "constraint"} <= {kind.slug for kind in PROBLEMS}
    kinds = {(kind.slug, kind.status) for kind in PROBLEMS if kind.slug not in ELSEWHERE}
    assert kinds <= problems_said(document(OPERATIONS, AGENT))


def _raised(path: Path) -> set[str]:
    """The words of refusals, conflicts and problems in a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            place = {"Refused": 0, "Conflict": 0, "problem": 1}.get(node.func.id)
            word = None if place is None else getattr(node.args[place], "value", None)
            found |= {word.replace("_", "-")} if isinstance(word, str) else set()
    return found


@pytest.mark.parametrize("body", BODIES)
def test_examples_are_what_they_illustrate(body: Body) -> None:
    if body.example is not None:
        assert is_a(body.kind, msgspec.json.encode(body.example))
    assert body.media or body.kind is not None


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_has_an_example_wherever_it_has_json(operation: Operation) -> None:
    bodies = [operation.body, *(answer.body for answer in operation.answers)]
    plain = [body for body in bodies if body is not None and body.kind not in (None, dict[str, object])]
    assert all(body.example is not None for body in plain)
    assert operation.summary.endswith((".", "?"))
    assert operation.tag in AGENT.tags


def test_names_are_unique_and_references_lead_somewhere() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    whole = document(OPERATIONS, AGENT)
    for reference in re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(whole).decode()):
        place: Any = whole
        for key in reference.split("/"):
            place = place[key]
        assert place
