"""Log lines: JSON, one each, with ids, and without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from kassanet import logs
from kassanet.edge.auth import new_token


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("info", stream)
    yield stream
    structlog.contextvars.clear_contextvars()
    logs.configure("info", io.StringIO())


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_the_bound_ids(stream: io.StringIO) -> None:
    logs.bind(request_id="r-1", receipt_id=17)
    structlog.get_logger("edge").info("accepted", kind="sell", odd={1, 2})
    [line] = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("accepted", "info", "edge")
    assert (line["request_id"], line["receipt_id"], line["kind"]) == ("r-1", 17, "sell")
    assert line["timestamp"].endswith("Z")


def test_the_standard_librarys_loggers_say_it_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("actors.runtime").warning("%s crashed", "kkt/1")
    [line] = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("kkt/1 crashed", "warning", "actors.runtime")


def test_below_the_level_nothing_is_said(stream: io.StringIO) -> None:
    structlog.get_logger("edge").debug("detail")
    logging.getLogger("httpx").info("HTTP Request: POST https://shop.example/?key=1")
    assert stream.getvalue() == ""


def test_secrets_are_masked_wherever_they_stand(stream: io.StringIO) -> None:
    secret = new_token()
    log = structlog.get_logger("edge")
    log.info("x", token="abc", Authorization="abc", param2="abc", nested={"callback_key": "abc", "list": [secret]})
    log.warning(f"refused {secret} and Authorization: Bearer abc.def-123")
    logging.getLogger("x").error("token %s", secret)
    text = stream.getvalue()
    assert secret not in text
    assert "abc" not in text
    assert text.count("***") == 8


def test_a_traceback_is_part_of_the_line_and_shows_no_variables(stream: io.StringIO) -> None:
    def failing(innocent: str) -> None:
        raise ValueError("bad luck")

    try:
        failing("hidden-in-a-variable")
    except ValueError as error:
        structlog.get_logger("edge").error("failed", exc_info=error)
    [line] = lines(stream)
    assert line["exception"][0]["exc_value"] == "bad luck"
    assert "hidden-in-a-variable" not in stream.getvalue()
