"""Reading what a sandbox tells: its books."""

from collections.abc import Iterable

import msgspec

from kassanet.sandbox.books import BookLine
from tests.kassanet.sandbox.desk import Desk

DECODE = msgspec.json.Decoder(BookLine).decode


def book_of(desk: Desk) -> list[BookLine]:
    """The book as a judge reads it."""
    return read_book(line for _, line in desk.book)


def read_book(lines: Iterable[bytes]) -> list[BookLine]:
    return [DECODE(line) for line in lines]
