"""The same jobs in pykka: an actor is a thread. Fetched at run time: it is only in the bench's extra."""

from importlib import import_module
from time import perf_counter, process_time
from types import ModuleType
from typing import Any

from bench.memory import resident


def _module() -> ModuleType:
    return import_module("pykka")


def _start(handler: str = "echo") -> Any:  # noqa: ANN401  pykka is not there when types are checked
    answers = {"sink": lambda self, message: None, "echo": lambda self, message: message}
    pykka = _module()
    actor: Any = type(handler.title(), (pykka.ThreadingActor,), {"on_receive": answers[handler]})
    return actor.start()


def tells(messages: int) -> float:
    """Messages for each second of processor time."""
    sink = _start("sink")
    begun = process_time()
    for _ in range(messages):
        sink.tell("a message")
    sink.ask("the last")
    taken = process_time() - begun
    sink.stop()
    return messages / taken


def asks(count: int) -> float:
    parrot = _start()
    begun = process_time()
    for _ in range(count):
        parrot.ask("a question", timeout=5)
    taken = process_time() - begun
    parrot.stop()
    return count / taken


def actors(count: int) -> dict[str, float]:
    """Seconds to start and stop, and bytes of resident memory for each."""
    before, begun = resident(), perf_counter()
    refs = [_start() for _ in range(count)]
    up = perf_counter() - begun
    size, begun = (resident() - before) / count, perf_counter()
    _module().ActorRegistry.stop_all()
    return {"actors": len(refs), "up_seconds": up, "stop_seconds": perf_counter() - begun, "bytes": size}
