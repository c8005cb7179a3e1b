"""What the service says while it runs: one JSON object a line, on stderr, with the request's and the receipt's ids.

Secrets never get here. Callers do not pass them; and as people forget, fields with telling names and anything that
looks like one of our tokens is masked on its way out.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
import structlog

from kassanet.edge.secrets import TOKEN_PREFIX

SECRET_FIELDS = frozenset(
    {"token", "authorization", "key", "callback_key", "param2", "params", "password", "secret", "cookie"}
)
MASK = "***"
_TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{8,}}|(?<=earer )[A-Za-z0-9._~+/=-]+")
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # locals hold tokens and keys
)

bind = structlog.contextvars.bind_contextvars
"""Add ids (``request_id``, ``receipt_id``) to every line that this task and its children write from now on."""


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Set up logging for the process, the standard library's loggers included. ``level`` as in the configuration."""
    written_to = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _name_and_date,
            _TRACEBACKS,
            _mask_fields,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda name="kassanet": _Lines(name, written_to),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Bridge()]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "hypercorn.error", "hpack"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Lines:
    """Where rendered lines go. A reader that has gone, or a full disk behind stderr, does not stop the service."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._stream = stream

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


class _Bridge(logging.Handler):
    """Hands what the standard library's loggers say to ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def _name_and_date(logger: _Lines, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["logger"] = logger.name
    event["timestamp"] = datetime.now(UTC)
    return event


def _mask_fields(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask fields by name, however deep they lie."""
    for name, value in event.items():
        if name.lower() in SECRET_FIELDS:
            event[name] = MASK
        elif isinstance(value, dict | list | tuple):
            event[name] = _masked(value)
    return event


def _masked(value: Any) -> Any:  # noqa: ANN401 - whatever a caller logged
    if isinstance(value, dict):
        return {name: MASK if str(name).lower() in SECRET_FIELDS else _masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return value


def _render(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """The line, with what looks like a token masked wherever it stands. No mask can break the JSON around it."""
    return _TOKEN.sub(MASK, msgspec.json.encode(event, enc_hook=repr).decode())
