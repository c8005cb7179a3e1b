"""The protocol text's frames against the device, byte by byte, and what it says to bytes that are no command."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from kassanet.sandbox.peers import StreamPeer
from kassanet.sandbox.terminalfa import registration_of
from kassanet.sandbox.terminalfa.attending import attend
from kassanet.sandbox.terminalfa.execution import execute
from kassanet.sandbox.terminalfa.handling import HANDLERS
from kassanet.sandbox.terminalfa.names import is_command, names_of
from tests.kassanet.sandbox.desk import Desk, framed
from tests.transports.terminalfa.vectors import FAILURES, MODEL_REPLY, REPLIES, REQUESTS
from transports.memory import null_modem
from transports.terminalfa.commands import COMMANDS, encode_request
from transports.terminalfa.commands.information import ReadClock, ReadExchange, ReadRegistration, ReadStatus, SetClock
from transports.terminalfa.commands.receipt import CommitReceipt, OpenReceipt
from transports.terminalfa.commands.registration import BeginFnClosing, CommitFnClosing
from transports.terminalfa.frames import encode_frame

BAD_STRUCTURE = bytes.fromhex("B6 29 00 02 01 25 56 AD")
UNKNOWN = bytes.fromhex("B6 29 00 02 01 26 35 9D")


async def answer(desk: Desk, wire: bytes) -> bytes:
    """What one connection gives back for some bytes; the client stops sending behind them."""
    ours, theirs = null_modem()
    await ours.send_all(wire)
    desk.settings.request_seconds = 1.0
    await attend(desk.device, StreamPeer(theirs))
    told = b""
    while data := await ours.receive_some():
        told += data
    return told


async def asked(desk: Desk, wire: str) -> str:
    reply = await answer(desk, bytes.fromhex(wire))
    return reply.hex(" ").upper()


def test_every_command_is_handled() -> None:
    assert set(HANDLERS) == set(COMMANDS)


async def test_every_request_of_the_text_is_understood(shop: Desk) -> None:
    for request, wire in REQUESTS:
        reply = framed(await answer(shop, bytes.fromhex(wire)))
        assert reply.head == 0 or reply.data not in (b"\x25", b"\x26", b"\x27", b"\x28"), request


async def test_the_receipt_of_the_text(shop: Desk) -> None:
    """The constructed frames of a sale of water, and the answer to each."""
    shop.clock.at = datetime(2026, 11, 22, 11, 20, tzinfo=UTC).timestamp()
    done = "B6 29 00 01 00 AD FF"
    frames = {type(sent.request).__name__: sent.frame for sent in REQUESTS}
    for name in ("OpenReceipt", "PassItem", "PassPayment"):
        assert await asked(shop, frames[name]) == done
    document = shop.device.fn
    reply = await asked(shop, frames["CommitReceipt"])
    made = document.document(3)
    assert made is not None
    fpd = made.fpd.to_bytes(4, "little").hex(" ").upper()
    assert reply.startswith(f"B6 29 00 12 00 01 00 03 00 00 00 {fpd} 1A 0B 16 0E 14 01 00")


async def test_the_model(desk: Desk) -> None:
    assert await asked(desk, "B6 29 00 01 04 29 BF") == MODEL_REPLY.frame


async def test_the_captured_status(desk: Desk) -> None:
    desk.device.serial = "550101006105"
    desk.clock.at = datetime(2023, 1, 21, 15, 1, tzinfo=UTC).timestamp()
    assert await asked(desk, "B6 29 00 01 01 8C EF") == REPLIES[0].frame


async def test_the_captured_registration() -> None:
    captured = replace(
        registration_of("550101006105", 0, "7806197274"), rnm="0000000000038045", modes=0x0C, tax_systems=4, agents=0x40
    )
    desk = Desk(registration=captured)
    assert await asked(desk, encode_request(ReadRegistration()).hex()) == REPLIES[2].frame


async def test_the_captured_queue(desk: Desk) -> None:
    desk.clock.at = desk.device.fn.documents().__next__().moment
    told = await asked(desk, encode_request(ReadExchange()).hex())
    assert told.startswith("B6 29 00 0E 00 02 00 01 00 01 00 00 00 1A 0B 16 0C 00")


async def test_the_captured_clock(desk: Desk) -> None:
    wanted = datetime(2027, 1, 24, 14, 46)
    assert await asked(desk, encode_request(SetClock(wanted)).hex()) == "B6 29 00 01 00 AD FF"
    assert (await desk.ask(ReadClock())).clock == wanted
    desk.switch_on()
    assert (await desk.ask(ReadClock())).clock == wanted


async def test_the_captured_failures(desk: Desk) -> None:
    assert await asked(desk, encode_request(BeginFnClosing()).hex()) == FAILURES[0][2]
    assert await asked(desk, encode_request(CommitFnClosing()).hex()) == FAILURES[1][2]


@pytest.mark.parametrize(
    "wire",
    [
        "B6 29 00 01 01 8C EE",
        "B6 29 00 00 01 8C EF",
        "B6 29 04 01 01 8C EF",
        "B6 29 00 05 30 01 00",
        "B6 29",
        "48 65 6C 6C 6F",
    ],
)
async def test_bytes_that_are_no_frame(desk: Desk, wire: str) -> None:
    assert await answer(desk, bytes.fromhex(wire)) == BAD_STRUCTURE


async def test_noise_before_a_frame_is_passed_over(desk: Desk) -> None:
    reply = await answer(desk, b"\x00\xff\xb6" + encode_request(ReadStatus()))
    assert framed(reply).head == 0


async def test_a_client_that_says_nothing_gets_nothing(desk: Desk) -> None:
    assert await answer(desk, b"") == b""


async def test_an_unknown_command(desk: Desk) -> None:
    assert await answer(desk, encode_frame(0xAA, b"anything")) == UNKNOWN


@pytest.mark.parametrize(
    ("code", "data", "error"),
    [
        (0x01, b"\x00", 0x27),
        (0x30, b"\x01\x00", 0x27),
        (0x24, b"\x01\x00", 0x27),
        (0x22, b"\x00", 0x27),
        (0x2D, b"\x1f\x04\x09\x00\x01", 0x28),
        (0x2D, b"\x07\x04\x01\x00\x00", 0x57),
        (0x2B, b"\x23\x04\x00\x00", 0x32),
        (0x2B, b"\x23\x04\x08\x00\x06\x04\x01\x00Ax", 0x28),
        (0x72, b"\x30\x75\x04\x00\x00\x00\x00\x00", 0x28),
    ],
)
async def test_data_that_a_command_cannot_have(shop: Desk, code: int, data: bytes, error: int) -> None:
    await shop.ask(OpenReceipt())
    outcome = await execute(shop.device, framed(encode_frame(code, data)))
    assert framed(outcome.reply).data == bytes((error,))


async def test_a_text_over_its_limit(shop: Desk) -> None:
    await shop.pass_receipt()
    long = encode_frame(0x24, b"\x01\x98\x3a\x00\x00\x00" + b"x" * 513)
    assert framed((await execute(shop.device, framed(long))).reply).data == b"\x10"
    name = b"\x06\x04\x81\x00" + b"x" * 129
    rest = bytes.fromhex("37 04 02 00 98 3A FF 03 02 00 00 01 AF 04 01 00 06 BE 04 01 00 04")
    item = encode_frame(0x2B, b"\x23\x04" + len(name + rest).to_bytes(2, "little") + name + rest)
    assert framed((await execute(shop.device, framed(item))).reply).data == b"\x10"


@pytest.mark.parametrize(("size", "length"), [(10, 10), (15, 15), (17, 17)])
async def test_older_firmware_answers_less(shop: Desk, size: int, length: int) -> None:
    shop.settings.commit_bytes = size
    await shop.pass_receipt()
    reply = (await execute(shop.device, framed(encode_request(CommitReceipt(1, 15000))))).reply
    assert len(framed(reply).data) == length


async def test_a_status_of_21_bytes(desk: Desk) -> None:
    desk.settings.status_bytes = 21
    assert len(framed(await answer(desk, encode_request(ReadStatus()))).data) == 21


def test_names_of_commands() -> None:
    assert names_of(0x24) == ("24", "commit_receipt", "commitreceipt")
    assert names_of(0x96) == ("96", "pass_item_12", "passitem12")
    assert names_of(0xAA) == ("aa",)
    assert is_command("commit_receipt")
    assert is_command("AA")
    assert not is_command("commit_recipt")
