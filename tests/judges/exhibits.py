"""Messages and containers made by us, in a folder where foreign programs find them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import Struct

from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.certificates import Owner
from kassanet.sandbox.keys.estate import KeyEntry, Wanted, load, make
from transports.dstu.imports import import_key

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
TIN = "3012345678"
DOCUMENT = "<CHECK>Їжа 12.50</CHECK>".encode("cp1251") * 200


class Exhibits(Struct):
    """Paths of what was made."""

    authority: Path
    document: Path
    bes: Path
    stamped: Path
    other_content: Path
    """The good message with one byte of its content changed."""

    other_signature: Path
    """The good message with one byte of its signature changed."""

    entry: KeyEntry
    folder: Path


def laid_out(folder: Path) -> Exhibits:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containers, "ROUNDS", 100)  # judges take the number that a container states
        made = make(folder / "keys", [Wanted("cashier", Owner("Касир", edrpou=TIN, drfo=TIN))], NOW)
    estate, (entry,) = load(folder / "keys", clock=lambda: NOW), made.keys
    signer = import_key((folder / "keys" / entry.files["pfx"]).read_bytes(), entry.password).signer()
    good = signer.sign(DOCUMENT, NOW)
    return Exhibits(
        authority=folder / "keys" / made.authority,
        document=_written(folder / "document", DOCUMENT),
        bes=_written(folder / "bes.p7s", good),
        stamped=_written(folder / "stamped.p7s", signer.sign_stamped(DOCUMENT, NOW, estate.time_stamps.respond)),
        other_content=_written(folder / "content.p7s", good.replace(b"12.50", b"12.51", 1)),
        other_signature=_written(folder / "signature.p7s", good[:-1] + bytes((good[-1] ^ 1,))),
        entry=entry,
        folder=folder / "keys",
    )


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
