"""The book of a fiscal storage: what it has committed, told to whoever judges the service in front of it.

The records come first and decide; the book follows in the same breath. A kill, or a full disk, between the two leaves
the book behind, so it is mended from the archive when it is opened and before each new line.
"""

from collections.abc import Callable
from datetime import datetime, tzinfo

import msgspec

from kassanet.sandbox.books import BookLine, Lines
from kassanet.sandbox.fiscal_storage.records import Document
from schemas.receipts import Payments

_ENCODE = msgspec.json.Encoder().encode


class BookAhead(Exception):
    """The book tells of documents that the storage's records lack: files of different runs were mixed."""

    def __init__(self, booked: int, last_fd: int) -> None:
        super().__init__(
            f"the book ends at FD {booked}, the storage's records at {last_fd}: "
            "these files are not of one run; use another state directory"
        )


class Book:
    """Appends one line for each document; ``archive`` reads a document back by its FD. ``zone`` is that of ``at``."""

    def __init__(self, lines: Lines, archive: Callable[[int], Document], zone: tzinfo) -> None:
        self._lines = lines
        self._archive = archive
        self._zone = zone
        last = lines.last()
        self._booked = msgspec.json.decode(last, type=BookLine).fd if last else 0

    def mend(self, last_fd: int) -> None:
        """Write every line up to ``last_fd`` that is missing; raises ``OSError`` when the disk does not take it."""
        if self._booked > last_fd:
            raise BookAhead(self._booked, last_fd)
        while self._booked < last_fd:
            self._write(self._archive(self._booked + 1))

    def write(self, document: Document) -> None:
        """Write the line of a document just made, and any before it that could not be written then."""
        self.mend(document.fd - 1)
        self._write(document)

    def _write(self, document: Document) -> None:
        self._lines.append(_ENCODE(self._line(document)))
        self._booked = document.fd

    def _line(self, document: Document) -> BookLine:
        moment = datetime.fromtimestamp(document.moment, self._zone)
        return BookLine(
            fd=document.fd,
            fpd=document.fpd,
            kind=document.kind,
            total=document.total,
            payments=document.payments or Payments(),
            mark=document.mark,
            shift=document.shift,
            receipt=document.receipt,
            at=moment.isoformat(timespec="milliseconds"),
        )
