"""A key signs a document once, keeps the signature, and refuses what it may not sign."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.runtime import ActorCrashed
from actors.signing.key import Forget, Replace
from actors.signing.rules import Refused
from actors.store import StoreUnavailable
from kassanet.agent.chain import events
from kassanet.agent.store import DATABASE
from schemas.records import Conflict, NotFound
from schemas.signing import Agreement, KeyPolicy
from schemas.signing_records import DropKey
from tests.actors.signing.rig import AGREEMENT, REGISTER, START, TIN, changed, check, issued, standing
from transports.dstu.verification import verify


def logged(folder: Path) -> list[tuple[str, str, str]]:
    connection = sqlite3.connect(folder / DATABASE)
    try:
        return [(event.event, event.subject, event.detail) for event in events(connection)]
    finally:
        connection.close()


async def test_a_document_is_signed_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        first = await rig.sign("d1")
        again = await rig.sign("d1")
    assert (first.repeated, again.repeated) == (False, True)
    assert first.signature == again.signature
    verified = verify(first.signature, at=START)
    assert (verified.content, verified.level) == (check(), "CAdES-BES")
    assert [event for event, _, _ in logged(tmp_path)] == ["key added", "signed"]


async def test_the_stored_signature_survives_a_restart(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        first = await rig.sign("d1")
    async with standing(tmp_path) as rig:
        again = await rig.sign("d1")
    assert (again.signature, again.repeated) == (first.signature, True)
    assert rig.unsealed == 0


async def test_another_document_under_the_same_id(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        await rig.sign("d1")
        for other in (rig.sign("d1", check(2)), rig.sign("d1", stamped=True)):
            with pytest.raises(Conflict) as conflict:
                await other
            assert conflict.value.code == "document_differs"


async def test_many_askers_of_one_document_get_one_signature(tmp_path: Path, autojump_clock: MockClock) -> None:
    found: list[bytes] = []
    async with standing(tmp_path) as rig:

        async def ask() -> None:
            found.append((await rig.sign("d1", stamped=True)).signature)

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(ask)
    assert len(found) == 20
    assert len(set(found)) == 1


async def test_time_stamps(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        signed = await rig.sign("d1", stamped=True)
    verified = verify(signed.signature, at=START)
    assert (signed.level, verified.level) == ("CAdES-T", "CAdES-T")


async def test_without_a_time_stamp_nothing_is_signed(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        rig.stamp_trouble = Refused("time-stamp-unavailable", "away")
        with pytest.raises(Refused, match="away"):
            await rig.sign("d1", stamped=True)
        rig.stamp_trouble = None
        rig.stamp_answer = lambda request: b"junk"
        with pytest.raises(Refused, match="of no use"):
            await rig.sign("d1", stamped=True)
        rig.stamp_answer = issued()[2].respond
        assert not (await rig.sign("d1", stamped=True)).repeated


async def test_what_is_not_on_disk_does_not_leave(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        rig.journal.away = True
        with pytest.raises(StoreUnavailable):
            await rig.sign("d1")
        rig.journal.away = False
        assert not (await rig.sign("d1")).repeated


async def test_the_secret_is_let_go_of_when_idle(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        for number in range(3):
            await rig.sign(f"d{number}")
            await trio.sleep(59)
        assert rig.unsealed == 1
        await trio.sleep(2)
        assert rig.tree.tree().children[1].facts["open"] is False
        await rig.sign("d9")
        assert rig.unsealed == 2
        await rig.ref.ask(Forget())
        await rig.sign("d10")
        assert rig.unsealed == 3


async def test_a_locked_agent_signs_nothing_and_repeats_what_it_signed(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with standing(tmp_path) as rig:
        first = await rig.sign("d1")
        rig.locked = True
        await rig.ref.ask(Forget())
        with pytest.raises(Refused) as refused:
            await rig.sign("d2")
        assert refused.value.code == "locked"
        assert (await rig.sign("d1")).signature == first.signature


@pytest.mark.parametrize(
    ("agreement", "code"),
    [
        (None, "no-agreement"),
        (Agreement("7", date(2026, 1, 1), "x", date(2026, 5, 5)), "agreement-over"),
        (Agreement("7", date(2026, 5, 7), "x", date(2026, 12, 31)), "agreement-over"),
    ],
)
async def test_without_an_agreement_in_force_nothing_is_signed(
    tmp_path: Path, autojump_clock: MockClock, agreement: Agreement | None, code: str
) -> None:
    async with standing(tmp_path, agreement=agreement) as rig:
        with pytest.raises(Refused) as refused:
            await rig.sign("d1")
        assert refused.value.code == code
        await rig.ref.ask(Replace(changed(rig.key, agreement=AGREEMENT)))
        await rig.sign("d1")
    assert ("refused", "k1/d1", code) in logged(tmp_path)


async def test_policy(tmp_path: Path, autojump_clock: MockClock) -> None:
    policy = KeyPolicy(kinds=("check",), registers=(REGISTER,))
    refusals = {
        "kind-not-allowed": (b'{"Command":"Objects"}', "command"),
        "foreign-register": (check(register="5"), "check"),
        "foreign-tin": (check(tin="3012345679"), "check"),
        "unreadable": (b"<ZREP/>", "check"),
    }
    async with standing(tmp_path, policy) as rig:
        for code, (data, kind) in refusals.items():
            with pytest.raises(Refused) as refused:
                await rig.sign("d1", data, kind)  # type: ignore[arg-type]  # one of the kinds
            assert refused.value.code == code
        await rig.sign("d1")
    assert [detail for event, _, detail in logged(tmp_path) if event == "refused"] == list(refusals)
    assert TIN not in "".join(detail for _, _, detail in logged(tmp_path))


async def test_an_expired_certificate(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path, agreement=Agreement("7", date(2020, 1, 1), "x", date(2040, 1, 1))) as rig:
        await rig.sign("d1")
        await trio.sleep(timedelta(days=366).total_seconds())
        with pytest.raises(Refused) as refused:
            await rig.sign("d2")
    assert refused.value.code == "certificate-not-valid"


async def test_pace(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path, KeyPolicy(a_minute=3)) as rig:
        for number in range(3):
            await rig.sign(f"d{number}")
        with pytest.raises(Refused) as refused:
            await rig.sign("d3")
        assert refused.value.code == "too-fast"
        assert refused.value.after == pytest.approx(20)
        await rig.sign("d1")  # a repeat costs nothing
        await trio.sleep(20.5)
        await rig.sign("d3")


async def test_the_pace_of_a_tenant(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path, tenant_a_minute=1) as rig:
        await rig.sign("d1")
        with pytest.raises(Refused, match="tenant"):
            await rig.sign("d2")


async def test_a_key_that_was_dropped_meanwhile(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with standing(tmp_path) as rig:
        rig.store.commit([DropKey("k1", "test", START.timestamp())])
        with pytest.raises(NotFound):
            await rig.sign("d1")


async def test_a_crash_while_signing_leaves_nothing_behind(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with standing(tmp_path) as rig:
        with monkeypatch.context() as patch:
            patch.setattr("transports.dstu.keys.PrivateKey.sign", lambda key, digest: 1 / 0)
            with pytest.raises(ActorCrashed):
                await rig.sign("d1")
        await trio.sleep(1)
        assert not (await rig.sign("d1")).repeated
