"""The whole set of a sandbox's keys: made once into a folder, loaded by whoever plays a part (tax server, time stamps).

::

    DIR/keys.json                     who there is, with file names and passwords
    DIR/authority.cer, authority.pk8  and the same of time-stamps and fiscal-server
    DIR/<name>/key.pfx, key.zs2, Key-6.dat, key.jks, key.pem, key.cer (signing), agreement.cer (encryption)
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from kassanet.sandbox.keys import containers
from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import AGREEMENT, Owner, Terms
from kassanet.sandbox.keys.timestamps import TimeStampAuthority
from transports.dstu.certificates import TIME_STAMPING, Certificate, read_certificate
from transports.dstu.curves import M257, M431
from transports.dstu.keys import PrivateKey, new_key
from transports.dstu.signing import Signer
from transports.dstu.structures import read_private_key, write_private_key

PASSWORD = "sandbox-password"
TIME_STAMP_URL = "http://127.0.0.1:8609/tsp"
_DAY = timedelta(days=1)
_SERVICES = {
    "time-stamps": Owner("Тестові позначки часу", organisation="kassanet sandbox", number="UA-00000000-2000"),
    "fiscal-server": Owner("Тестовий фіскальний сервер", organisation="kassanet sandbox", number="UA-00000000-3000"),
}


class Wanted(msgspec.Struct, frozen=True):
    """A key to be made. ``expired`` ones stopped being valid a day ago."""

    name: str
    owner: Owner
    expired: bool = False


class KeyEntry(msgspec.Struct, frozen=True):
    """One key of ``keys.json``; ``files`` are relative to the folder, by kind of container."""

    name: str
    owner: str
    role: str
    edrpou: str | None
    drfo: str | None
    subject_key_id: str | None
    not_after: datetime
    password: str
    certificate: str
    files: dict[str, str]


class Listing(msgspec.Struct, frozen=True):
    """``keys.json``."""

    authority: str
    keys: list[KeyEntry]


def usual(entrepreneurs: int = 1) -> list[Wanted]:
    """A company with its stamp and two employees, entrepreneurs, and one whose certificate has expired."""
    company = "40000001"
    return [
        Wanted("stamp", Owner("ТОВ Приклад", "ТОВ Приклад", edrpou=company, stamp=True)),
        Wanted("director", Owner("Коваль Олена Іванівна", "ТОВ Приклад", edrpou=company, drfo="2900000011")),
        Wanted("cashier", Owner("Бойко Петро Олексійович", "ТОВ Приклад", edrpou=company, drfo="3100000022")),
        *(_entrepreneur(number) for number in range(1, entrepreneurs + 1)),
        Wanted("expired", Owner("Ткач Марія Степанівна", edrpou="2700000033", drfo="2700000033"), expired=True),
    ]


def _entrepreneur(number: int) -> Wanted:
    tin = f"{3_200_000_000 + number}"
    return Wanted(f"entrepreneur-{number}", Owner(f"Шевчук Андрій {number}", edrpou=tin, drfo=tin))


class Estate(msgspec.Struct, frozen=True):
    """What the sandbox's own parts need of a folder."""

    authority: Certificate
    time_stamps: TimeStampAuthority
    server: Signer
    """Signs the tax server's answers."""

    listing: Listing


def make(
    folder: Path, wanted: Sequence[Wanted], at: datetime, *, days: int = 730, time_stamp_url: str = TIME_STAMP_URL
) -> Listing:
    """Write everything; FileExistsError when there is a set already: keys are not replaced by accident."""
    if (folder / "keys.json").exists():
        raise FileExistsError(f"{folder} holds keys already; choose another --out, or remove them")
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority.founded(at - 2 * 365 * _DAY, years=12)
    _write_service(folder, "authority", authority.key, authority.certificate)
    for name, owner in _SERVICES.items():
        key = new_key(M257)
        purposes = (TIME_STAMPING,) if name == "time-stamps" else ()
        terms = Terms(at - _DAY, at + 10 * 365 * _DAY, purposes=purposes)
        _write_service(folder, name, key, authority.certify(owner, key, terms))
    entries = [_write_key(folder, each, authority, at, days, time_stamp_url) for each in wanted]
    listing = Listing("authority.cer", entries)
    (folder / "keys.json").write_bytes(msgspec.json.format(msgspec.json.encode(listing), indent=2) + b"\n")
    return listing


