"""Answers and documents that are not what they seem: only the archive tells whose a document is."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from trio.testing import MockClock

from actors.kkt import KktSettings
from schemas.kkt import Committed
from schemas.receipts import Fiscal, ReceiptRequest
from schemas.records import BecameManual, Resolve
from tests.actors.kkt.rack import Rack, running_rack, wall
from tests.actors.kkt.scripted import ScriptedRegister
from transports.register import Lost, Unreachable


def only(rack: Rack) -> ScriptedRegister:
    return rack.registers[0]


async def test_an_answer_that_names_another_document_is_not_believed(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The late answer to an earlier command, say: the archive tells which document is ours."""
    async with running_rack(tmp_path) as rack:
        await rack.ended(rack.post(), rack.post())
        commit = ScriptedRegister.commit

        async def stale(register: ScriptedRegister, request: ReceiptRequest) -> Committed:
            done = await commit(register, request)
            return replace(done, fd=done.fd - 1, fpd=done.fpd - 1)

        monkeypatch.setattr(ScriptedRegister, "commit", stale)
        number = rack.post()
        assert await rack.ended(number) == ["fiscalized"]
        fiscal = rack.receipt(number).fiscal
        assert fiscal is not None
        assert (fiscal.fd, fiscal.fpd) == (only(rack).last_fd, only(rack).documents[-1].fpd)
        assert len(only(rack).made()) == 3


async def test_a_document_that_answers_another_receipt_meanwhile_is_not_ours(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """A person gave the one document that fits to an equal receipt while ours was unknown: ours is made anew."""
    async with running_rack(tmp_path, settings=KktSettings(mark=False)) as rack:
        await rack.until(lambda: rack.state().condition == "ready")
        register = only(rack)
        aside, number = rack.post(), rack.post()
        rack.store.commit([BecameManual(aside, None, "in doubt", None, wall())])
        register.fail("commit", Lost("cut"), after=True)
        register.fail("cancel", Unreachable("gone"))
        await rack.until(lambda: rack.receipt(number).status == "unknown")
        document = register.documents[-1]
        claim = Fiscal(register.fn, document.fd, document.fpd, 1, 1, document.at, rack.eips[0], "")
        rack.store.commit([Resolve(aside, "fiscalized", claim, "seen", "token 1", wall())])
        assert await rack.ended(number) == ["fiscalized"]
        fiscal = rack.receipt(number).fiscal
        assert fiscal is not None
        assert fiscal.fd == document.fd + 1
        assert len(register.made()) == 2
