"""A copy of a service at work, its own agent's keys with it, put back when all is lost: it signs and sells on."""

import shutil
from pathlib import Path

import pytest

from kassanet.cli import DONE, FAILED, run
from tests.kassanet.agent.office import slug
from tests.kassanet.service.desk import MASTER, cash_desk
from tests.kassanet.service.tax_office import COFFEE, Till


async def test_the_copy_signs_and_sells_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    copy, data = tmp_path / "copy.db", tmp_path / "data"
    async with cash_desk(tmp_path) as desk:
        till = Till(desk.http)
        await till.add(await desk.key())
        await till.do("order-1", COFFEE)
        capfd.readouterr()
        assert run(["backup", str(copy), f"--data={data}"]) == DONE
        told = capfd.readouterr().out.splitlines()
        assert [line.partition(":")[0] for line in told] == [str(copy), f"{copy}.agent"]
        assert "master key is not in the copy" in told[1]
        assert not any(MASTER in path.read_bytes() for path in (copy, copy.with_name("copy.db.agent")))
        await till.do("order-2", COFFEE)
        assert run(["restore", str(copy), f"--data={data}"]) == FAILED
        assert "stop it first" in capfd.readouterr().err
        await desk.shop.stop()
        shutil.rmtree(data)
        assert run(["restore", str(copy), f"--data={data}"]) == DONE
        assert "keys of the agent within are back" in capfd.readouterr().out
        await desk.shop.start()
        async with desk.shop.client(desk.shop.token("admin")) as till.http:
            await till.do("order-3", COFFEE)
            await till.do("close-1", {"kind": "close_shift"})
        assert len(desk.office.registered()) == 6


async def test_without_its_part_the_copy_tells_which_keys_are_not_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    copy, data = tmp_path / "copy.db", tmp_path / "data"
    async with cash_desk(tmp_path) as desk:
        till, key = Till(desk.http), await desk.key()
        await till.add(key)
        assert run(["backup", str(copy), f"--data={data}"]) == DONE
        copy.with_name("copy.db.agent").unlink()
        capfd.readouterr()
        await desk.shop.stop()
        shutil.rmtree(data)
        assert run(["restore", str(copy), f"--data={data}"]) == DONE
        assert f"{key}, which is not there: hand a key over again" in capfd.readouterr().out
        await desk.shop.start()
        async with desk.shop.client(desk.shop.token("admin")) as till.http:
            unsigned = await till.ask("order-1", COFFEE)
            assert (unsigned.status_code, slug(unsigned)) == (409, "agent-refused")
            desk.http = till.http
            assert (await till.http.patch(till.path, json={"key_id": await desk.key()})).status_code == 200
            await till.do("order-1", COFFEE)
