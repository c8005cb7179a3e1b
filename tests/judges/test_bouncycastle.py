"""BouncyCastle (Java) verifies our messages, certificates and time stamps, and signs what we verify."""

import pytest

from tests.judges.exhibits import NOW, Exhibits
from tests.judges.places import ask_bouncycastle
from transports.dstu import der
from transports.dstu.curves import M257
from transports.dstu.gost34311 import gost34311
from transports.dstu.keys import PublicKey


@pytest.fixture(scope="module")
def lines(exhibits: Exhibits) -> list[list[str]]:
    messages = [exhibits.bes, exhibits.stamped, exhibits.other_content, exhibits.other_signature]
    return ask_bouncycastle(exhibits.authority, messages)


def test_it_accepts_what_we_signed(lines: list[list[str]]) -> None:
    bes, stamped = lines[:2]
    assert bes[2:] == ["true", "true", "true", "-"]
    assert stamped[2:] == ["true", "true", "true", str(int(NOW.timestamp()))]


def test_it_rejects_what_was_changed(lines: list[list[str]]) -> None:
    content, signature = lines[2:4]
    assert content[2:4] == ["true", "false"]
    assert signature[2:4] == ["false", "true"]


def test_we_accept_what_it_signed(lines: list[list[str]]) -> None:
    kind, x, y, document, signature = lines[4]
    assert kind == "made"
    key, digest = PublicKey(M257, (int(x, 16), int(y, 16))), gost34311(bytes.fromhex(document))
    made = der.content(bytes.fromhex(signature))
    assert key.verifies(digest, made)
    assert not key.verifies(gost34311(b"another document"), made)
