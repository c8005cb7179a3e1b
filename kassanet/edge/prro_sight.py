"""Who may see which software register, and what its refusals mean over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from kassanet.edge.auth import Access
from kassanet.edge.decoding import invalid
from kassanet.edge.pinpad_sight import organisation_of
from kassanet.fleet import Fleet
from kassanet.prros import Prros
from schemas.problems import problem
from schemas.prro_commands import CannotBeMade, NotSigned, OutOfService, TaxServerFailed
from schemas.prro_records import StoredPrro

STATUSES = {
    "agent-late": 504,
    "tax-server-late": 504,
    "agent-too-fast": 429,
    "agent-refused": 409,
    "tax-server-refused": 409,
}
"""Of the words of ``NotSigned`` and ``TaxServerFailed``; every other is 503: the same request may do later.

All of them say that nothing was made: what was signed and not registered is a document, and answered as one.
"""


def visible_prro(access: Access, fleet: Fleet, prros: Prros, prro_id: int) -> StoredPrro:
    """Raises 404, as for one that does not exist."""
    row = prros.row(prro_id)
    inn = organisation_of(access, fleet)
    if inn is not None and row.desk.tin != inn:
        raise problem(404, "not-found", f"There is no register {prro_id}.")
    return row


@contextmanager
def refusals() -> Iterator[None]:
    """What a register does not do, as problems; nothing was made in any of these cases."""
    try:
        yield
    except CannotBeMade as wrong:
        raise invalid([replace(error, path=f"operation.{error.path}".rstrip(".")) for error in wrong.errors]) from None
    except NotSigned as reason:
        raise problem(STATUSES.get(reason.code, 503), reason.code, f"{_sentence(reason)}.") from None
    except TaxServerFailed as reason:
        raise problem(STATUSES.get(reason.code, 503), reason.code, f"{_sentence(reason)}.") from None
    except OutOfService as reason:
        raise problem(503, "out-of-service", f"{_sentence(reason)}.") from None


def _sentence(reason: Exception) -> str:
    text = str(reason).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}"
