"""What is said on the live stream, both ways. Every message is one JSON object; the service's carry ``type``."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from schemas.problems import Problem

Rev = Annotated[str, Meta(pattern=r"^[0-9a-f]{1,16}-[0-9]{1,18}\Z")]
Word = Annotated[str, Meta(min_length=1, max_length=300)]


class _Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client says; a misspelt field is a mistake."""


class Auth(_Asked, frozen=True):
    """The first message, unless the token came in the Authorization header."""

    op: Literal["auth"]
    token: Annotated[str, Meta(max_length=512)]


class Subscribe(_Asked, frozen=True):
    """Takes the place of an earlier one. ``since`` is the last ``rev`` that the client has applied."""

    op: Literal["subscribe"]
    topics: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=256)]
    since: Rev | None = None


class Command(_Asked, frozen=True):
    """A command to a register (``target`` is ``kkt/<eip>``). ``id`` is the client's own and comes back in the reply."""

    op: Literal["command"]
    id: Annotated[str, Meta(max_length=64)] | Annotated[int, Meta(ge=0, lt=2**53)]
    target: Word
    name: Word
    args: dict[str, Any] = {}


class Reply(Struct, frozen=True, tag_field="type", tag="reply"):
    """What became of a command: ``status`` and either the ``result`` or the ``problem``, as HTTP would have it."""

    id: str | int
    status: int
    result: Any = None
    problem: Problem | None = None


class Failed(Struct, frozen=True, tag_field="type", tag="error"):
    """A message that could not be used; ``op`` as far as it was understood."""

    problem: Problem
    op: str | None = None


class Welcome(Struct, frozen=True, tag_field="type", tag="welcome"):
    """The token is good; ``name`` is who bears it."""

    name: str
    role: str


class Heartbeat(Struct, frozen=True, tag_field="type", tag="heartbeat"):
    """Nothing has changed for a while, and the connection lives."""

    rev: str


class Lagged(Struct, frozen=True, tag_field="type", tag="lagged"):
    """The client did not keep up; it is closed with 4408 and may come back with its last ``rev``."""


class Changed(Struct, frozen=True):
    """A thing and its state now; a ``state`` of None says that it is gone."""

    topic: str
    key: str
    state: Any


class Snapshot(Struct, frozen=True, tag_field="type", tag="snapshot"):
    """Everything that exists in the topics; it takes the place of all that was known of them."""

    rev: str
    topics: tuple[str, ...]
    changes: tuple[Changed, ...]


class Delta(Struct, frozen=True, tag_field="type", tag="delta"):
    """What changed since the message before. ``rev`` is what a later ``subscribe`` gives as ``since``."""

    rev: str
    changes: tuple[Changed, ...]


Told = Welcome | Snapshot | Delta | Heartbeat | Reply | Failed | Lagged
"""Every message of the service."""
