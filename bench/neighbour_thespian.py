"""The same jobs in thespian, in its simple system: one thread, no processes. It is only in the bench's extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from time import perf_counter, process_time
from typing import Any

from bench.memory import resident


@contextmanager
def _system() -> Iterator[tuple[Any, type]]:
    thespian = import_module("thespian.actors")

    def receive(self: Any, message: object, sender: object) -> None:  # noqa: ANN401  as above: no types to check
        if message == "a question":
            self.send(sender, message)

    system = thespian.ActorSystem("simpleSystemBase", logDefs={"version": 1})
    try:
        yield system, type("Parrot", (thespian.Actor,), {"receiveMessage": receive})
    finally:
        system.shutdown()


def tells(messages: int) -> float:
    """Messages for each second of processor time."""
    with _system() as (system, parrot):
        actor = system.createActor(parrot)
        begun = process_time()
        for _ in range(messages):
            system.tell(actor, "a message")
        system.ask(actor, "a question", 5)
        return messages / (process_time() - begun)


def asks(count: int) -> float:
    with _system() as (system, parrot):
        actor = system.createActor(parrot)
        begun = process_time()
        for _ in range(count):
            system.ask(actor, "a question", 5)
        return count / (process_time() - begun)


def actors(count: int) -> dict[str, float]:
    """Seconds to start and stop, and bytes of resident memory for each."""
    with _system() as (system, parrot):
        before, begun = resident(), perf_counter()
        refs = [system.createActor(parrot) for _ in range(count)]
        up = perf_counter() - begun
        size, begun = (resident() - before) / count, perf_counter()
    return {"actors": len(refs), "up_seconds": up, "stop_seconds": perf_counter() - begun, "bytes": size}
