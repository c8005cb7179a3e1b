"""What every dialect is: it reads a request, or says what is wrong with it, and writes the answer in its own words.

A dialect knows neither sockets nor the store. It is given the request's bytes and headers and the time, and whoever
called it decides what the neutral request means.
"""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeVar

from msgspec import Struct, field

from schemas.payments import ChannelAnswer, ChannelRequest, Outcome

Method = Literal["GET", "POST"]

MOST_OF_A_REQUEST = 65_536
"""Bytes of a query or of a body; the longest real notice is a few kilobytes."""

XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
JSON = "application/json"


class Incoming(Struct, frozen=True):
    """A request as it came. ``query`` is the raw query string; ``headers`` have lower-case names.

    ``now`` is the wall clock in seconds, for dialects that bound the age of a signature.
    """

    method: Method
    query: bytes = b""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    now: float = 0.0


class Reply(Struct, frozen=True):
    """What goes back."""

    body: bytes
    content_type: str
    status: int = 200


class Unacceptable(Exception):
    """A request that a dialect cannot take, located: ``path`` names the parameter, empty for the request itself.

    ``outcome`` is what the channel shall hear; ``txn_id`` is the payment's number where it could be read.
    """

    def __init__(self, outcome: Outcome, path: str, message: str, txn_id: str | None = None) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.outcome: Outcome = outcome
        self.path = path
        self.message = message
        self.txn_id = txn_id

    def answer(self) -> ChannelAnswer:
        """The neutral answer to it."""
        return ChannelAnswer(self.outcome, str(self), self.txn_id)


Read = TypeVar("Read", covariant=True)


class Dialect(Protocol[Read]):
    """A channel's language. ``Read`` is what its requests become."""

    def read(self, incoming: Incoming) -> Read:
        """The neutral request; raises :class:`Unacceptable`, also for a wrong signature."""

    def answer(self, request: ChannelRequest | None, answer: ChannelAnswer) -> Reply:
        """The answer in the dialect. ``request`` is None where it could not be read."""
