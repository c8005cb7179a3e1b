"""What can become of a document that was sent to the fiscal server. Nobody guesses: unknown is an outcome too."""

from datetime import datetime

from msgspec import Struct

from schemas.prro_answers import OfflineSession
from transports.prro.errors import Verdict


class Registered(Struct, frozen=True):
    """It is registered. ``recovered``: found afterwards, the ticket itself was lost.

    ``at`` is the ticket's time, Kyiv's without a zone. ``session`` comes with the opening of a shift.
    """

    fiscal_number: str
    at: datetime | None = None
    session: OfflineSession | None = None
    recovered: bool = False
    revoked: bool = False
    storned: bool = False


class Refused(Struct, frozen=True):
    """It was not registered by this request. ``code`` is the service's, else ``status`` is all that is known.

    With the verdict ``check`` an earlier request may have registered it: :meth:`FiscalServer.deliver` looks.
    """

    text: str
    verdict: Verdict
    code: int | None = None
    status: int | None = None


class Foreign(Struct, frozen=True):
    """The server holds another document under this local number: somebody else writes for this register."""

    fiscal_number: str
    text: str


class Absent(Struct, frozen=True):
    """The server has no document with this local number."""


class Unknown(Struct, frozen=True):
    """Nobody knows. ``unreached``: not a byte was written, so this request has done nothing."""

    reason: str
    unreached: bool = False


class Accepted(Struct, frozen=True):
    """A packet was taken; ``session`` is the next one, after the packet that ended the old one."""

    session: OfflineSession | None = None


class Delivered(Struct, frozen=True):
    """A whole offline session has arrived. ``session`` is the next one, None when the server gives no more."""

    session: OfflineSession | None = None


DocumentOutcome = Registered | Refused | Foreign | Unknown
PacketOutcome = Accepted | Refused | Unknown
SessionOutcome = Delivered | Refused | Foreign | Unknown
