"""Bank files through the whole service: dry and wet, twice and overlapping, refused whole, cut off, brought again."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import trio

from actors.runtime import Ref
from kassanet.config import Limits
from kassanet.sandbox.billing.registries import registry, rows
from kassanet.sandbox.billing.statements import OWN_INN, payments, statement
from kassanet.store.sqlite import Opening, SqliteReader
from schemas.payment_records import AcceptPayments, PaymentFilter
from tests.kassanet.channels.market import Market, market

RULES: dict[str, Any] = {"own_inn": OWN_INN}


async def bring(here: Market, content: bytes, **query: str) -> list[dict[str, Any]]:
    answer = await here.http.post("/api/v1/imports", content=content, params={"channel": "files", **query})
    assert answer.status_code == 200, answer.text
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


async def opened(here: Market, policy: str = "fiscalize_only", **settings: Any) -> None:  # noqa: ANN401 - settings
    billing = None if policy == "fiscalize_only" else "osmp"
    await here.channel("files", "file", settings={**RULES, **settings})
    await here.route("files", "files", policy=policy, billing=billing)


def file(count: int, seed: int = 0) -> bytes:
    return b"".join(statement(count, seed))


async def test_a_statement_dry_wet_twice_and_overlapping(tmp_path: Path) -> None:
    async with market(tmp_path, registers=2) as here:
        await here.billing()
        await opened(here, "credit_then_fiscalize")
        people = [one for one in payments(40) if one.account]
        dry = await bring(here, file(40), dry_run="true")
        assert (dry[-1]["total"]["paid"], dry[-1]["total"]["dry_run"]) == (len(people), True)
        assert await here.payments() == []
        wet = await bring(here, file(40))
        assert [line.get("account") for line in wet[1:-1]] == [line.get("account") for line in dry[1:-1]]
        total = wet[-1]["total"]
        assert total["paid_sum"] == sum(one.sum for one in people)
        assert total["paid_sum"] + total["skipped_sum"] == total["received"]
        assert set(total["skipped"]) <= {"outgoing", "own_transfer", "not_a_person", "registry_lump_sum"}
        again = await bring(here, file(40))
        assert (again[-1]["total"]["paid"], again[-1]["total"]["skipped"]["duplicate"]) == (0, len(people))
        await here.all_fiscalized(len(people))
        assert sorted(amount for _, amount in here.receipts()) == sorted(one.sum for one in people)
        assert sorted(amount for _, _, amount in here.credited()) == sorted(one.sum for one in people)
        brought = (await here.http.get("/api/v1/imports")).json()
        assert [one["report"]["paid"] for one in brought] == [0, len(people)]


async def test_registries_that_overlap_make_nothing_twice(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await opened(here)
        first = await bring(here, b"".join(registry("eps", 5)), name="../../etc/passwd")
        longer = await bring(here, b"".join(registry("eps", 8, encoding="utf-8")))
        assert (first[-1]["total"]["paid"], longer[-1]["total"]["paid"]) == (5, 3)
        await here.all_fiscalized(8)
        assert [amount for _, amount in here.receipts()] == [row.sum for row in rows(8)]
        names = [one["name"] for one in (await here.http.get("/api/v1/imports")).json()]
        assert names == ["", "../../etc/passwd"], "a name is only ever shown"


async def test_the_same_number_with_another_sum_is_a_question_for_a_person(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await opened(here)
        line = "{};5;2026-11-22;{};;;x;7\n"
        await bring(here, ("40702810900000000001\n" + line.format("100500", "10.00")).encode())
        changed = await bring(here, ("40702810900000000001\n" + line.format("100500", "11.00")).encode())
        assert (changed[1]["what"], changed[1]["reason"]) == ("ask", "conflict")


async def test_lines_that_no_route_takes_are_for_a_person(tmp_path: Path) -> None:
    async with market(tmp_path) as here:
        await here.channel("files", "file")
        await here.route("files", "files", policy="fiscalize_only", billing=None, account="1*")
        lines = await bring(here, b"".join(registry("eps", 10)))
        for said, row in zip(lines[1:-1], rows(10), strict=True):
            assert said["what"] == ("paid" if row.account.startswith("1") else "ask")


async def test_a_broken_file_is_refused_whole(tmp_path: Path) -> None:
    broken = {
        file(5).replace(b"=1", b"=2", 3): "refused",
        b"": "empty",
        b"PK\x03\x04\x00\x00": "no profile fits",
        file(5)[:-900]: "refused",
    }
    async with market(tmp_path, registers=0) as here:
        await opened(here)
        for content, why in broken.items():
            answer = await here.http.post("/api/v1/imports", content=content, params={"channel": "files"})
            assert (answer.status_code, answer.json()["type"]) == (422, "urn:kassanet:problem:file-refused")
            assert why in answer.text
        assert await here.payments() == []


async def test_a_file_larger_than_allowed_and_a_channel_that_is_not_there(tmp_path: Path) -> None:
    async with market(tmp_path, registers=0, limits=Limits(import_body=2**18, line=2**17)) as here:
        await opened(here)
        answer = await here.http.post("/api/v1/imports", content=b"x" * 2**19, params={"channel": "files"})
        assert answer.status_code == 413
        answer = await here.http.post("/api/v1/imports", content=file(5), params={"channel": "other"})
        assert answer.status_code == 422
        assert len(await bring(here, file(5), channel="files")) == 7


NAMES = ["../../../etc/passwd", "/etc/passwd", "C:\\autoexec.bat", "\x00", "x" * 5000, "\u202etxt.exe"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    async with market(tmp_path, registers=0) as here:
        await opened(here)
        before = files(tmp_path)
        said = await bring(here, file(3), channel="files", name=name)
        assert "total" in said[-1]
        assert (await here.http.get("/api/v1/imports")).json()[0]["name"] == name[:255]
        assert files(tmp_path) == before


def files(folder: Path) -> list[Path]:
    """But SQLite's own beside its database."""
    return sorted(path for path in folder.rglob("*") if not path.name.endswith(("-wal", "-shm")))


