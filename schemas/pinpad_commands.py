"""What is said to a pinpad's actor: by the HTTP edge, by a sale, by the command line's requests."""

from typing import Literal

from msgspec import Struct

from schemas.messages import Request
from schemas.operations import OperationRequest
from schemas.pinpad_records import AcceptedOperation
from schemas.problems import FieldError


class NotPossible(Exception):
    """The operation as asked can never be made; ``errors`` name the fields. Nothing was stored or sent."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{error.path} {error.message}" for error in errors))
        self.errors = errors


class Submit(Request[AcceptedOperation], frozen=True):
    """Do this operation. Answered once it is on disk; :class:`Await` waits for what comes of it.

    ``holder`` is the sale that keeps the pinpad, if one does. Raises :class:`NotPossible`, or Conflict:
    ``other_content`` (the key is another request's), ``pinpad_inactive``, ``pinpad_busy``, ``pinpad_held``,
    ``pinpad_blocked`` (an outcome awaits a person), ``operation_not_configured``, ``operation_not_known``,
    ``sales_open``, ``not_approved``, ``not_last``, ``void_of_void``, ``voids_spent``, ``settlement_between``.
    """

    request: OperationRequest
    holder: str | None = None


class Await(Request[None], frozen=True):
    """Answered when the operation is not on its way any more: it ended, or a person must decide."""

    operation_id: int


class Interrupt(Request[None], frozen=True):
    """Take the operation back: at once while it waits for its turn; else the pinpad is asked to stop, and decides."""

    operation_id: int


class Settle(Request[None], frozen=True):
    """A person's verdict on an operation that is ``manual``, or ``unknown`` with a pinpad that does not answer."""

    operation_id: int
    verdict: Literal["approved", "refused", "reversed"]
    reason: str
    by: str


class Hold(Request[None], frozen=True):
    """Keep the pinpad for ``holder`` alone, ``seconds`` from now; again by the same holder: from now again.

    Where the pinpad queues, the answer comes when it is free; else Conflict ``pinpad_busy`` or ``pinpad_held``. Holds
    are durable: after a restart the pinpad is still kept.
    """

    holder: str
    seconds: float


class Release(Request[None], frozen=True):
    """Let others use it. With ``is_open`` its settlement still waits for this sale; a later one without ends that."""

    holder: str
    is_open: bool = False


class ActivatePinpad(Request[None], frozen=True):
    """Take operations. Conflict ``same_device`` while another active pinpad has its terminal id."""


class DeactivatePinpad(Request[None], frozen=True):
    """Take no new operations; the one in hand is finished, and what is unknown is still settled."""


class Tick(Struct, frozen=True):
    """Look around: is a settlement due, has something waited too long? ``again``: and look again after a while."""

    again: bool = False
