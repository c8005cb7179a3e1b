"""``kassanet pinpad`` as tills call it: exit codes, slips, and once for each external id."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from kassanet.cli import run
from kassanet.pinpad_exit import code_of, code_of_problem
from kassanet.sandbox.smartsale.cards import CardLine
from schemas.operations import Operation, OperationStatus, PinpadAnswer
from schemas.problems import problem
from tests.kassanet.service.premises import premises
from tests.kassanet.service.terminals import Bank, Counter, quick

Captured = pytest.CaptureFixture[str]


class Till:
    """Calls the program, as a till does."""

    def __init__(self, url: str, token: str, bank: Bank) -> None:
        self.bank = bank
        self._common = [f"--url={url}", f"--token={token}", "--wait=60"]

    async def call(self, *words: str) -> int:
        return await trio.to_thread.run_sync(self._code, words)

    def _code(self, words: tuple[str, ...]) -> int:
        try:
            return run(["pinpad", *words, *self._common])
        except SystemExit as left:
            return int(left.code or 0)


@asynccontextmanager
async def till(folder: Path, *cards: CardLine) -> AsyncIterator[Till]:
    async with premises(folder, 0, pinpads=quick(folder)) as place, trio.open_nursery() as nursery:
        bank = Bank(nursery)
        await bank.open()
        address = await bank.terminal(cards=cards)
        async with place.client(place.token("admin")) as http:
            await Counter(http).add(address)
        assert place.service is not None
        yield Till(place.service.addresses[0], place.token("operator"), bank)
        await place.stop()
        nursery.cancel_scope.cancel()


async def test_a_day_at_a_till(tmp_path: Path, capsys: Captured) -> None:
    async with till(tmp_path) as shop:
        capsys.readouterr()
        assert await shop.call("pay", "--amount=1200", "--external-id=order-1") == 0
        assert "ОДОБРЕНО" in capsys.readouterr().out
        assert await shop.call("pay", "--amount=1200", "--external-id=order-1", "--json") == 0
        operation = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (operation["external_id"], shop.bank.left) == ("order-1", 1200)
        file = tmp_path / "slips.txt"
        assert await shop.call("void", f"--of={operation['id']}", f"--receipt-file={file}") == 0
        assert file.read_text().count("ОТМЕНА") == 2
        assert await shop.call("settle") == 0
        assert await shop.call("check") == 0
        assert shop.bank.left == 0


async def test_what_does_not_come_about(tmp_path: Path, capsys: Captured) -> None:
    async with till(tmp_path, CardLine(device="*", on="payment", amount=5100, do="decline", code="51")) as shop:
        assert await shop.call("pay", "--amount=5100") == 100
        assert await shop.call("pay", "--amount=5100", "--refused-code=0") == 0
        assert await shop.call("pay") == 4
        assert await shop.call("pay", "--amount=0") == 101
        assert await shop.call("pay", "--amount=much") == 101
        assert await shop.call("void", "--of=99") == 4
        assert await shop.call("pay", "--amount=1", "--pinpad=9") == 6
        assert "kassanet: " in capsys.readouterr().err


async def test_slips_that_cannot_be_kept_do_not_hide_what_was_paid(tmp_path: Path, capsys: Captured) -> None:
    async with till(tmp_path) as shop:
        assert await shop.call("pay", "--amount=700", f"--receipt-file={tmp_path / 'nowhere' / 'slips.txt'}") == 101
        assert await shop.call("pay", "--amount=700", f"--receipt-file={tmp_path}") == 101
        assert shop.bank.left == 0
        assert "nothing was asked" in capsys.readouterr().err
        # Looks writable beforehand, even to root, and is not.
        assert await shop.call("pay", "--amount=700", "--receipt-file=/dev/full") == 0
        assert shop.bank.left == 700
        assert "the slips are not in /dev/full" in capsys.readouterr().err


async def test_mistakes_are_told_by_their_options(tmp_path: Path, capsys: Captured) -> None:
    async with till(tmp_path) as shop:
        capsys.readouterr()
        await shop.call("pay", "--amount=0")
        await shop.call("pay")
        await shop.call("pay", "--amount=5", "--currency=980")
        said = capsys.readouterr().err.splitlines()
        assert said[0].startswith("kassanet: --amount is out of range (expected a whole number of 1 to ")
        assert said[1].startswith("kassanet: --amount is missing (expected kopecks")
        assert said[2] == "kassanet: --currency 980 is not taken here (expected 643)"


def test_no_token_no_service(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.delenv("KASSANET_TOKEN", raising=False)
    assert run(["pinpad", "pay", "--amount=1"]) == 6
    for url in ("http://127.0.0.1:1", "127.0.0.1:1"):
        assert run(["pinpad", "pay", "--amount=1", "--token=x", f"--url={url}", "--wait=0.1"]) == 13
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert "the service does not answer at http://127.0.0.1:1: all attempts to connect" in said[2]


@pytest.mark.parametrize(
    ("status", "code"),
    [("approved", 0), ("refused", 77), ("failed", 13), ("cancelled", 15), ("unknown", 1), ("manual", 1),
     ("reversed", 1), ("sending", 1)],
)  # fmt: skip
def test_every_end_has_its_code(status: OperationStatus, code: int) -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 11, 22, tzinfo=UTC)
    operation = Operation(
        id=1, pinpad_id=1, external_id="x", kind="payment", status=status, revision=1, accepted_at=now, changed_at=now,
        result=PinpadAnswer(verdict="refused"),
    )  # fmt: skip
    assert code_of(operation, refused=77) == code


@pytest.mark.parametrize(
    ("status", "slug", "code"),
    [(409, "pinpad-busy", 16), (409, "operation-not-configured", 6), (409, "not-last", 4), (422, "invalid", 4),
     (404, "not-found", 6), (503, "store-unavailable", 3), (504, "no-answer", 1), (500, "internal", 3)],
)  # fmt: skip
def test_every_problem_has_its_code(status: int, slug: str, code: int) -> None:
    assert code_of_problem(problem(status, slug, "").problem) == code
