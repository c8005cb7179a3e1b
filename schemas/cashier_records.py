"""What is made durable of cashiers, and the rows read back. Of tokens and passwords only hashes are kept."""

from msgspec import Struct

from schemas.cashiers import Cashier
from schemas.records import Write


class AddCashier(Write[int], frozen=True):
    """Answers the cashier's id; the same packet with the same token again answers the first one.

    :class:`Conflict` ``packet_replayed`` (the cashier's id) when ``uid`` was used by this key before,
    ``cashier_exists`` when the key has a cashier for this developer that is not revoked, ``login_taken``.
    """

    name: str
    tin: str
    key_id: str
    subject_key_id: str
    registers: tuple[int, ...]
    developer: str | None
    login: str | None
    password_hash: bytes | None
    uid: str
    token_hash: bytes
    by: str
    at: float


class AddCashierToken(Write[int], frozen=True):
    """A temporary token; those that ran out are forgotten at the same time. Answers its id.

    ``NotFound`` when there is no such cashier, or it is revoked.
    """

    cashier_id: int
    token_hash: bytes
    until: float
    at: float


class RevokeCashier(Write[None], frozen=True):
    """None of its tokens is good any more. ``NotFound`` when there is none; once more does no harm."""

    cashier_id: int
    at: float


class StoredCashier(Struct, frozen=True):
    """A cashier's row."""

    cashier: Cashier
    password_hash: bytes | None


class StoredCashierToken(Struct, frozen=True):
    """A token of a cashier; ``until`` None: it is good until the cashier is revoked. UNIX seconds."""

    token_hash: bytes
    cashier_id: int
    until: float | None
