"""How many CAdES-BES signatures a second one core makes over a document of 5 KB with GOST 34.311; CAdES-T apart."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from time import process_time
from unittest.mock import patch

from bench.duel import duel
from bench.floor_signing import signatures_a_second as floor
from bench.neighbour_signers import neighbours
from bench.result import NotReal, Result
from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from kassanet.sandbox.keys.timestamps import TimeStampAuthority
from transports.dstu import backend, field, gost28147, gost34311, kupyna, points
from transports.dstu.certificates import TIME_STAMPING
from transports.dstu.curves import M257
from transports.dstu.keys import new_key
from transports.dstu.signing import Signer, time_stamp_request, with_time_stamp
from transports.dstu.verification import verify

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)
DOCUMENT = ("<ROW ROWNUM='1'><NAME>Хліб житній</NAME><PRICE>32.50</PRICE></ROW>\r\n".encode("cp1251") * 100)[:5400]
SLOWEST = 1.0  # ms a signature: a thousand a second


def make_signers() -> tuple[dict[str, Signer], TimeStampAuthority]:
    authority = Authority.founded(NOW - YEAR)
    key, clock = new_key(M257), new_key(M257)
    certificate = authority.certify(
        Owner("Касир", edrpou="3012345678", drfo="3012345678"), key, Terms(NOW - YEAR, NOW + YEAR)
    )
    stamps = Terms(NOW - YEAR, NOW + YEAR, purposes=(TIME_STAMPING,))
    signers = {name: Signer(key, certificate, kupyna=name == "kupyna") for name in ("gost", "kupyna")}
    return signers, TimeStampAuthority(clock, authority.certify(Owner("Годинник", number="2"), clock, stamps))


def subject(signer: Signer, count: int) -> float:
    begun = process_time()
    for _ in range(count):
        signer.sign(DOCUMENT, NOW)
    return count / (process_time() - begun)


def stamped(signer: Signer, stamps: TimeStampAuthority, count: int) -> tuple[float, float]:
    """What a time stamp adds for us (asking, checking the answer, putting it in), and the authority's own rate."""
    messages = [signer.sign(DOCUMENT, NOW) for _ in range(count)]
    begun = process_time()
    requests = [time_stamp_request(message, signer.scheme.digest) for message in messages]
    asked = process_time()
    answers = [stamps.respond(request.encoded) for request in requests]
    answered = process_time()
    for message, request, answer in zip(messages, requests, answers, strict=True):
        with_time_stamp(message, request, answer)
    done = process_time()
    return count / (asked - begun + done - answered), count / (answered - asked)


def verified(signer: Signer, count: int) -> float:
    message = signer.sign(DOCUMENT, NOW)
    begun = process_time()
    for _ in range(count):
        verify(message)
    return count / (process_time() - begun)


@contextmanager
def python_alone() -> Iterator[None]:
    """As on a machine without a compiler and without the wheel."""
    missing = [(module, "NATIVE") for module in (field, gost28147, gost34311, points)]
    missing += [(module, "CORE") for module in (kupyna, points)]
    with ExitStack() as stack:
        for module, name in missing:
            stack.enter_context(patch.object(module, name, None))
        yield


def prove(signer: Signer) -> None:
    used = backend.backend()
    if used.is_fallback:
        raise NotReal(f"signatures are made by {used.name}: no compiler was found at installation, or no wheel fits")
    message = verify(signer.sign(DOCUMENT, NOW), at=NOW)
    if (message.content, message.level) != (DOCUMENT, "CAdES-BES"):
        raise NotReal("what was signed does not verify")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=2000, help="signatures in a turn")
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> Result:
    signers, stamps = make_signers()
    prove(signers["gost"])
    count = options.count
    found = duel(partial(subject, signers["gost"], count), partial(floor, DOCUMENT, count), options.rounds)
    added, authority = stamped(signers["gost"], stamps, count // 4)
    with python_alone():
        subject(signers["gost"], 1)  # tables are made
        fallback = subject(signers["gost"], 30)
    return Result(
        name="signing",
        value=found.subject,
        floor=found.floor,
        unit="CAdES-BES/CPU-s",
        limits={"ms a signature": (1000 / found.subject, SLOWEST)},
        details={
            "median_ratio": found.median_ratio,
            "backend": backend.backend().name,
            "kupyna_per_s": round(subject(signers["kupyna"], count)),
            "verified_per_s": round(verified(signers["gost"], count // 4)),
            "cades_t": {"asked_checked_added_per_s": round(added), "stamped_per_s": round(authority)},
            "python_alone_per_s": round(fallback, 1),
            "neighbours": neighbours(DOCUMENT),
        },
    )
