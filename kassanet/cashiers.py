"""Cashiers of software registers: registered by a signed packet, known again by their tokens.

All are kept in memory, because every request of the CashDesk dialect asks for one; only this process writes them. A
token is shown once and kept as its hash; a password costs scrypt to try, and each login may be tried so often only.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from actors.journal import Reader
from actors.runtime import Ref
from kassanet.cashier_packets import Opened, PacketRules, open_packet
from kassanet.edge.rates import Rates
from kassanet.edge.secrets import new_token, token_hash
from kassanet.fleet import to_the_end
from kassanet.passwords import Passwords
from schemas.cashier_records import AddCashier, AddCashierToken, RevokeCashier, StoredCashierToken
from schemas.cashiers import Cashier, CashierRefused, NewCashier, RegisteredCashier, SignedIn
from schemas.problems import FieldError, Problem, ProblemError
from schemas.records import NotFound
from schemas.signing import KeyShown

TRIES_A_SECOND, TRIES_AT_ONCE = 0.1, 5
"""Of one login: beyond that the answer is 429, whether the password is right or not."""

_WRONG_LOGIN = "no cashier has this login and this password"


class CashierSettings(Struct, frozen=True):
    """``temporary``: seconds for which a token that was got with a password is good."""

    packets: PacketRules = PacketRules()
    temporary: float = 86_400.0


class Keys(Protocol):
    """Who can say which keys there are. ``key_id`` is ``AGENT/KEY``."""

    def mistake(self, key_id: str) -> FieldError | None: ...

    async def key(self, key_id: str) -> KeyShown: ...


class Cashiers:
    """Call :meth:`start` before anything else. ``clock`` is the wall clock, UNIX seconds."""

    def __init__(
        self, journal: Ref, reader: Reader, keys: Keys, clock: Callable[[], float], settings: CashierSettings
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._keys = keys
        self._clock = clock
        self._settings = settings
        self._passwords = Passwords()
        self._rates = Rates(TRIES_A_SECOND, TRIES_AT_ONCE)
        self._known: dict[int, Cashier] = {}
        self._hashes: dict[int, bytes | None] = {}
        self._tokens: dict[bytes, StoredCashierToken] = {}

    async def start(self) -> None:
        """Read what is on disk."""
        now = self._clock()
        for row in await self._reader.call(lambda store: store.cashiers()):
            self._known[row.cashier.id] = row.cashier
            self._hashes[row.cashier.id] = row.password_hash
        for token in await self._reader.call(lambda store: store.cashier_tokens(now)):
            self._tokens[token.token_hash] = token

    @property
    def all(self) -> Sequence[Cashier]:
        """Every cashier, the revoked ones too, oldest first."""
        return list(self._known.values())

    def one(self, cashier_id: int) -> Cashier:
        """Raises NotFound."""
        try:
            return self._known[cashier_id]
        except KeyError:
            raise NotFound(f"there is no cashier {cashier_id}") from None

    def of_token(self, token: str) -> Cashier | None:
        """Who bears this token, lasting or temporary; None once it ran out or its cashier was revoked.

        The dictionary is keyed by hash, of which an asker cannot choose a single bit.
        """
        found = self._tokens.get(token_hash(token))
        if found is None or (found.until is not None and found.until <= self._clock()):
            return None
        cashier = self._known[found.cashier_id]
        return cashier if cashier.revoked_at is None else None

    @to_the_end
    async def register(self, asked: NewCashier, by: str, tin: str | None = None) -> RegisteredCashier:
        """Check the packet and take the cashier in; ``tin`` is the only organisation that the asker may speak for.

        Raises CashierRefused, Conflict (``packet_replayed``, ``cashier_exists``, ``login_taken``), and ProblemError
        when the agent cannot say which key it holds.
        """
        opened = open_packet(asked.packet, self._settings.packets, self._now())
        if tin not in (None, opened.said.tin):
            raise CashierRefused("tin-mismatch", f"the packet is of {opened.said.tin}, and this token of {tin}")
        await self._must_be_its_key(opened, tin)
        token = new_token()
        password_hash = None if asked.password is None else await self._passwords.hashed(asked.password)
        write = _write(asked, opened, token_hash(token), password_hash, by, self._clock())
        cashier_id = await self._journal.ask(write)
        cashier = _cashier(cashier_id, write)
        self._known[cashier_id] = cashier
        self._hashes[cashier_id] = password_hash
        self._tokens[write.token_hash] = StoredCashierToken(write.token_hash, cashier_id, None)
        return RegisteredCashier(cashier, token)

    async def authenticate(self, login: str, password: str) -> SignedIn:
        """CashDesk's ``/authenticate``. Raises CashierRefused ``wrong-login``, TooManyRequests."""
        self._rates.take(login)
        cashier = next((each for each in self.all if each.login == login and each.revoked_at is None), None)
        stored = None if cashier is None else self._hashes[cashier.id]
        if not await self._passwords.fits(password, stored) or cashier is None:
            raise CashierRefused("wrong-login", _WRONG_LOGIN)
        try:
            return await self._signed_in(cashier)
        except NotFound:  # it was revoked while the password was tried
            raise CashierRefused("wrong-login", _WRONG_LOGIN) from None

    @to_the_end
    async def revoke(self, cashier_id: int) -> Cashier:
        """Raises NotFound."""
        cashier, at = self.one(cashier_id), self._clock()
        await self._journal.ask(RevokeCashier(cashier_id, at))
        if cashier.revoked_at is None:
            self._known[cashier_id] = replace(cashier, revoked_at=datetime.fromtimestamp(at, UTC))
        self._forget_tokens(lambda token: token.cashier_id == cashier_id)
        return self._known[cashier_id]

    @to_the_end
    async def _signed_in(self, cashier: Cashier) -> SignedIn:
        token, at = new_token(), self._clock()
        until = at + self._settings.temporary
        await self._journal.ask(AddCashierToken(cashier.id, token_hash(token), until, at))
        self._forget_tokens(lambda each: each.until is not None and each.until <= at)
        self._tokens[token_hash(token)] = StoredCashierToken(token_hash(token), cashier.id, until)
        return SignedIn(token, datetime.fromtimestamp(until, UTC), cashier)

    async def _must_be_its_key(self, opened: Opened, tin: str | None) -> None:
        """The key that the packet names is the one that signed it; later documents are signed with that one.

        The keys themselves are held against each other: a certificate may give its own the name of any other. What is
        kept for another organisation than the asker's does not exist.
        """
        key_id = opened.said.key
        mistake = self._keys.mistake(key_id)
        if mistake is not None:
            raise CashierRefused("key-mismatch", f"{key_id} {mistake.message}: {mistake.expected}")
        try:
            held = await self._keys.key(key_id)
        except ProblemError as refusal:
            raise _no_such_key(key_id, refusal.problem) or refusal from None
        if tin not in (None, held.tenant):
            raise CashierRefused("key-mismatch", f"there is no key {key_id}")
        if held.public_key != opened.certificate.public_key:
            raise CashierRefused("key-mismatch", f"the packet was not signed with the key {key_id}")

    def _forget_tokens(self, gone: Callable[[StoredCashierToken], bool]) -> None:
        self._tokens = {name: token for name, token in self._tokens.items() if not gone(token)}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _no_such_key(key_id: str, found: Problem) -> CashierRefused | None:
    return CashierRefused("key-mismatch", f"there is no key {key_id}") if found.status == 404 else None


def _write(
    asked: NewCashier, opened: Opened, token: bytes, password_hash: bytes | None, by: str, at: float
) -> AddCashier:
    return AddCashier(
        name=opened.said.name,
        tin=opened.said.tin,
        key_id=opened.said.key,
        subject_key_id=opened.subject_key_id,
        registers=opened.said.registers,
        developer=asked.developer,
        login=asked.login,
        password_hash=password_hash,
        uid=opened.said.uid,
        token_hash=token,
        by=by,
        at=at,
    )


def _cashier(cashier_id: int, write: AddCashier) -> Cashier:
    return Cashier(
        id=cashier_id,
        name=write.name,
        tin=write.tin,
        key_id=write.key_id,
        registered_at=datetime.fromtimestamp(write.at, UTC),
        registers=write.registers,
        developer=write.developer,
        login=write.login,
    )
