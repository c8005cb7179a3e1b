"""The page at ``/``: registers and the last receipts. Its files are read once, at start."""

from importlib.resources import files

from quart import Blueprint, Response

from kassanet.edge.application import public

_ASSETS = {
    "index.html": "text/html; charset=utf-8",
    "dashboard.css": "text/css; charset=utf-8",
    "dashboard.js": "text/javascript; charset=utf-8",
}

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def dashboard_blueprint() -> Blueprint:
    """``/`` and its assets, without a token: the page itself knows nothing."""
    blueprint = Blueprint("dashboard", __name__)
    folder = files(__name__)
    contents = {name: folder.joinpath(name).read_bytes() for name in _ASSETS}

    def asset(name: str) -> Response:
        return Response(contents[name], content_type=_ASSETS[name], headers={"Content-Security-Policy": _POLICY})

    @blueprint.get("/")
    @public
    async def page() -> Response:
        return asset("index.html")

    @blueprint.get("/dashboard.css")
    @public
    async def style() -> Response:
        return asset("dashboard.css")

    @blueprint.get("/dashboard.js")
    @public
    async def script() -> Response:
        return asset("dashboard.js")

    return blueprint
