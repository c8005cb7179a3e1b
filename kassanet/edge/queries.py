"""Query strings of listings, read as strictly as bodies."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, get_args

from kassanet.edge.auth import Access
from kassanet.edge.decoding import invalid
from schemas.problems import FieldError
from schemas.receipts import Status
from schemas.rows import ReceiptFilter

MOST = 500

_STATUSES = get_args(Status)


Readers = Mapping[str, tuple[str, Callable[[str], object], str]]
"""By parameter: the filter's field, how its text is read (ValueError: it cannot be), and what is expected."""


def read_query(args: Mapping[str, str], readers: Readers, of: str) -> dict[str, Any]:
    """The fields of a listing's filter, ``of`` being what is listed. Raises 422 with every wrong parameter."""
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, text in args.items():
        if name not in readers:
            errors.append(FieldError(name, f"is no filter of {of}", ", ".join(sorted(readers))))
            continue
        field, read, expected = readers[name]
        try:
            found[field] = read(text)
        except ValueError:
            errors.append(FieldError(name, f"{text[:64]!r} cannot be read", expected))
    if errors:
        raise invalid(errors)
    return found


def one_of(words: Collection[str]) -> Callable[[str], str]:
    """Reads one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def receipt_filter(args: Mapping[str, str], access: Access, circuit_id: int | None) -> ReceiptFilter:
    """What a listing wants, bounded by what the asker may see. Raises 422 with every wrong parameter."""
    found = read_query(args, _READERS, "receipts")
    if circuit_id is not None or access.circuit_id is not None:
        found["circuit_id"] = circuit_id or access.circuit_id
    return ReceiptFilter(**{**found, "inn": access.inn})


def natural(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**63:
        raise ValueError(text)
    return value


def limit(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MOST:
        raise ValueError(text)
    return value


def moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.timestamp()


TIME = "a time with its zone: 2026-11-22T18:00:00+03:00"

_READERS: Readers = {
    "circuit_id": ("circuit_id", natural, "a circuit's number"),
    "status": ("status", one_of(_STATUSES), ", ".join(_STATUSES)),
    "external_id": ("external_id", str, "the integrator's own number"),
    "fn": ("fn", str, "the FN's serial number"),
    "fd": ("fd", natural, "a document's number"),
    "total": ("total", natural, "kopecks"),
    "kkt": ("kkt", str, "the register's address"),
    "since": ("since", moment, TIME),
    "until": ("until", moment, TIME),
    "cursor": ("before_id", natural, "next_cursor of the page before"),
    "limit": ("limit", limit, f"1 to {MOST}"),
}
