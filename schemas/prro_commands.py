"""What is said to the actor of a software register, and what the world is shown of it."""

from typing import Literal

from msgspec import Struct

from schemas.messages import Request
from schemas.problems import FieldError
from schemas.prro import Operation
from schemas.prro_records import StoredDocument

Condition = Literal["online", "settling", "offline", "returning", "blocked"]
"""``settling``: a document's outcome is not known. ``returning``: an offline session has ended and is on its way.

``blocked``: a person must decide; nothing more is made.
"""


class CannotBeMade(Exception):
    """The operation as asked can never be made; ``errors`` name the fields. Nothing was stored, signed or sent."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{error.path} {error.message}" for error in errors))
        self.errors = errors


class NotSigned(Exception):
    """The signing agent did not sign. Nothing was stored or sent; the same request may come again.

    ``code`` is a stable word: ``agent-away``, ``agent-late``, ``agent-locked``, ``agent-licence``, ``agent-agreement``,
    ``agent-certificate``, ``agent-too-fast``, ``agent-token``, ``agent-no-time-stamp``, or ``agent-refused``.
    """

    def __init__(self, text: str, code: str = "agent-refused") -> None:
        super().__init__(text)
        self.code = code


class NotStamped(NotSigned):
    """There is no time stamp, without which nothing is sent online; what is made offline needs none."""


class TaxServerFailed(Exception):
    """A question to the tax service has no answer; nothing was changed there or here.

    ``code`` is a stable word: ``tax-server-away``, ``tax-server-late``, or ``tax-server-refused``.
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class OutOfService(Exception):
    """Nothing can be made now: neither online nor offline. The text says why; the same request may come again."""


class Away(OutOfService):
    """The tax service does not answer."""


class Perform(Request[StoredDocument], frozen=True):
    """Make a document. Shifts open by themselves; closing one makes its Z report first.

    Answers the document as it is on disk: ``registered``, ``offline``, ``refused`` (``code``, ``reason``), or
    ``stored`` while its outcome is not known. The same ``external_id`` is answered with the first document; with other
    content it is Conflict ``other_content``. Raises :class:`CannotBeMade`, :class:`NotSigned`, :class:`OutOfService`,
    Conflict ``shift`` (it is open, or closed, already).
    """

    external_id: str | None
    operation: Operation
    cashier: str | None = None


class XReport(Request[bytes], frozen=True):
    """What the shift has come to so far, as the XML of a Z report; makes no document."""


class Turn(Request[None], frozen=True):
    """Answered when everything that was asked before has been: what is on disk then is the outcome of it."""


class GoOffline(Request[None], frozen=True):
    """By hand: begin an offline session, which then ends by hand only. Raises :class:`OutOfService` where none may."""


class GoOnline(Request[None], frozen=True):
    """By hand: end the offline session now. Raises :class:`OutOfService` with the reason when it is not delivered."""


class Unblock(Request[None], frozen=True):
    """A person has put things right: the register asks the tax service where it stands, and goes on."""


class PrroTick(Struct, frozen=True):
    """Told by the register to itself: settle, return, close the shift, where it is time."""


class PrroState(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The live state of one register. ``offline_left`` are seconds of offline work left, ``warning`` is for a person.

    ``next_local`` 0: the tax service was not asked yet. ``waiting`` documents are made and not with the tax service.
    ``month_used`` are seconds of offline work in this month of Kyiv, without a session that goes on; ``session_limit``
    and ``month_limit`` are what is allowed. The moments are UNIX time. ``key_id`` signs.
    """

    id: int
    register: int
    condition: Condition
    shift_is_open: bool = False
    shift_opened_at: float | None = None
    next_local: int = 0
    waiting: int = 0
    reason: str | None = None
    offline_since: float | None = None
    offline_left: float | None = None
    month_used: float = 0.0
    session_limit: float | None = None
    month_limit: float | None = None
    warning: str | None = None
    key_id: str | None = None
