"""What a cash register offers to its actor, whatever protocol it speaks.

A driver translates; it never decides. It tells four things apart, because the exactly-once rules need them:

* an answer,
* :class:`Refused` - the register answered with an error code, which the driver's own table has classed,
* :class:`Unreachable` - nothing was written, so nothing can have happened,
* :class:`Lost` - bytes were written and no definite answer came back: the outcome is *unknown*.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from schemas.kkt import (
    ArchivedDocument,
    Committed,
    DeviceStatus,
    FnStatus,
    Identity,
    OfdStatus,
    ShiftDocument,
    ShiftStatus,
    Validity,
)
from schemas.problems import FieldError
from schemas.receipts import ReceiptRequest

Verdict = Literal["receipt", "register", "transient", "shift_expired", "check"]
"""Whose fault an error code is. ``check``: it may come after the FN wrote, so the state must be read.

``shift_expired`` is the one code that is nobody's fault: the shift is closed, opened, and the receipt goes on.
"""


class Refused(Exception):
    """The register answered with an error. ``text`` is for people, ``code`` for tables."""

    def __init__(self, code: int, verdict: Verdict, text: str) -> None:
        super().__init__(f"{text} (code {code:02X})")
        self.code = code
        self.verdict = verdict
        self.text = text


class Unreachable(Exception):
    """No connection, or it broke before the first byte was written."""


class Lost(Exception):
    """Bytes of a command were written and no definite answer came back."""


class Register(Protocol):
    """A register, one command at a time. Every method may raise Refused, Unreachable or Lost."""

    async def identify(self) -> Identity: ...

    async def fn_status(self) -> FnStatus: ...

    async def device_status(self) -> DeviceStatus: ...

    async def ofd_status(self) -> OfdStatus: ...

    async def validity(self) -> Validity: ...

    async def shift_status(self) -> ShiftStatus: ...

    async def cancel(self) -> None:
        """Drop any open document. Answering at all proves that no earlier command is still running."""

    async def prepare(self, receipt: ReceiptRequest, mark: str | None) -> None:
        """Send everything of a receipt or correction except the command that commits it."""

    async def commit(self, receipt: ReceiptRequest) -> Committed:
        """Send the one command that makes the document."""

    async def open_shift(self, cashier: str | None = None) -> ShiftDocument: ...

    async def close_shift(self, cashier: str | None = None) -> ShiftDocument: ...

    async def x_report(self) -> None:
        """Print the information report; makes no fiscal document."""

    async def print_text(self, text: str) -> None:
        """Print lines between two documents (a bank's slip); no fiscal document.

        After Lost nobody knows what is on the paper: lines that the register holds back may come with the next receipt.
        """

    async def document(self, fd: int) -> ArchivedDocument | None:
        """Read a document back from the FN's archive; None when the archive has no such FD."""

    async def set_clock(self, local: datetime) -> None: ...

    async def aclose(self) -> None:
        """Give the link back (a serial port is opened exclusively). Not to be used afterwards."""


class Driver(Protocol):
    """What is known of a device type before any register of it is asked."""

    def objections(self, receipt: ReceiptRequest) -> Sequence[FieldError]:
        """Why this type can never make the receipt (VAT code, kind, text); empty when it can."""
