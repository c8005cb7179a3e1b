"""``kassanet site`` and ``kassanet receipts``: a running service asked from the command line."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import msgspec

from kassanet.importing import Refused
from schemas.problems import Problem
from schemas.sites import SiteState

PIECE = 262_144
PATIENCE = 600.0


def add(url: str, token: str, name: str, inn: str | None) -> str:
    """The new site's token, which is not told again."""
    said = {"name": name} | ({} if inn is None else {"inn": inn})
    return str(_asked(url, token, "POST", "/api/v1/sites", said)["token"])


def renew(url: str, token: str, name: str) -> str:
    """Another token in the place of the old one."""
    return str(_asked(url, token, "POST", f"/api/v1/sites/{_number(url, token, name)}/token")["token"])


def revoke(url: str, token: str, name: str) -> None:
    _asked(url, token, "DELETE", f"/api/v1/sites/{_number(url, token, name)}")


def listing(url: str, token: str) -> Iterator[str]:
    """The sites, one line each under a heading."""
    yield _columns("ID", "SITE", "CONDITION", "REGISTERS", "RECEIPTS", "OWED", "BEHIND", "ADDRESS")
    for row in _sites(url, token):
        numbers = (str(row.registers), row.receipts or "", str(row.owed), str(row.behind))
        yield _columns(str(row.id), row.name, row.condition, *numbers, row.address or "")


def export(url: str, token: str, site: str | None, sink: BinaryIO) -> None:
    """Write receipts as NDJSON: the service's own, or a site's. Fails when the answer breaks off: it is not whole."""
    path = "/api/v1/receipts.ndjson" if site is None else f"/api/v1/sites/{_number(url, token, site)}/receipts.ndjson"
    with _client(url, token) as client, _told(), client.stream("GET", path) as answer:
        if answer.status_code != 200:
            answer.read()
            raise Refused(_reason(answer))
        sink.writelines(answer.iter_bytes())
    sink.flush()


def bring(url: str, token: str, file: Path) -> tuple[str, bool]:
    """Send an export to be archived; what became of it, and whether every line was good."""
    with _client(url, token) as client, _told():
        headers = {"Content-Type": "application/x-ndjson"}
        answer = client.post("/api/v1/receipts.ndjson", content=_pieces(file), headers=headers)
    if answer.status_code != 200:
        raise Refused(_reason(answer))
    said = answer.json()
    for error in said.get("errors", ()):
        print(f"kassanet: {file.name}: {error['path']} {error['message']}", file=sys.stderr)
    return f"{said['lines']} lines, {said['kept']} new or newer", not said.get("errors")


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece


def _number(url: str, token: str, name: str) -> int:
    for row in _sites(url, token):
        if name in (row.name, str(row.id)):
            return row.id
    raise Refused(f"there is no site {name}; kassanet site list shows them all")


def _sites(url: str, token: str) -> list[SiteState]:
    return msgspec.convert(_asked(url, token, "GET", "/api/v1/sites"), list[SiteState])


def _asked(url: str, token: str, method: str, path: str, said: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    with _client(url, token) as client, _told():
        answer = client.request(method, path, json=said)
    if answer.status_code >= 400:
        raise Refused(_reason(answer))
    return answer.json() if answer.content else None


def _client(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False)


@contextmanager
def _told() -> Iterator[None]:
    """What the network does, as one line."""
    try:
        yield
    except httpx.TransportError as error:
        raise Refused(f"the service cannot be reached, or broke off ({error}); is it running?") from None


def _reason(answer: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        return f"the service answered {answer.status_code}"
    fields = "; ".join(error.in_words() for error in problem.errors)
    return f"{problem.detail or problem.title}{f' {fields}' if fields else ''}"


def _columns(*cells: str) -> str:
    widths = (5, 20, 12, 11, 10, 8, 8, 16)
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
