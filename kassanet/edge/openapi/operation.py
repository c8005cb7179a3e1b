"""What is said of one route: the words in which the rooms of :mod:`kassanet.edge.openapi.said` describe theirs."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

JSON = "application/json"
NDJSON = "application/x-ndjson"

Method = Literal["get", "post", "put", "patch", "delete"]
Tag = Literal[
    "Receipts",
    "Circuits",
    "Registers",
    "Pinpads",
    "Software registers",
    "CashDesk",
    "Sales",
    "Payments",
    "Actors",
    "Stream",
    "Sites",
    "Alarms",
    "Session",
    "Keys",
    "Signatures",
    "Operation",
    "Pages",
]


class Body(Struct, frozen=True):
    """A body: what JSON says (``kind``, any type that msgspec understands), and how it may look.

    ``other`` is a second kind that it may be. ``lines`` is for NDJSON: what one line says. ``media`` is of bodies that
    are neither.
    """

    kind: Any = None
    example: Any = None
    other: Any = None
    lines: Any = None
    lines_example: str = ""
    media: tuple[str, ...] = ()
    required: bool = True


class Parameter(Struct, frozen=True):
    """A parameter of the path or the query, or a header. ``schema`` is JSON Schema."""

    name: str
    text: str
    schema: Mapping[str, Any]
    example: str | int | None = None


class Answer(Struct, frozen=True):
    """An answer that is no problem; ``body`` None is an answer without one. ``headers`` always come with it."""

    status: int
    text: str
    body: Body | None = None
    headers: tuple[Parameter, ...] = ()


class Dialect(Struct, frozen=True):
    """How programs of somebody else's speak: with tokens of their own (``security`` names the schemes, none: nobody
    asks for one), with ``headers``, those of ``required`` always, and problems told as ``refusal``.
    """

    security: tuple[str, ...]
    headers: tuple[Parameter, ...]
    required: frozenset[str]
    refusal: Any
    problems: tuple[str, ...]


class Talk(Struct, frozen=True):
    """What is said on a WebSocket: by the client, by the service, and the codes with which the service closes it."""

    asks: tuple[type, ...]
    tells: tuple[type, ...]
    closes: Mapping[int, str]


class Operation(Struct, frozen=True, kw_only=True):
    """One route and method.

    ``path`` is the OpenAPI template. ``role`` None is public; ``integrations``: tokens of integrations may too.
    ``problems`` are slugs of :data:`kassanet.edge.openapi.problems.PROBLEMS` beyond those of every route. With a
    ``dialect`` neither ``role`` nor ``integrations`` mean anything.
    ``talk`` is of a WebSocket, and is put beside the description as ``x-websocket``: OpenAPI has no words for it.
    """

    method: Method
    path: str
    name: str
    tag: Tag
    summary: str
    answers: tuple[Answer, ...]
    text: str = ""
    role: Literal["viewer", "operator", "admin"] | None = "viewer"
    integrations: bool = False
    body: Body | None = None
    query: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = ()
    talk: Talk | None = None
    dialect: Dialect | None = None
