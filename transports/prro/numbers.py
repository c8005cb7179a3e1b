"""Fiscal numbers that a register composes itself while it is offline: ``82563.25.6127``.

Session, place in the session, and a control number that only the holder of the session's secret seed can compute.
"""

import re
import zlib
from typing import NamedTuple

from schemas.prro_check import Check
from schemas.prro_zrep import ZRep

_FORM = re.compile(r"([1-9][0-9]{0,17})\.([1-9][0-9]{0,17})\.([1-9][0-9]{0,3})\Z", re.ASCII)


class OfflineNumber(NamedTuple):
    """``number`` counts 1, 2, 3 … in each session; it is not the local number."""

    session: int
    number: int
    control: int

    def __str__(self) -> str:
        return f"{self.session}.{self.number}.{self.control}"


def parse_offline_number(text: str | None) -> OfflineNumber | None:
    """None for a number that was given by the server, or is none."""
    found = _FORM.match(text or "")
    return None if found is None else OfflineNumber(*map(int, found.groups()))


def control_text(document: Check | ZRep, seed: int) -> str:
    """What the control number is computed of. Sum and hash of the predecessor count where the document has them."""
    head = document.head
    parts = [
        str(seed),
        f"{head.date:%d%m%Y}",
        f"{head.time:%H%M%S}",
        str(head.local_number),
        str(head.register),
        str(head.desk),
    ]
    if isinstance(document, Check) and document.sum is not None:
        parts.append(_money(document.sum))
    if head.previous_hash is not None:
        parts.append(head.previous_hash)
    return ",".join(parts)


def control_number(text: str) -> int:
    """The last four decimal digits of the CRC32 with its bytes swapped; never 0."""
    swapped = zlib.crc32(text.encode("ascii")).to_bytes(4, "little")
    return int.from_bytes(swapped, "big") % 10000 or 1


def offline_number(document: Check | ZRep, session: int, number: int, seed: int) -> OfflineNumber:
    """The fiscal number of an offline document; everything else in it must be final."""
    return OfflineNumber(session, number, control_number(control_text(document, seed)))


def _money(kopecks: int) -> str:
    whole, rest = divmod(abs(kopecks), 100)
    return f"{'-' if kopecks < 0 else ''}{whole}.{rest:02d}"
