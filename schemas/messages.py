"""The root of everything that is asked of an actor: a message that says what its answer is."""

from typing import Generic, TypeVar

from msgspec import Struct

Answer = TypeVar("Answer")


class Request(Struct, Generic[Answer], frozen=True):
    """A message whose handler answers with ``Answer``: ``class Depth(Request[int], frozen=True)``."""
