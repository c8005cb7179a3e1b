"""What registers and circuits say to each other, and what people ask of them.

Imperatives are asked or told; past tense tells what has happened. A receipt on its way between a circuit and its
registers is a :class:`Job`.
"""

from msgspec import Struct

from schemas.kkt import ArchivedDocument, KktState, ShiftDocument
from schemas.messages import Request
from schemas.receipts import ReceiptRequest


class Job(Struct, frozen=True):
    """A queued receipt in memory. ``failed_on`` are the registers whose fault already returned it."""

    receipt_id: int
    request: ReceiptRequest
    accepted_at: float
    failed_on: tuple[str, ...] = ()


class NotInRotation(Exception):
    """The register cannot do this now; the text says why."""


# Said to a register ------------------------------------------------------------------------------


class Make(Struct, frozen=True):
    """Make the document of this receipt."""

    job: Job


class Activate(Request[KktState], frozen=True):
    """Go into rotation. Fails with Conflict ``same_device`` when the device is active under another address."""


class Deactivate(Request[None], frozen=True):
    """Leave rotation; the document in hand has already been finished when this is handled."""


class Poll(Struct, frozen=True):
    """Look after yourself: reconnect, settle, read health, close an old shift."""


class OpenShift(Request[ShiftDocument], frozen=True):
    cashier: str | None = None


class CloseShift(Request[ShiftDocument], frozen=True):
    """The Z report."""

    cashier: str | None = None


class PrintReport(Request[None], frozen=True):
    """The X report; no fiscal document."""


class PrintText(Request[None], frozen=True):
    """Print lines between two documents: a bank's slip. No fiscal document."""

    text: str


class Rehabilitate(Struct, frozen=True):
    """The receipt you failed on has failed elsewhere too: come back into rotation."""

    receipt_id: int


class ReadDocument(Request[ArchivedDocument | None], frozen=True):
    """Read one document of the FN, between two receipts; None when the archive has no such FD."""

    fn: str
    fd: int


# Said to a circuit -------------------------------------------------------------------------------


class Wake(Struct, frozen=True):
    """Receipts have been queued."""


class Requeued(Struct, frozen=True):
    """A receipt is queued again by a person's verdict."""

    receipt_id: int


class Idle(Struct, frozen=True):
    """A register is in rotation and has nothing to do. ``tax_systems`` is its registration's bit mask.

    ``after`` is the last receipt it was told to make and is done with, whatever came of it.
    """

    eip: str
    type: str
    tax_systems: int
    after: int | None


class Committing(Struct, frozen=True):
    """A register has sent its commit command: reserve its next receipt."""

    eip: str


class Away(Struct, frozen=True):
    """A register left rotation: what was reserved for it goes back."""

    eip: str


class GaveBack(Struct, frozen=True):
    """A register could not make this receipt; it is queued again (durably so already)."""

    eip: str
    job: Job


class Restarted(Struct, frozen=True):
    """A register's actor is new: what it was given and never began is to be found again."""

    eip: str


class Announce(Struct, frozen=True):
    """This circuit's actor is new: its registers say again whether they are idle."""

    circuit_id: int


class KeepRegister(Request[str], frozen=True):
    """Keep a register in rotation for a receipt that will come, for ``seconds``; answers its address.

    Conflict ``no_register`` when none is in rotation that can make it. A keep is memory only: it promises a free
    register, never a document.
    """

    key: str
    request: ReceiptRequest
    seconds: float


class MakeKept(Struct, frozen=True):
    """The receipt has come (it is queued): the register kept for ``key`` makes it before everything else."""

    key: str
    receipt_id: int


class LetGo(Struct, frozen=True):
    """The receipt will not come."""

    key: str


class Tick(Struct, frozen=True):
    """Time has passed."""