async def test_cut_off_halfway_and_brought_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal fails in the middle, as a kill would stop it; what was taken stays, the repeat brings the rest."""
    monkeypatch.setattr("kassanet.channels.bringing.AT_ONCE", 10)
    async with market(tmp_path, registers=0) as here:
        await opened(here)
        asked, real = [0], Ref.ask

        async def ask(self: Ref, message: Any, **more: Any) -> Any:  # noqa: ANN401 - as the real one
            if isinstance(message, AcceptPayments):
                asked[0] += 1
                if asked[0] == 3:
                    raise RuntimeError("killed")
            return await real(self, message, **more)

        monkeypatch.setattr(Ref, "ask", ask)
        content = b"".join(registry("eps", 50))
        broken = await bring(here, content)
        assert "bring the file again" in broken[-1]["error"]
        whole = await bring(here, content)
        assert (whole[-1]["total"]["paid"], whole[-1]["total"]["skipped"]) == (30, {"duplicate": 20})
        assert [one["ended_at"] is None for one in (await here.http.get("/api/v1/imports")).json()] == [False, True]


async def test_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "реестр.txt"
    path.write_bytes(b"".join(registry("eps", 6)))
    async with market(tmp_path) as here:
        await opened(here)
        assert here.place.service is not None
        service = ["--url", here.place.service.addresses[0], "--token", here.shop.token]

        async def kassanet(*words: str) -> "subprocess.CompletedProcess[bytes]":
            command = [sys.executable, "-m", "kassanet", *words, *service]
            with trio.fail_after(60):
                return await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)

        dry = await kassanet("import", str(path), "--dry-run", "--circuit", str(here.shop.circuit))
        assert (dry.returncode, dry.stderr) == (0, b"")
        assert "6 of 6 lines would be paid" in dry.stdout.decode()
        assert await here.payments() == []
        wet = await kassanet("import", str(path), str(path), "--channel", "files")
        assert wet.stdout.decode().count("of 6 lines paid") == 2
        assert "6: this payment is known already" in wet.stdout.decode()
        path.write_bytes(path.read_bytes()[:-40])
        refused = await kassanet("import", str(path), "--channel", "files")
        assert refused.returncode == 1
        assert len(refused.stderr.decode().splitlines()) == 1
        told = await kassanet("routes", "explain", "--channel", "files", "--account", "7", "--sum", "200.50")
        assert msgspec.json.decode(told.stdout)["route"]["name"] == "files"
        assert msgspec.json.decode(told.stdout)["receipt"]["items"][0]["price"] == 20050


async def test_a_statement_is_taken_in_bounded_pieces(tmp_path: Path) -> None:
    """Thousands of lines: the answer streams, and everything is in the journal when it ends."""
    async with market(tmp_path, registers=0) as here:
        await opened(here)
        content = b"".join(registry("eps", 5000))
        async with httpx.AsyncClient(timeout=120, trust_env=False, headers=here.http.headers) as client:
            url = f"{here.http.base_url}/api/v1/imports?channel=files"
            async with client.stream("POST", url, content=content) as answer:
                count = 0
                async for _ in answer.aiter_lines():
                    count += 1
        assert count == 5002
        reader = SqliteReader(Opening(tmp_path / "data"))
        try:
            assert len(reader.payments(PaymentFilter(limit=6000))) == 5000
        finally:
            reader.close()
