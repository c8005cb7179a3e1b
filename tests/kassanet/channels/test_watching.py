"""A watched folder: what is put there is brought once and moved to where its outcome can be seen."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

import msgspec
import trio

from kassanet.channels.watching import FolderWatch
from kassanet.config import PaymentsSection, WatchedFolder
from kassanet.sandbox.billing.registries import registry
from kassanet.statements.opened import BankFile
from tests.kassanet.channels.market import market
from tests.kassanet.service.premises import PATIENCE


async def until(path: Path) -> None:
    with trio.fail_after(PATIENCE):
        while not await trio.Path(path).exists():  # noqa: ASYNC110 - a folder rings no bell
            await trio.sleep(0.05)


async def test_files_are_taken_or_refused_and_told_why(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    folder.mkdir()
    watched = PaymentsSection(folders=(WatchedFolder(str(folder), "files", 0.1),))
    whole = b"".join(registry("eps", 6))
    async with market(tmp_path, payments=watched) as here:
        (folder / "early.txt").write_bytes(whole)
        await here.channel("files", "file")
        await here.route("files", "files", policy="fiscalize_only", billing=None)
        (folder / "again.txt").write_bytes(whole)
        (folder / "broken.txt").write_bytes(whole[:-40])
        (folder / "copying.part").write_bytes(whole)
        os.symlink("/etc/passwd", folder / "link.txt")
        for name in ("taken/early.txt.why", "taken/again.txt.why", "refused/broken.txt.why"):
            await until(folder / name)
        reports = [msgspec.json.decode((folder / f"taken/{name}.txt.why").read_bytes()) for name in ("again", "early")]
        assert sorted(report["paid"] for report in reports) == [0, 6]
        assert (folder / "refused/broken.txt.why").read_text() == "line 7: there is no column 3\n"
        assert sorted(path.name for path in folder.iterdir()) == ["copying.part", "link.txt", "refused", "taken"]
        (folder / "early.txt").write_bytes(whole)
        await until(folder / "taken/early.txt.1.why")
        await here.all_fiscalized(6)
        assert len(here.receipts()) == 6


async def test_a_file_with_a_name_in_an_old_code_page_is_taken_too(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    folder.mkdir()
    watched = PaymentsSection(folders=(WatchedFolder(str(folder), "files", 0.1),))
    name = os.fsdecode("реестр.txt".encode("cp1251"))
    async with market(tmp_path, registers=0, payments=watched) as here:
        await here.channel("files", "file")
        await here.route("files", "files", policy="fiscalize_only", billing=None)
        (folder / name).write_bytes(b"".join(registry("eps", 6)))
        await until(folder / f"taken/{name}.why")
        (brought,) = (await here.http.get("/api/v1/imports")).json()
        assert brought["name"] == "\\xf0\\xe5\\xe5\\xf1\\xf2\\xf0.txt"
        assert len(await here.payments()) == 6


async def test_a_file_that_cannot_be_read_keeps_no_other_back(tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    folder.mkdir()
    watched = PaymentsSection(folders=(WatchedFolder(str(folder), "files", 0.1),))
    with patch("kassanet.channels.watching.BankFile", side_effect=_stumbling(BankFile)):
        async with market(tmp_path, registers=0, payments=watched) as here:
            await here.channel("files", "file")
            await here.route("files", "files", policy="fiscalize_only", billing=None)
            (folder / "a.txt").write_bytes(b"stumble")
            (folder / "b.txt").write_bytes(b"".join(registry("eps", 6)))
            await until(folder / "taken/b.txt.why")
            assert (folder / "a.txt").exists()


def _stumbling(whole: type[BankFile]) -> Callable[..., BankFile]:
    def opened(file: BinaryIO, *said: Any) -> BankFile:  # noqa: ANN401 - a constructor's arguments
        if file.peek(7)[:7] == b"stumble":  # type: ignore[attr-defined]  # it is buffered
            raise RuntimeError("a fault in the reading")
        return whole(file, *said)

    return opened


def test_a_file_that_still_grows_is_left_alone(tmp_path: Path) -> None:
    looks = FolderWatch(None, None, tmp_path, "files", (), 1.0)  # type: ignore[arg-type]  # only its eyes are tried
    growing = tmp_path / "growing.txt"
    growing.write_bytes(b"1")
    assert looks.unchanged() == []
    growing.write_bytes(b"12")
    assert looks.unchanged() == []
    assert looks.unchanged() == ["growing.txt"]
    os.utime(growing, (1, 1))
    assert looks.unchanged() == []
    growing.unlink()
    assert looks.unchanged() == []
