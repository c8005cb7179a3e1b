"""Bodies of requests, from bytes to structs, with every wrong field named at once.

Two different refusals: what is not JSON at all is 400 ``malformed``; what is JSON but not the thing asked for is 422
``invalid``, with the fields. A program that gets 422 must change what it says, not how it says it.
"""

from typing import Any, TypeVar

import msgspec

from kassanet.located import locate
from schemas.problems import FieldError, ProblemError, problem

T = TypeVar("T")

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes from outside. RecursionError: a body of nothing but opening brackets."""


def decode(data: bytes | str, kind: type[T]) -> T:
    """The struct that ``data`` says; raises :class:`ProblemError` 400 or 422."""
    try:
        return msgspec.json.decode(data, type=kind)
    except UNDECODABLE as error:
        raise invalid(located(data, kind, error)[1]) from None


def located(data: bytes | str, kind: type[Any], cause: Exception) -> tuple[Any, list[FieldError]]:
    """After a failed decode: the document as plain objects, and its wrong fields. Raises 400 if it is not JSON."""
    try:
        raw = msgspec.json.decode(data)
    except msgspec.ValidationError:  # a number beyond every range: JSON by its grammar, yet not a value
        return None, [FieldError("", str(cause))]
    except UNDECODABLE as error:
        raise malformed(error) from None
    return raw, locate(kind, raw) or [FieldError("", str(cause))]


def malformed(error: Exception) -> ProblemError:
    """400: not JSON. The position is told, the content is not."""
    if isinstance(error, RecursionError):
        return problem(400, "malformed", "The body is nested too deeply.")
    if isinstance(error, UnicodeDecodeError):
        return problem(400, "malformed", f"The body is not UTF-8 (byte {error.start}).")
    return problem(400, "malformed", f"The body is not JSON: {str(error).removeprefix('JSON is malformed: ')}.")


def invalid(errors: list[FieldError]) -> ProblemError:
    """422: JSON, but not what was asked for."""
    count = "One field is" if len(errors) == 1 else f"{len(errors)} fields are"
    return problem(422, "invalid", f"{count} wrong.", tuple(errors))
