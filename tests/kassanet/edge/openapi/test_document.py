"""The description is whole: every route, every problem, and no example that the service would not understand."""

import ast
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import trio
from quart_trio import QuartTrio

from kassanet import app as service
from kassanet.config import Config
from kassanet.edge.application import make_app
from kassanet.edge.openapi.catalogue import OPERATIONS
from kassanet.edge.openapi.document import document
from kassanet.edge.openapi.operation import Body, Operation
from kassanet.edge.openapi.problems import ELSEWHERE, PROBLEMS, kinds_of
from kassanet.edge.problems import MEDIA_TYPE
from schemas.problems import Problem

EDGE = Path(service.__file__).parent / "edge"
ASSET = re.compile(r"\.(css|js)$|^/assets/")
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

    monkeypatch.setattr(service, "make_app", kept)
    async with trio.open_nursery() as nursery:
        running: service.Service = await nursery.start(service.serve, Config(data=str(tmp_path), port=0))
        async with httpx.AsyncClient(base_url=running.addresses[0], trust_env=False) as client:
            described = (await client.get("/openapi.json")).json()
            page = await client.get("/docs")
            assert [(await client.get(f"/docs.{kind}")).status_code for kind in ("css", "js")] == [200, 200]
        running.stop.set()
    said = {(method, path) for path, item in described["paths"].items() for method in item if method != "parameters"}
    assert said == routes_of(apps[0]), "describe each route in kassanet/edge/openapi/said/, and list it in catalogue.py"
    assert described["openapi"].startswith("3.1")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http" not in re.sub(r"HTTP|http-equiv", "", page.text), "the page needs nothing from elsewhere"


def routes_of(app: QuartTrio) -> set[tuple[str, str]]:
    """Method and path of each, but for the files of pages."""
    return {
        (method.lower(), re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or {"GET"}) - {"HEAD", "OPTIONS"}
        if not ASSET.search(rule.rule)
    }


def test_every_problem_that_the_edge_raises_is_in_the_table() -> None:
    known = {(kind.slug, kind.status) for kind in PROBLEMS}
    raised = {
        (slug, status)
        for path in EDGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "problem"
        for status, slug in [tuple(getattr(word, "value", None) for word in node.args[:2])]
        if isinstance(status, int) and isinstance(slug, str)
    }
    assert len(raised) > 15
    assert raised <= known


def test_every_problem_is_said_somewhere() -> None:
    said = problems_said(document(OPERATIONS))
    assert {(kind.slug, kind.status) for kind in PROBLEMS if kind.slug not in ELSEWHERE} <= said


def problems_said(whole: dict[str, Any]) -> set[tuple[str, int]]:
    """Word and status of each problem that a description has in an operation."""
    return {
        (slug, int(status))
        for item in whole["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for status, answer in operation["responses"].items()
        for slug in answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    }


def test_a_word_that_is_no_problem_is_refused() -> None:
    with pytest.raises(KeyError, match="overlorded"):
        kinds_of(frozenset({"overlorded"}))


@pytest.mark.parametrize("body", BODIES)
def test_examples_are_what_they_illustrate(body: Body) -> None:
    if body.example is not None:
        kinds = [kind for kind in (body.kind, body.other) if kind is not None]
        assert any(is_a(kind, msgspec.json.encode(body.example)) for kind in kinds)
    for line in body.lines_example.splitlines():
        assert is_a(body.lines, line.encode())
    assert body.media or body.kind is not None


def is_a(kind: object, said: bytes) -> bool:
    """Whether JSON says such a thing."""
    try:
        msgspec.json.decode(said, type=kind)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_has_an_example_wherever_it_has_json(operation: Operation) -> None:
    bodies = [operation.body, *(answer.body for answer in operation.answers)]
    plain = [body for body in bodies if body is not None and body.kind not in (None, dict[str, object])]
    assert all(body.example is not None for body in plain)
    assert operation.summary.endswith((".", "?"))


def test_names_are_unique_and_references_lead_somewhere() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    whole = document(OPERATIONS)
    for reference in re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(whole).decode()):
        place: Any = whole
        for key in reference.split("/"):
            place = place[key]
        assert place


def test_problem_examples_are_problems() -> None:
    for example in document(OPERATIONS)["components"]["examples"].values():
        assert msgspec.convert(example["value"], Problem).type.startswith("urn:kassanet:problem:")
