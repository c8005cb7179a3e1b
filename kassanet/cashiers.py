"""Cashiers of software registers: registered by a signed packet, known again by their tokens.

All are kept in memory, because every request of the CashDesk dialect asks for one; only this process writes them. A
token is shown once and kept as its hash; a password costs scrypt to try, and each login may be tried so often only.
"""

from collections.abc import Callable, Sequence

from actors.journal import Reader
from actors.runtime import Ref
from schemas.cashiers import Cashier, NewCashier, RegisteredCashier, SignedIn


class Cashiers:
    """Call :meth:`start` before anything else. ``clock`` is the wall clock, UNIX seconds."""

    def __init__(self, journal: Ref, reader: Reader, clock: Callable[[], float]) -> None:
        self._journal = journal
        self._reader = reader
        self._clock = clock

    async def start(self) -> None:
        """Read what is on disk."""
        raise NotImplementedError

    @property
    def all(self) -> Sequence[Cashier]:
        """Every cashier, the revoked ones too, oldest first."""
        raise NotImplementedError

    def one(self, cashier_id: int) -> Cashier:
        """Raises NotFound."""
        raise NotImplementedError

    def of_token(self, token: str) -> Cashier | None:
        """Who bears this token, lasting or temporary; None once it ran out or its cashier was revoked."""
        raise NotImplementedError

    async def register(self, asked: NewCashier, by: str) -> RegisteredCashier:
        """Check the packet and take the cashier in. Raises CashierRefused, and Conflict ``packet_replayed``,
        ``cashier_exists``, ``login_taken``."""
        raise NotImplementedError

    async def authenticate(self, login: str, password: str) -> SignedIn:
        """CashDesk's ``/authenticate``. Raises CashierRefused ``wrong-login``, TooManyRequests."""
        raise NotImplementedError

    async def revoke(self, cashier_id: int) -> Cashier:
        """Raises NotFound."""
        raise NotImplementedError
