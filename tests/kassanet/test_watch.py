"""``kassanet watch``: what it takes in, what it shows, and what it refuses to be fooled by."""

import io
from typing import Any

import pytest
from msgspec import to_builtins
from rich.console import Console

from kassanet.cli import run
from kassanet.watch import View, screen, stream_url
from schemas.circuits import CircuitState
from schemas.kkt import Concern, KktState


def kkt(eip: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a state
    state = KktState(**{"eip": eip, "type": "terminalfa", "circuit_id": 1, "condition": "ready", **changes})
    return {"topic": "kkt", "key": eip, "state": to_builtins(state)}


def circuit(title: str) -> dict[str, Any]:
    state = CircuitState(1, "7801234564-1", title, 3, None, 1, 0, 0)
    return {"topic": "circuit:1", "key": "1", "state": to_builtins(state)}


def shown(view: View, rows: int = 40) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(screen(view, 100.0, rows))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_snapshot_replaces_and_deltas_change() -> None:
    view = View()
    view.apply({"type": "snapshot", "rev": "a-1", "changes": [kkt("one"), kkt("two"), circuit("Shop")]})
    view.apply({"type": "heartbeat", "rev": "a-9"})
    view.apply({"type": "delta", "rev": "a-2", "changes": [{"topic": "kkt", "key": "one", "state": None}]})
    assert (list(view.kkts), list(view.circuits), view.rev) == (["two"], ["1"], "a-2")
    view.apply({"type": "snapshot", "rev": "b-1", "changes": [kkt("three")]})
    assert (list(view.kkts), list(view.circuits), view.rev) == (["three"], [], "b-1")


def test_those_that_need_a_person_come_first_and_the_rest_is_counted() -> None:
    view = View()
    bad = kkt("z", level="critical", concerns=(Concern("fn_full", "critical", "The FN is full."),), read_at=90.0)
    view.apply({"type": "snapshot", "rev": "a-1", "changes": [kkt("a"), kkt("b"), bad, circuit("Shop")]})
    text = shown(view, 1)
    assert "fn_full" in text
    assert "10 s ago" in text
    assert "and 2 more" in text
    assert "not connected" in text


def test_titles_are_neither_markup_nor_orders_to_the_terminal() -> None:
    view = View()
    view.apply({"type": "snapshot", "rev": "a-1", "changes": [circuit("[red]Shop[/red]\x1b[2J")]})
    assert "[red]Shop[/red]?[2J" in shown(view)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/api/v1/stream"),
        ("https://kassa.example/", "wss://kassa.example/api/v1/stream"),
        ("127.0.0.1:8080", "ws://127.0.0.1:8080/api/v1/stream"),
        ("ws://x:1/elsewhere", "ws://x:1/elsewhere"),
    ],
)
def test_where_the_stream_is(url: str, wanted: str) -> None:
    assert stream_url(url) == wanted


def test_without_a_token_it_says_where_to_get_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KASSANET_TOKEN", raising=False)
    assert run(["watch"]) == 2
    assert "kassanet token create" in capsys.readouterr().err
