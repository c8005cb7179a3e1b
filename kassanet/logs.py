"""What the service says while it runs: one JSON object a line, on stderr, with the request's and the receipt's ids.

Secrets never get here. Callers do not pass them; and as people forget, fields with telling names and anything that
looks like one of our tokens is masked on its way out.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import Processor

from kassanet.edge.secrets import TOKEN_PREFIX

SECRET_FIELDS = frozenset(
    {"token", "authorization", "key", "callback_key", "param2", "params", "password", "secret", "cookie"}
)
_SECRET_TEXT = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{8,}}|(?i:bearer)\s+[^\s\"',]+")
_MASK = "***"
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # locals hold tokens and keys
)

bind = structlog.contextvars.bind_contextvars
"""Add ids (``request_id``, ``receipt_id``) to every line that this task and its children write from now on."""


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Set up logging for the process, the standard library's loggers included. ``level`` as in the configuration."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _name_logger,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _TRACEBACKS,
                mask_secrets,
                structlog.processors.JSONRenderer(serializer=_serialize),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "hypercorn.error", "hpack"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def mask_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask fields by name and tokens by look, however deep they lie."""
    return {name: _MASK if str(name).lower() in SECRET_FIELDS else _masked(value) for name, value in event.items()}


def _masked(value: Any) -> Any:  # noqa: ANN401 - whatever a caller logged
    if isinstance(value, str):
        return _SECRET_TEXT.sub(_MASK, value)
    if isinstance(value, dict):
        return mask_secrets(None, "", value)
    if isinstance(value, list | tuple):
        return [_masked(entry) for entry in value]
    return value


def _name_logger(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = event.get("_record")
    if record is not None:
        event["logger"] = record.name
    return event


def _serialize(event: MutableMapping[str, Any], **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()
