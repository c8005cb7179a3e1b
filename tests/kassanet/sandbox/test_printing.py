"""Paper, the text buffer, and the register's own settings."""

from typing import Any

import pytest

from tests.kassanet.sandbox.desk import Desk
from transports.terminalfa.commands import Request
from transports.terminalfa.commands.information import AddressesAnswer, ReadAddresses
from transports.terminalfa.commands.printing import (
    BufferLine,
    BufferLines,
    CutPaper,
    PrintBarcode,
    PrintBuffer,
    PrinterAnswer,
    PrintLine,
    PrintQr,
)
from transports.terminalfa.commands.receipt import CommitReceipt
from transports.terminalfa.commands.settings import (
    ReadControl,
    ReadKeyServer,
    ReadMarkingServer,
    ReadNetwork,
    ReadOfd,
    ReadPrinting,
    SetControl,
    SetKeyServer,
    SetMarkingServer,
    SetNetwork,
    SetOfd,
    SetPrinting,
)

PRINTING: list[Request[Any]] = [
    PrintLine(8, 1, "Привет"),
    CutPaper(),
    PrintQr("https://shop.example"),
    PrintBarcode(0, "4600000000000"),
    PrintBarcode(1, "ABC-1"),
]


@pytest.mark.parametrize("request_", PRINTING)
async def test_printing(desk: Desk, request_: Request[Any]) -> None:
    assert await desk.ask(request_) == PrinterAnswer()
    assert len(desk.device.paper.tape) == 1


@pytest.mark.parametrize("request_", PRINTING)
async def test_a_printer_in_trouble_answers_with_its_status(desk: Desk, request_: Request[Any]) -> None:
    desk.device.printer = 2
    assert await desk.ask(request_) == PrinterAnswer(2)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (PrintLine(8, 3, "x"), 0x09),
        (PrintBarcode(2, "x"), 0x09),
        (PrintBarcode(0, "not digits"), 0x09),
        (BufferLines((BufferLine(0, 5, "x"),)), 0x09),
        (PrintBuffer(), 0x5D),
    ],
)
async def test_what_cannot_be_printed(desk: Desk, request_: Request[Any], code: int) -> None:
    assert await desk.code(request_) == code


async def test_buffered_lines_are_printed_by_command_or_with_the_next_receipt(shop: Desk) -> None:
    await shop.ask(BufferLines((BufferLine(0, 0, "один"), BufferLine(0, 2, "два"))))
    assert "один" not in shop.device.paper.tape
    await shop.ask(PrintBuffer())
    assert list(shop.device.paper.tape)[-2:] == ["один", "два".rjust(42)]
    await shop.ask(BufferLines((BufferLine(0, 0, "три"),)))
    await shop.sell()
    assert "три" in shop.device.paper.tape


async def test_the_buffer_is_bounded_and_dies_with_the_power(desk: Desk) -> None:
    desk.settings.buffer_lines = 2
    await desk.ask(BufferLines((BufferLine(0, 0, "1"), BufferLine(0, 0, "2"))))
    assert await desk.code(BufferLines((BufferLine(0, 0, "3"),))) == 0x5C
    desk.device.boot()
    assert await desk.code(PrintBuffer()) == 0x5D


async def test_a_receipt_shows_its_sums_and_sign(shop: Desk) -> None:
    await shop.pass_receipt(15000)
    await shop.ask(CommitReceipt(1, 15000, "спасибо"))
    tape = "\n".join(shop.device.paper.tape)
    assert "спасибо" in tape
    assert "150.00" in tape
    assert "ФД 3" in tape


@pytest.mark.parametrize(
    ("change", "read", "expected"),
    [
        (SetNetwork(ip="10.0.0.9"), ReadNetwork(), {"ip": "10.0.0.9", "mask": "255.0.0.0"}),
        (SetOfd(host="other.example", port=1), ReadOfd(), {"host": "other.example", "port": 1, "timer": 60}),
        (SetPrinting(extra_text="скидки"), ReadPrinting(), {"extra_text": "скидки", "model": 1}),
        (SetControl(port=7801), ReadControl(), {"port": 7801, "ethernet": True}),
        (SetMarkingServer(port=2), ReadMarkingServer(), {"port": 2, "timer": 60}),
        (SetKeyServer(host="k"), ReadKeyServer(), {"host": "k", "port": 7791}),
    ],
)
async def test_settings_are_changed_one_by_one_and_remembered(
    desk: Desk, change: Request[Any], read: Request[Any], expected: dict[str, object]
) -> None:
    await desk.ask(change)
    desk.switch_on()
    told = await desk.ask(read)
    assert {name: getattr(told, name) for name in expected} == expected


async def test_addresses_follow_the_network_settings(desk: Desk) -> None:
    await desk.ask(SetNetwork(ip="10.0.0.9", gateway="10.0.0.1"))
    assert await desk.ask(ReadAddresses()) == AddressesAnswer("10.0.0.9", "255.0.0.0", "10.0.0.1")


async def test_settings_that_cannot_be_saved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_line: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(desk.lines, "append", full)
    assert await desk.code(SetControl(port=1)) == 0x50
    assert (await desk.ask(ReadControl())).port == 7777
