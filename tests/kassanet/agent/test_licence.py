"""Licences: signed by the cash desk, checked offline, warned of before they end and refused after."""

from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.signing.rules import Refused
from kassanet.agent.licence import Licence, LicenceProblem, issue, load_private, load_public, read
from kassanet.agent.licensing import Licensing
from kassanet.agent.settings import AgentSettings
from kassanet.cli import run

KEY = Ed25519PrivateKey.generate()
LICENCE = Licence("L-1", "till.example", 2, date(2026, 1, 1), date(2026, 6, 30))
FILE = issue(LICENCE, KEY)


def test_what_is_issued_is_read() -> None:
    assert read(FILE, KEY.public_key()) == read(FILE, None) == LICENCE


def test_another_desks_licence_is_none() -> None:
    with pytest.raises(LicenceProblem, match="not signed"):
        read(FILE, Ed25519PrivateKey.generate().public_key())


@settings(deadline=None)
@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_a_changed_licence_is_none(place: int, change: int) -> None:
    changed = bytearray(FILE)
    changed[place] ^= change
    try:
        found = read(bytes(changed), KEY.public_key())
    except LicenceProblem:
        return
    assert found == LICENCE  # white space, or the unused bits of base64


@pytest.mark.parametrize(
    ("day", "standing"),
    [(date(2026, 5, 31), "good"), (date(2026, 6, 1), "ending"), (LICENCE.until, "ending"), (date(2026, 7, 1), "over")],
)
def test_standing(day: date, standing: str) -> None:
    assert LICENCE.standing(day) == standing
    licensing = Licensing(LICENCE)
    assert bool(licensing.warnings(day)) == (standing != "good")
    if standing == "over":
        with pytest.raises(Refused, match="ended on 2026-06-30"):
            licensing.check(day)
    else:
        licensing.check(day)


def test_room() -> None:
    Licensing(LICENCE).check_room(1, LICENCE.issued)
    with pytest.raises(Refused) as refused:
        Licensing(LICENCE).check_room(2, LICENCE.issued)
    assert refused.value.code == "licence-full"


def test_what_the_agent_finds(tmp_path: Path) -> None:
    load_private(tmp_path / "desk.pem")
    public, file = str(tmp_path / "desk.pem.pub"), tmp_path / "licence"
    assert Licensing.of(AgentSettings()).trouble is None
    assert Licensing.of(AgentSettings(licence_key=public)).trouble == "no licence is configured"
    settings = AgentSettings(licence_key=public, licence=str(file))
    assert "No such file" in (Licensing.of(settings).trouble or "")
    file.write_bytes(FILE)
    with pytest.raises(Refused) as refused:
        Licensing.of(settings).check(LICENCE.issued)
    assert refused.value.code == "no-licence"
    file.write_bytes(issue(LICENCE, load_private(tmp_path / "desk.pem")))
    assert Licensing.of(settings).licence == LICENCE
    with pytest.raises(LicenceProblem):
        Licensing.of(AgentSettings(licence_key=str(file)))


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, file = tmp_path / "desk.pem", tmp_path / "licence"
    words = ["licence", "issue", "--key", str(key), "--number", "L-2", "--server", "a", "--keys", "5"]
    assert run([*words, "--until", "2099-12-31"]) == 0
    file.write_text(capsys.readouterr().out)
    assert key.stat().st_mode & 0o777 == 0o600
    assert load_public(tmp_path / "desk.pem.pub") == load_private(key).public_key()
    assert run(["licence", "show", str(file), "--key", f"{key}.pub"]) == 0
    said = capsys.readouterr().out
    assert '"keys":5' in said
    assert "good; the signature holds" in said
    assert run(["licence", "show", str(key)]) == 1
    assert run([*words[:-1], "0", "--until", "2099-12-31"]) == 1
    assert capsys.readouterr().err.count("\n") == 2
