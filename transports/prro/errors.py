"""The fiscal server's error codes, the text they come in over HTTP, and what each of them proves.

A refusal ends a document only when it can have no other cause than that document. A wrong number or a shift that is
not as we thought may be the echo of an answer that was lost, so those are looked into before anything is decided.
"""

import re
from enum import IntEnum
from typing import Literal

Verdict = Literal["document", "register", "key", "transient", "check"]
"""Whose fault a refusal is. ``check``: it proves nothing by itself, the server's state must be read."""


class ErrorCode(IntEnum):
    """The service's codes, by its own names (``CheckLocalNumberInvalid`` is 7)."""

    OK = 0
    TRANSACTIONS_REGISTRAR_ABSENT = 1
    OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED = 2
    INVALID_TIN = 3
    SHIFT_ALREADY_OPENED = 4
    SHIFT_NOT_OPENED = 5
    LAST_DOCUMENT_MUST_BE_Z_REP = 6
    CHECK_LOCAL_NUMBER_INVALID = 7
    Z_REP_ALREADY_REGISTERED = 8
    DOCUMENT_VALIDATION_ERROR = 9
    PACKAGE_VALIDATION_ERROR = 10
    INVALID_QUERY_PARAMETER = 11
    CRYPTOGRAPHY_ERROR = 12


_VERDICTS: dict[int, Verdict] = {
    ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT: "register",
    ErrorCode.OPERATOR_ACCESS_TO_TRANSACTIONS_REGISTRAR_NOT_GRANTED: "key",
    ErrorCode.INVALID_TIN: "register",
    ErrorCode.DOCUMENT_VALIDATION_ERROR: "document",
    ErrorCode.PACKAGE_VALIDATION_ERROR: "document",
    ErrorCode.INVALID_QUERY_PARAMETER: "document",
    ErrorCode.CRYPTOGRAPHY_ERROR: "key",
}
_STATUS_VERDICTS: dict[int, Verdict] = {
    401: "key",
    403: "register",
    404: "register",
    405: "register",
    415: "document",
    416: "document",
    429: "transient",
}
_TEXT = re.compile(r"\s*Код помилки:\s*(-?\d{1,9})(?:[ \t]+(\w+))?[ \t]*(?:\r?\n|\Z)(.*)\Z", re.DOTALL)


def verdict_of(code: int | None, status: int | None = None) -> Verdict:
    """The class of an error code, else of an HTTP status; what is not listed must be looked into."""
    if code is not None:
        return _VERDICTS.get(code, "check")
    return _STATUS_VERDICTS.get(status or 0, "check")


def spelled(name: str) -> str:
    """A member as the service spells it: ``Z_REP_ALREADY_REGISTERED`` is ``ZRepAlreadyRegistered``."""
    return "".join(word.title() for word in name.split("_"))


def encode_error(code: ErrorCode, text: str) -> str:
    """The body of an HTTP error."""
    return f"Код помилки: {code.value} {spelled(code.name)}\r\n{text}"


def decode_error(body: bytes) -> tuple[int | None, str]:
    """Code and description of an HTTP error's body. A body of another form has no code and is its own description."""
    text = _decoded(body)
    found = _TEXT.match(text)
    if found is None:
        return None, text.strip()[:1000]
    return int(found[1]), found[3].strip()[:1000] or (found[2] or "")


def _decoded(body: bytes) -> str:
    """The service does not say which encoding these texts have."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("windows-1251", "replace")