def load(folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Estate:
    """What :func:`make` wrote. OSError when it is not there."""
    stamps_key, stamps_certificate = _read_service(folder, "time-stamps")
    return Estate(
        authority=_read_service(folder, "authority")[1],
        time_stamps=TimeStampAuthority(stamps_key, stamps_certificate, clock),
        server=Signer(*_read_service(folder, "fiscal-server")),
        listing=msgspec.json.decode((folder / "keys.json").read_bytes(), type=Listing),
    )


def load_authority(folder: Path) -> Authority:
    """For issuing more certificates under the same authority."""
    return Authority(*_read_service(folder, "authority"))


def _write_service(folder: Path, name: str, key: PrivateKey, certificate: Certificate) -> None:
    (folder / f"{name}.cer").write_bytes(certificate.encoded)
    (folder / f"{name}.pk8").write_bytes(write_private_key(key))


def _read_service(folder: Path, name: str) -> tuple[PrivateKey, Certificate]:
    key = read_private_key((folder / f"{name}.pk8").read_bytes())
    return key, read_certificate((folder / f"{name}.cer").read_bytes())


def _write_key(folder: Path, wanted: Wanted, authority: Authority, at: datetime, days: int, url: str) -> KeyEntry:
    start, end = (at - days * _DAY, at - _DAY) if wanted.expired else (at - _DAY, at + days * _DAY)
    signing, agreement = new_key(M257), new_key(M431)
    certificate = authority.certify(wanted.owner, signing, Terms(start, end, time_stamp_url=url))
    second = authority.certify(wanted.owner, agreement, Terms(start, end, usages=AGREEMENT, time_stamp_url=url))
    place = folder / wanted.name
    place.mkdir()
    files = {}
    pairs = ((signing, certificate), (agreement, second))
    for kind, (name, data) in _containers(pairs, authority.certificate).items():
        (place / name).write_bytes(data)
        files[kind] = f"{wanted.name}/{name}"
    (place / "key.cer").write_bytes(certificate.encoded)
    (place / "agreement.cer").write_bytes(second.encoded)
    return _entry(wanted, certificate, files)


Pairs = tuple[tuple[PrivateKey, Certificate], tuple[PrivateKey, Certificate]]


def _containers(pairs: Pairs, issuer: Certificate) -> dict[str, tuple[str, bytes]]:
    """Each kind with its file's name and contents."""
    (signing, certificate), (agreement, _) = pairs
    both = containers.two_keys(signing, agreement)
    pem = containers.pem("ENCRYPTED PRIVATE KEY", containers.encrypted_pkcs8(both, PASSWORD))
    return {
        "pfx": ("key.pfx", containers.pkcs12(pairs, PASSWORD, [issuer])),
        "zs2": ("key.zs2", containers.pkcs12(pairs, PASSWORD, bare=True)),
        "key-6": ("Key-6.dat", containers.key_file(signing, agreement, PASSWORD)),
        "jks": ("key.jks", containers.java_store("pb", both, [certificate, issuer], PASSWORD)),
        "pem": ("key.pem", pem + containers.pem("CERTIFICATE", certificate.encoded)),
    }


def _entry(wanted: Wanted, certificate: Certificate, files: dict[str, str]) -> KeyEntry:
    return KeyEntry(
        name=wanted.name,
        owner=certificate.owner,
        role=certificate.role,
        edrpou=certificate.edrpou,
        drfo=certificate.drfo,
        subject_key_id=certificate.subject_key_id,
        not_after=certificate.not_after,
        password=PASSWORD,
        certificate=f"{wanted.name}/key.cer",
        files=files,
    )
