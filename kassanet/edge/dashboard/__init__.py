"""The dashboard at ``/``: plain modules that a browser runs as they are, read once when the service starts.

Everything but the page itself lies under a path that names its content, so browsers keep it for ever and a new version
is fetched at once. The page names every module, so that none waits for another to be read before it is asked for.
The policy forbids whatever is not a file of this origin, and every way of turning text into markup.
"""

import gzip
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from msgspec import Struct
from quart import Blueprint, Response, request

from kassanet.edge.application import public
from schemas.problems import problem

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER = "public, max-age=31536000, immutable"


class Asset(Struct, frozen=True):
    """A file as it is sent; ``packed`` is the same, gzipped."""

    content: bytes
    packed: bytes
    media: str


def dashboard_blueprint() -> Blueprint:
    """``/`` and its assets, without a token: the page itself knows nothing."""
    blueprint = Blueprint("dashboard", __name__)
    folder = files(__name__) / "page"
    assets = {name: _asset(name, content) for name, content in sorted(_read(folder, ""))}
    edition = sha256(b"".join(name.encode() + each.content for name, each in assets.items())).hexdigest()[:12]
    page = _page((folder / "index.html").read_text(encoding="utf-8"), edition, assets)

    @blueprint.get("/")
    @public
    async def show() -> Response:
        return _sent(page, {**HEADERS, "Cache-Control": "no-cache"})

    @blueprint.get("/assets/<asked>/<path:name>")
    @public
    async def asset(asked: str, name: str) -> Response:
        if asked != edition or name not in assets:  # an old page asks for what an upgrade took away: it is loaded anew
            raise problem(404, "not-found", "There is nothing under this address.")
        return _sent(assets[name], {**HEADERS, "Cache-Control": _FOR_EVER})

    return blueprint


def _read(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{path}{entry.name}/")
        elif _suffix(entry.name) in _TYPES:
            yield path + entry.name, entry.read_bytes()


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, gzip.compress(content, 9, mtime=0), _TYPES[_suffix(name)])


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


def _page(template: str, edition: str, assets: Mapping[str, Asset]) -> Asset:
    links = [f'<link rel="stylesheet" href="/assets/{edition}/{name}">' for name in assets if name.endswith(".css")]
    links += [f'<link rel="modulepreload" href="/assets/{edition}/{name}">' for name in assets if name.endswith(".js")]
    content = template.replace("<!-- assets -->", "\n  ".join(links)).replace("{edition}", edition).encode()
    return Asset(content, gzip.compress(content, 9, mtime=0), "text/html; charset=utf-8")


def _sent(asset: Asset, headers: Mapping[str, str]) -> Response:
    packed = request.accept_encodings["gzip"] > 0
    response = Response(asset.packed if packed else asset.content, content_type=asset.media, headers=dict(headers))
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response
