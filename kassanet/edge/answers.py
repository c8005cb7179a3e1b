"""Answers in JSON, encoded by msgspec: structs go out as they are, dates and Decimals included."""

from collections.abc import Mapping

import msgspec
from quart import Response

_encode = msgspec.json.Encoder().encode


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``value`` as ``application/json``."""
    response = Response(_encode(value), status, content_type="application/json")
    response.headers.update(headers or {})
    return response


def nothing(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(b"", status, content_type="application/json")
