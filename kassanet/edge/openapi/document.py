"""The OpenAPI 3.1 document, put together from what is said of each route. Pure: it asks nobody and knows no server."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from kassanet.edge.openapi.components import schemas_of
from kassanet.edge.openapi.operation import JSON, NDJSON, Answer, Body, Dialect, Operation, Parameter, Talk
from kassanet.edge.openapi.problems import ProblemKind, kinds_of
from kassanet.edge.openapi.subject import SERVICE, Subject
from kassanet.edge.problems import MEDIA_TYPE as PROBLEM
from schemas.problems import Problem

_BRACES = re.compile(r"{(\w+)}")
_HEADERS: dict[int, tuple[str, str, dict[str, Any]]] = {
    401: ("WWW-Authenticate", "The scheme of tokens: Bearer.", {"type": "string"}),
    429: ("Retry-After", "Seconds to wait before the next try.", {"type": "integer", "minimum": 1}),
    503: ("Retry-After", "Seconds to wait before the next try.", {"type": "integer", "minimum": 1}),
}


def document(operations: Sequence[Operation], subject: Subject = SERVICE) -> dict[str, Any]:
    """The whole description of ``operations``."""
    kinds = [kind for each in operations for kind in _kinds(each)]
    schemas, components = schemas_of([Problem, *kinds])
    writer = _Writer(kinds, schemas[1:], subject)
    paths: dict[str, Any] = {}
    for each in operations:
        paths.setdefault(each.path, _shared(each, subject))[each.method] = writer.operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": subject.title, "version": version("kassanet"), "description": subject.introduction},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in subject.tags.items()],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "examples": {_key(kind): _problem_example(kind) for kind in subject.problems},
            "securitySchemes": dict(subject.schemes),
        },
    }


def _kinds(operation: Operation) -> Iterable[Any]:
    bodies = [body for body in (operation.body, *(each.body for each in operation.answers)) if body is not None]
    yield from (kind for body in bodies for kind in (body.kind, body.other, body.lines) if kind is not None)
    if operation.talk is not None:
        yield from (*operation.talk.asks, *operation.talk.tells)
    if operation.dialect is not None:
        yield operation.dialect.refusal


def _shared(operation: Operation, subject: Subject) -> dict[str, Any]:
    names = _BRACES.findall(operation.path)
    return {"parameters": [_parameter(subject.parameters[name], "path") for name in names]} if names else {}


def _parameter(parameter: Parameter, place: str, *, required: bool = False) -> dict[str, Any]:
    is_required = required or place == "path"
    found = {"name": parameter.name, "in": place, "required": is_required, "description": parameter.text}
    found["schema"] = dict(parameter.schema)
    return found if parameter.example is None else found | {"example": parameter.example}


class _Writer:
    """Knows the schema of each type that a body has."""

    def __init__(self, kinds: Sequence[Any], schemas: Sequence[dict[str, Any]], subject: Subject) -> None:
        self._subject = subject
        self._known = list(zip(kinds, schemas, strict=True))

    def operation(self, said: Operation) -> dict[str, Any]:
        found: dict[str, Any] = {
            "operationId": said.name,
            "tags": [said.tag],
            "summary": said.summary,
            "description": f"{said.text}\n\n{_whom(said)}".strip(),
        }
        if said.dialect is not None:
            found["security"] = [{name: []} for name in said.dialect.security]
        elif said.role is None:
            found["security"] = []
        parameters = [*_headers(said.dialect), *(_parameter(each, "query") for each in said.query)]
        if parameters:
            found["parameters"] = parameters
        if said.body is not None:
            found["requestBody"] = {"required": said.body.required, "content": self._content(said.body)}
        answers = {str(each.status): self._answer(each) for each in said.answers}
        found["responses"] = answers | self._problems(said)
        return found if said.talk is None else found | {"x-websocket": self._talk(said.talk)}

    def _talk(self, talk: Talk) -> dict[str, Any]:
        return {
            "asks": [self._schema(kind) for kind in talk.asks],
            "tells": [self._schema(kind) for kind in talk.tells],
            "closes": {str(code): text for code, text in talk.closes.items()},
        }

    def _answer(self, said: Answer) -> dict[str, Any]:
        found: dict[str, Any] = {"description": said.text}
        if said.headers:
            found["headers"] = {each.name: _header(each.text, each.schema) for each in said.headers}
        return found if said.body is None else found | {"content": self._content(said.body)}

    def _problems(self, said: Operation) -> dict[str, Any]:
        if said.dialect is None:
            slugs = {*(self._subject.public if said.role is None else self._subject.closed), *said.problems}
            slugs |= {"integration-inactive"} if said.integrations else set()
        else:
            slugs = {*said.dialect.problems, *said.problems}
        slugs |= {"not-found"} if "{" in said.path else set()
        by_status: dict[int, list[ProblemKind]] = {}
        for kind in kinds_of(frozenset(slugs), self._subject.problems):
            by_status.setdefault(kind.status, []).append(kind)
        return {str(status): self._problem(status, kinds, said.dialect) for status, kinds in sorted(by_status.items())}

    def _problem(self, status: int, kinds: Sequence[ProblemKind], dialect: Dialect | None) -> dict[str, Any]:
        content = _problem_content(kinds) if dialect is None else {JSON: {"schema": self._schema(dialect.refusal)}}
        found = {"description": "\n".join(f"* `{kind.slug}`: {kind.meaning}" for kind in kinds), "content": content}
        if status in _HEADERS:
            name, text, schema = _HEADERS[status]
            found["headers"] = {name: _header(text, schema)}
        return found

    def _content(self, body: Body) -> dict[str, Any]:
        content: dict[str, Any] = {media: {"schema": {"type": "string"}} for media in body.media}
        if body.kind is not None:
            one = self._schema(body.kind)
            content[JSON] = {"schema": one if body.other is None else {"anyOf": [one, self._schema(body.other)]}}
            if body.example is not None:
                content[JSON]["example"] = msgspec.json.decode(msgspec.json.encode(body.example))
        if body.lines is not None:
            content[NDJSON] = {
                "schema": {"type": "string", "description": "One JSON document a line; x-line is its schema."},
                "x-line": self._schema(body.lines),
                "example": body.lines_example,
            }
        return content

    def _schema(self, kind: Any) -> dict[str, Any]:  # noqa: ANN401 - any type that msgspec understands
        return next(schema for known, schema in self._known if known is kind or known == kind)


def _whom(said: Operation) -> str:
    if said.dialect is not None and said.dialect.security:
        return "Needs a cashier's token."
    if said.dialect is not None or said.role is None:
        return "Needs no token."
    further = ", or the token of an active integration" if said.integrations else ""
    above = "" if said.role == "admin" else " or above"
    return f"Needs a token of role `{said.role}`{above}{further}."


def _problem_content(kinds: Sequence[ProblemKind]) -> dict[str, Any]:
    return {
        PROBLEM: {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": {kind.slug: {"$ref": f"#/components/examples/{_key(kind)}"} for kind in kinds},
        }
    }


def _headers(dialect: Dialect | None) -> list[dict[str, Any]]:
    if dialect is None:
        return []
    return [_parameter(each, "header", required=each.name in dialect.required) for each in dialect.headers]


def _header(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "required": True, "schema": dict(schema)}


def _key(kind: ProblemKind) -> str:
    return f"{kind.slug}-{kind.status}"


def _problem_example(kind: ProblemKind) -> dict[str, Any]:
    return {"summary": kind.meaning, "value": msgspec.to_builtins(kind.example())}
