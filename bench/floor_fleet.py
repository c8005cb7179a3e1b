"""The floor of a fleet: for each register a bare loop that makes one exchange after another, with ready-made frames.

The same exchanges as the service makes for each receipt, a connection for each. No journal, no queue, nobody to
answer; an answer that is not *done* ends the run. ``python -m bench.floor_fleet HOST PORT COUNT`` runs until killed.
"""

import sys
from typing import Any

import msgspec
import trio

from bench.receipts import receipt
from kassanet.standing import allow_descriptors
from schemas.receipts import ReceiptRequest
from transports.terminalfa.commands import Request, encode_request
from transports.terminalfa.commands.information import ReadFnStatus
from transports.terminalfa.commands.shifts import BeginShiftOpening, CancelDocument, CommitShiftOpening
from transports.terminalfa.receipts import commit_command, receipt_commands
from transports.terminalfa.settings import TerminalFaSettings

Wire = tuple[int, bytes]
"""A command's code and its frame."""

DONE = 0
HEADER = 4


def frames_of_receipt() -> list[Wire]:
    """``08 23 2B 2D 24``: what the service sends for this receipt."""
    request = msgspec.convert(receipt("floor"), ReceiptRequest)
    commands = receipt_commands(request, TerminalFaSettings(), "k1")
    return [_wire(command) for command in (ReadFnStatus(), *commands, commit_command(request))]


def _wire(command: Request[Any]) -> Wire:
    return command.CODE, encode_request(command)


async def exchange(address: tuple[str, int], frame: bytes) -> bytes:
    """One connection, one command; returns the answer's result and data."""
    connection = trio.socket.socket()
    try:
        await connection.connect(address)
        await connection.send(frame)
        answer = await connection.recv(4096)
        while len(answer) < HEADER or len(answer) < int.from_bytes(answer[2:4], "big") + 6:
            answer += await connection.recv(4096)
    finally:
        connection.close()
    return answer[HEADER:-2]


async def _loop(address: tuple[str, int], frames: list[Wire]) -> None:
    for command in (CancelDocument(), BeginShiftOpening(), CommitShiftOpening()):
        await exchange(address, encode_request(command))  # the last two are refused where the shift is open
    while True:
        for code, frame in frames:
            answer = await exchange(address, frame)
            if answer[0] != DONE:
                raise RuntimeError(f"{code:02X} was refused: {answer.hex()}")


async def main(host: str, port: int, count: int) -> None:
    frames = frames_of_receipt()
    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(_loop, (host, port + number), frames)


if __name__ == "__main__":
    allow_descriptors()
    trio.run(main, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
