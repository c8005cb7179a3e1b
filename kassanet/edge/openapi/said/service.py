"""Health, the description itself, and pages."""

from typing import Literal

from msgspec import Struct

from kassanet.edge.health import Alive, Signing
from kassanet.edge.openapi.operation import Answer, Body, Operation

_PAGE = Answer(200, "The page.", Body(media=("text/html; charset=utf-8",)))


class Ready(Struct, frozen=True):
    """The journal can be written and the tree of actors is up; no register is needed for that."""

    status: Literal["ready"] = "ready"


SERVICE = (
    Operation(
        method="get",
        path="/healthz",
        name="alive",
        tag="Operation",
        summary="Does the process answer?",
        role=None,
        answers=(Answer(200, "It does.", Body(Alive, Alive(signing=Signing("native+dstu-core", fallback=False)))),),
    ),
    Operation(
        method="get",
        path="/readyz",
        name="ready",
        tag="Operation",
        summary="Can the service do its work?",
        role=None,
        answers=(Answer(200, "It can.", Body(Ready, Ready())),),
        problems=("not-ready",),
    ),
    Operation(
        method="get",
        path="/openapi.json",
        name="describe",
        tag="Operation",
        summary="This description.",
        role=None,
        answers=(Answer(200, "OpenAPI 3.1.", Body(dict[str, object])),),
    ),
    Operation(
        method="get",
        path="/docs",
        name="read",
        tag="Pages",
        summary="This description, for reading without a network.",
        role=None,
        answers=(_PAGE,),
    ),
    Operation(method="get", path="/", name="watch", tag="Pages", summary="The dashboard.", role=None, answers=(_PAGE,)),
)
