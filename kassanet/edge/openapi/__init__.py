"""A program's own description: ``/openapi.json``, and ``/docs``, a page that reads it without any network.

What is said of the service's routes stands in :mod:`kassanet.edge.openapi.said`, of the agent's in
:mod:`kassanet.agent.openapi`; its schemas come from the very structs that decode
requests and encode answers. A test fails when a route is missing there, and another drives the running service from
the document.
"""

from collections.abc import Sequence
from importlib.resources import files

import msgspec
from quart import Blueprint, Response

from kassanet.edge.application import public
from kassanet.edge.openapi.document import document
from kassanet.edge.openapi.operation import Operation
from kassanet.edge.openapi.subject import Subject

_ASSETS = {
    "docs.html": "text/html; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def openapi_blueprint(operations: Sequence[Operation], subject: Subject) -> Blueprint:
    """The description and its page, without a token: they tell nothing of what is kept here."""
    blueprint = Blueprint("openapi", __name__)
    described = msgspec.json.encode(document(operations, subject))
    folder = files(__name__)
    contents = {name: folder.joinpath(name).read_bytes() for name in _ASSETS}

    def asset(name: str) -> Response:
        return Response(contents[name], content_type=_ASSETS[name], headers={"Content-Security-Policy": _POLICY})

    @blueprint.get("/openapi.json")
    @public
    async def description() -> Response:
        return Response(described, content_type="application/json")

    @blueprint.get("/docs")
    @public
    async def page() -> Response:
        return asset("docs.html")

    @blueprint.get("/docs.css")
    @public
    async def style() -> Response:
        return asset("docs.css")

    @blueprint.get("/docs.js")
    @public
    async def script() -> Response:
        return asset("docs.js")

    return blueprint
