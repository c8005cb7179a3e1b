"""The server as a process: its command line, SIGKILL in the middle of commits, and what it finds when it comes back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import trio

from kassanet.sandbox.fiscal_server.records import BookLine
from kassanet.sandbox.fiscal_server.seals import plain_content, plain_envelope
from schemas.prro import OpenShift, Operation
from schemas.prro_answers import RegistrarState
from tests.kassanet.sandbox.fiscal_server.till import CASHIER, COFFEE, DESK, REGISTER, Shop, Till
from tests.kassanet.sandbox.test_process import ENOUGH, until
from tests.ports import free_ports
from transports.prro import commands
from transports.prro.answers import decode_json
from transports.prro.commands import encode_command
from transports.prro.documents import decode_ticket, encode

KILLS = 3


def command(state: Path, port: int, *options: str) -> list[str]:
    words = ["sandbox", "fiscal-server", "--port", str(port), "--state", str(state), *options]
    return [sys.executable, "-m", "kassanet", *words]


@contextmanager
def sandbox(state: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A server that is ready; killed when the body is done with it."""
    words = command(state, port, *options)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        assert line == f"ready: fiscal server on http://127.0.0.1:{port}/fs\n", process.stderr.read()
        yield process
    finally:
        process.kill()
        process.communicate()


class Seller:
    """One register; asks for its next number when it begins, and sells until the server is gone."""

    def __init__(self, register: int, number: int) -> None:
        self.till = Till(Shop(), msgspec.structs.replace(DESK, register=register, number=number))
        self.answered: list[str] = []

    async def sell(self, client: httpx.AsyncClient) -> None:
        try:
            state = await self._state(client)
            self.till.number = state.next_local_num
            if not state.is_open:
                await self._send(client, OpenShift())
            while True:
                await self._send(client, COFFEE)
        except httpx.TransportError:
            return

    async def _state(self, client: httpx.AsyncClient) -> RegistrarState:
        asked = commands.TransactionsRegistrarState(uid="u", num_fiscal=str(self.till.desk.register))
        answer = await client.post("/fs/cmd", content=plain_envelope(encode_command(asked), CASHIER))
        return decode_json(answer.content, RegistrarState)

    async def _send(self, client: httpx.AsyncClient, operation: Operation) -> None:
        document = self.till.compose(operation)
        answer = await client.post("/fs/doc", content=self.till.sign(encode(document)))
        ticket = decode_ticket(plain_content(answer.content))
        assert not ticket.error, ticket.error_text
        self.till.number += 1
        self.answered.append(ticket.fiscal_number or "")


async def sell_and_kill(process: subprocess.Popen[str], port: int, sellers: list[Seller], seconds: float) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    address = f"http://127.0.0.1:{port}"
    async with (
        httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client,
        trio.open_nursery() as nursery,
    ):
        before = [len(seller.answered) for seller in sellers]
        for seller in sellers:
            nursery.start_soon(seller.sell, client)
        await until(lambda: all(len(each.answered) >= old + ENOUGH for old, each in zip(before, sellers, strict=True)))
        await trio.sleep(seconds)
        process.kill()


def test_kills_in_the_middle_of_commits(tmp_path: Path) -> None:
    """Every answered document is in the book, local numbers have no gap, no fiscal number is given twice."""
    port = free_ports()
    sellers = [Seller(REGISTER + place, place + 1) for place in range(3)]
    for kill in range(KILLS):
        with sandbox(tmp_path, port, "--signatures", "plain") as process:
            trio.run(sell_and_kill, process, port, sellers, 0.017 * kill)
        tear(tmp_path, kill)
    with sandbox(tmp_path, port, "--signatures", "plain"):
        pass
    given: list[str] = []
    for seller in sellers:
        path = tmp_path / f"register-{seller.till.desk.register}.jsonl"
        lines = [msgspec.json.decode(line, type=BookLine) for line in path.read_bytes().splitlines()]
        assert [line.num_local for line in lines] == list(range(1, len(lines) + 1))
        booked = [line.num_fiscal for line in lines]
        assert set(seller.answered) <= set(booked)
        assert len(seller.answered) > KILLS
        given += booked
    assert len(set(given)) == len(given)


def tear(folder: Path, kill: int) -> None:
    """As if the kill had come in the middle of a line: what is torn was not answered."""
    for path in (folder / f"register-{REGISTER}.jsonl", folder / "memory" / f"register-{REGISTER}.jsonl"):
        with path.open("ab") as file:
            file.write(b'{"torn":'[: kill * 3])


def refused(state: Path, port: int, *options: str) -> tuple[int, str]:
    done = subprocess.run(command(state, port, *options), capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_what_is_not_served(tmp_path: Path) -> None:
    port = free_ports()
    (tmp_path / "plan.jsonl").write_text('{"do":"explode"}\n')
    code, complaint = refused(tmp_path / "a", port, "--signatures", "plain", "--faults", str(tmp_path / "plan.jsonl"))
    assert (code, "plan.jsonl:1" in complaint) == (2, True)
    (tmp_path / "plan.jsonl").write_text('{"do":"error:55"}\n')
    code, complaint = refused(tmp_path / "a", port, "--signatures", "plain", "--faults", str(tmp_path / "plan.jsonl"))
    assert (code, "no error 55" in complaint) == (2, True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "registry.json").write_text('[{"tin":"x"}]')
    code, complaint = refused(tmp_path / "b", port, "--signatures", "plain")
    assert (code, "registry.json" in complaint, complaint.count("\n")) == (2, True, 1)


def test_one_server_for_one_directory(tmp_path: Path) -> None:
    port = free_ports()
    with sandbox(tmp_path, port, "--signatures", "plain"):
        code, complaint = refused(tmp_path, free_ports(), "--signatures", "plain")
        assert (code, "another sandbox" in complaint) == (1, True)
        code, complaint = refused(tmp_path / "other", port, "--signatures", "plain")
        assert (code, complaint.count("\n")) == (1, 1)


def test_flags(tmp_path: Path) -> None:
    port = free_ports()
    with sandbox(
        tmp_path, port, *["--signatures", "plain", "--stamps", "off", "--clock-skew", "86400", "--errors", "http"]
    ):
        till = Till(Shop())
        body = till.sign(encode(till.compose(COFFEE)), stamped=False)
        headers = {"Content-Type": "application/octet-stream"}
        answer = httpx.post(f"http://127.0.0.1:{port}/fs/doc", content=body, headers=headers, timeout=60)
        assert (answer.status_code, answer.text.startswith("Код помилки: 5 ShiftNotOpened\r\n")) == (400, True)
        late = commands.ServerState(uid="u")
        state = httpx.post(
            f"http://127.0.0.1:{port}/fs/cmd",
            content=encode_command(late),
            headers={"Content-Type": "application/json"},
            timeout=60,
        )
        ahead = datetime.fromisoformat(state.json()["Timestamp"]) - datetime.now(UTC)
        assert timedelta(hours=23) < ahead < timedelta(hours=25)
