"""jkurwa (JavaScript) verifies our messages, opens our containers, and signs what we verify."""

from pathlib import Path
from typing import Any

import pytest

from tests.judges.exhibits import DOCUMENT, NOW, TIN, Exhibits
from tests.judges.places import ask_jkurwa
from transports.dstu.certificates import read_certificate
from transports.dstu.verification import verify


@pytest.fixture(scope="module")
def verdict(exhibits: Exhibits) -> dict[str, Any]:
    """One start of node for all questions; it takes a second for each signature."""
    entry, folder = exhibits.entry, exhibits.folder
    containers = [{"path": str(folder / path), "password": entry.password} for path in _files(exhibits)]
    messages = [exhibits.bes, exhibits.stamped, exhibits.other_content, exhibits.other_signature]
    return ask_jkurwa(
        {
            "authority": str(exhibits.authority),
            "messages": [str(path) for path in messages],
            "containers": containers,
            "sign": {
                "container": containers[0],
                "certificate": str(folder / entry.certificate),
                "content": str(exhibits.document),
                "time": int(NOW.timestamp()),
            },
        }
    )


def _files(exhibits: Exhibits) -> list[str]:
    """It does not read PEM files with two kinds of blocks."""
    return [path for kind, path in exhibits.entry.files.items() if kind != "pem"]


def test_it_accepts_what_we_signed(verdict: dict[str, Any], exhibits: Exhibits) -> None:
    for said in verdict["messages"][:2]:
        assert said["signature"] is True
        assert said["attributes"] is True
        assert said["issued"] is True
        assert bytes.fromhex(said["content"]) == DOCUMENT
        assert said["identifier"] == exhibits.entry.subject_key_id
        assert said["numbers"] == {"EDRPOU": TIN, "DRFO": TIN}


def test_it_reads_our_time_stamp(verdict: dict[str, Any]) -> None:
    bes, stamped = verdict["messages"][:2]
    assert bes["stamped"] is None
    assert stamped["stamped"] == NOW.timestamp() * 1000


def test_it_rejects_what_was_changed(verdict: dict[str, Any]) -> None:
    content, signature = verdict["messages"][2:]
    assert (content["signature"], content["attributes"]) == (True, False)
    assert signature["signature"] is False


def test_it_opens_our_containers(verdict: dict[str, Any], exhibits: Exhibits) -> None:
    second = read_certificate((exhibits.folder / "cashier" / "agreement.cer").read_bytes())
    wanted = [
        {"degree": 257, "identifier": exhibits.entry.subject_key_id},
        {"degree": 431, "identifier": second.subject_key_id},
    ]
    assert verdict["containers"] == [wanted] * len(_files(exhibits))


def test_we_accept_what_it_signed(verdict: dict[str, Any], exhibits: Exhibits) -> None:
    encoded = bytes.fromhex(verdict["signed"]["message"])
    authority = read_certificate(Path(exhibits.authority).read_bytes())
    verified = verify(encoded, authorities=[authority], at=NOW)
    assert (verified.content, verified.signing_time) == (DOCUMENT, NOW)
    assert verified.certificate.subject_key_id == exhibits.entry.subject_key_id
