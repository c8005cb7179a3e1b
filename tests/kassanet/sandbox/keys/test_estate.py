"""A set of keys in a folder: each container opens, goes with its certificate, signs what the authority vouches for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kassanet.cli import run
from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.estate import Estate, Listing, load, load_authority, make, usual
from transports.dstu.certificates import read_certificate
from transports.dstu.errors import NotValid
from transports.dstu.imports import import_key
from transports.dstu.verification import objections, verify

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
DOCUMENT = "<ZREP/>".encode("cp1251")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("keys") / "made"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containers, "ROUNDS", 10)
        make(place, usual(2), NOW)
    return place


@pytest.fixture(scope="module")
def estate(folder: Path) -> Estate:
    return load(folder, clock=lambda: NOW)


def test_every_container_holds_its_signing_key(folder: Path, estate: Estate) -> None:
    for entry in estate.listing.keys:
        beside = [(folder / entry.certificate).read_bytes()]
        materials = {import_key((folder / path).read_bytes(), entry.password, beside) for path in entry.files.values()}
        assert {material.certificate for material in materials} == set(beside)
        assert len({material.secret for material in materials}) == 1
        assert set(entry.files) == {"pfx", "zs2", "key-6", "jks", "pem"}


def test_who_there_is(estate: Estate) -> None:
    roles = {entry.name: (entry.role, entry.edrpou, entry.drfo) for entry in estate.listing.keys}
    assert roles["stamp"] == ("stamp", "40000001", None)
    assert roles["cashier"][0] == roles["director"][0] == "employee"
    assert roles["entrepreneur-2"] == ("entrepreneur", "3200000002", "3200000002")
    assert len({entry.subject_key_id for entry in estate.listing.keys}) == len(roles) == 6


def test_what_is_signed_is_vouched_for(folder: Path, estate: Estate) -> None:
    entry = estate.listing.keys[3]
    signer = import_key((folder / entry.files["jks"]).read_bytes(), entry.password).signer()
    stamped = signer.sign_stamped(DOCUMENT, NOW, estate.time_stamps.respond)
    verified = verify(stamped, authorities=[estate.authority], at=NOW)
    assert objections(verified.message, stamped=True) == []
    assert verified.certificate.subject_key_id == entry.subject_key_id
    answer = verify(estate.server.sign(b"<TICKET/>", NOW), authorities=[estate.authority], at=NOW)
    assert "сервер" in answer.certificate.owner


def test_the_expired_key_does_not_sign(folder: Path, estate: Estate) -> None:
    entry = next(entry for entry in estate.listing.keys if entry.name == "expired")
    signer = import_key((folder / entry.files["pfx"]).read_bytes(), entry.password).signer()
    with pytest.raises(NotValid):
        signer.sign(DOCUMENT, NOW)
    signer.sign(DOCUMENT, NOW - timedelta(days=2))


def test_keys_are_not_replaced_by_accident(folder: Path) -> None:
    before = (folder / "keys.json").read_bytes()
    with pytest.raises(FileExistsError, match="--out"):
        make(folder, usual(), NOW)
    assert (folder / "keys.json").read_bytes() == before


def test_more_can_be_issued_under_the_same_authority(folder: Path, estate: Estate) -> None:
    assert load_authority(folder).certificate == estate.authority
    for entry in estate.listing.keys:
        read_certificate((folder / entry.certificate).read_bytes()).check_issued_by(estate.authority)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "ROUNDS", 10)
    assert run(["sandbox", "keys", "--out", str(tmp_path / "k"), "--days", "30", "--entrepreneurs", "2"]) == 0
    assert capsys.readouterr().out.startswith("6 keys in ")
    listing = msgspec.json.decode((tmp_path / "k" / "keys.json").read_bytes(), type=Listing)
    assert {entry.name for entry in listing.keys} >= {"stamp", "cashier", "entrepreneur-2", "expired"}


def test_the_command_does_not_write_over_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "keys", "--out", str(folder)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "holds keys already" in said
