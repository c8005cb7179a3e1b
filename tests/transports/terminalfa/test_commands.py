"""Every command both ways: the vectors of the protocol text, hypothesis for all, and which lengths are impossible."""

import ast
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import transports.terminalfa
from tests.transports.terminalfa.strategies import wires
from tests.transports.terminalfa.vectors import (
    FAILURES,
    FOUND_DATA,
    FOUND_RECEIPT,
    MODEL_REPLY,
    REPLIES,
    REQUESTS,
    Answered,
    Sent,
)
from transports.register import Refused
from transports.terminalfa.commands import (
    COMMANDS,
    Nothing,
    Request,
    UnknownCommand,
    decode_reply,
    decode_request,
    encode_failure,
    encode_reply,
    encode_request,
)
from transports.terminalfa.commands.archive import FindDocument, ReadDocument, ReadRegistrationResult
from transports.terminalfa.commands.information import AddressesAnswer, ReadAddresses, ReadStatus
from transports.terminalfa.commands.printing import BufferLine, BufferLines, PrintLine
from transports.terminalfa.commands.receipt import CommitReceipt, OpenReceipt
from transports.terminalfa.commands.settings import Network, ReadOfd, SetNetwork
from transports.terminalfa.commands.shifts import CancelDocument, CommitShiftOpening
from transports.terminalfa.frames import MAX_DATA, Frame, FrameDecoder
from transports.terminalfa.tlv import encode_tlv
from transports.terminalfa.values import Malformed, Missing, Unfit

SPECIFIED = (
    "01 02 03 04 05 06 07 08 09 0A 0B 0E 50 32 BB 73 72 EF 20 21 2F 22 29 2A 10 23 2B 2C 1F 2D 24 25 2E 3F 26 27 28 "
    "B0 B3 B4 B1 B2 30 31 33 35 36 39 3A 3B 12 16 13 14 17 15 40 61 62 63 69 64 65 75 74 77 76 79 78 81 80 "
    "83 82 85 84 96 E1 E2 E3"
)
few = settings(max_examples=8)  # of each command: there are eighty
commands = pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: f"{command.CODE:02X}")


def frame(wire: bytes) -> Frame:
    [event] = FrameDecoder().feed(wire)
    assert isinstance(event, Frame)
    return event


def test_every_command_of_the_protocol_is_there() -> None:
    assert {f"{code:02X}" for code in COMMANDS} == set(SPECIFIED.split())


@pytest.mark.parametrize("sent", REQUESTS, ids=lambda sent: type(sent.request).__name__)
def test_requests_of_the_protocol_text(sent: Sent) -> None:
    wire = bytes.fromhex(sent.frame)
    assert encode_request(sent.request) == wire
    assert decode_request(frame(wire)) == sent.request


@pytest.mark.parametrize("answered", [*REPLIES, MODEL_REPLY], ids=lambda answered: type(answered.reply).__name__)
def test_replies_of_the_protocol_text(answered: Answered) -> None:
    wire = bytes.fromhex(answered.frame)
    assert encode_reply(answered.reply) == wire
    assert decode_reply(answered.request, frame(wire)) == answered.reply


@pytest.mark.parametrize(("request_", "code", "text"), FAILURES)
def test_failures_of_the_protocol_text(request_: Request[Any], code: int, text: str) -> None:
    assert encode_failure(code) == bytes.fromhex(text)
    with pytest.raises(Refused) as refused:
        decode_reply(request_, frame(bytes.fromhex(text)))
    assert refused.value.code == code


def test_a_found_document_of_the_protocol_text() -> None:
    assert decode_reply(FindDocument(3), Frame(0, bytes.fromhex(FOUND_DATA))) == FOUND_RECEIPT
    assert FOUND_RECEIPT.encode() == bytes.fromhex(FOUND_DATA)


@few
@commands
@given(data=st.data())
def test_requests_there_and_back(command: type[Request[Any]], data: st.DataObject) -> None:
    request = data.draw(wires(command))
    assert decode_request(frame(encode_request(request))) == request
    assert request.faults() == []


@few
@commands
@given(data=st.data())
def test_replies_there_and_back(command: type[Request[Any]], data: st.DataObject) -> None:
    request, reply = data.draw(wires(command)), data.draw(wires(command.ANSWER))
    assert decode_reply(request, frame(encode_reply(reply))) == reply


@few
@commands
@given(data=st.data(), noise=st.binary(max_size=80), head=st.integers(0, 2))
def test_random_data_is_an_answer_or_malformed_or_refused(
    command: type[Request[Any]], data: st.DataObject, noise: bytes, head: int
) -> None:
    with suppress(Malformed):
        decode_request(Frame(command.CODE, noise))
    with suppress(Malformed, Refused):
        decode_reply(data.draw(wires(command)), Frame(head, noise))


@pytest.mark.parametrize(
    ("request_", "lengths"),
    [
        (ReadStatus(), {21, 22}),
        (CommitReceipt(1, 1), {10, 15, 17}),
        (CommitShiftOpening(), {10}),
        (CancelDocument(), {0}),
        (ReadRegistrationResult(), {47, 48}),
        (ReadAddresses(), {12}),
        (PrintLine(0, 0, ""), {0, 1}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_possible_lengths_of_replies(request_: Request[Any], lengths: set[int]) -> None:
    possible = set()
    for length in range(60):
        try:
            decode_reply(request_, Frame(0, bytes(length)))
        except Malformed:
            continue
        possible.add(length)
    assert possible == lengths


@pytest.mark.parametrize("reply", [Frame(2), Frame(1), Frame(1, b"\2\2"), Frame(0xFF, b"\0")])
def test_results_other_than_done_and_failed_are_no_answer(reply: Frame) -> None:
    with pytest.raises(Malformed):
        decode_reply(CancelDocument(), reply)


def test_addresses_are_big_endian() -> None:
    assert AddressesAnswer("10.0.0.1", "255.0.0.0", "10.0.0.254").encode()[:4] == bytes((10, 0, 0, 1))


def test_two_harmless_bytes_behind_open_receipt() -> None:
    assert decode_request(Frame(0x23, b"\x45\xa0")) == OpenReceipt(b"\x45\xa0")


def test_undocumented_tags_are_passed_over() -> None:
    data = encode_tlv(30034, b"\1") + encode_tlv(30006, b"\x61\x1e")
    assert decode_reply(ReadOfd(), Frame(0, data)).port == 7777


def test_a_set_command_takes_what_the_get_command_answers() -> None:
    assert SetNetwork(dhcp=True, ip="10.0.0.1").encode() == Network(dhcp=True, ip="10.0.0.1").encode()


def test_unknown_commands_and_missing_data_are_told_apart() -> None:
    with pytest.raises(UnknownCommand):
        decode_request(Frame(0xAA))
    with pytest.raises(Missing):
        decode_request(Frame(0x2D, encode_tlv(1031, b"\0")))
    with pytest.raises(Malformed):
        decode_request(Frame(0x30, b"\1"))


def test_the_buffer_takes_255_lines_of_nothing_else() -> None:
    lines = tuple(BufferLine(0, 0, "") for _ in range(256))
    assert BufferLines(lines[:170]).faults() == []
    [fault] = BufferLines(lines).faults()
    assert fault.field == "lines"
    with pytest.raises(Malformed):
        decode_request(Frame(0x64, encode_tlv(1030, b"\0\0")))


def test_a_command_that_outgrows_its_frame_is_not_encoded() -> None:
    with pytest.raises(Unfit, match="1025 bytes"):
        encode_request(PrintLine(8, 1, "x" * MAX_DATA))
    assert len(encode_reply(ReadDocument.ANSWER.decode(bytes(MAX_DATA)))) == 1030
    assert encode_reply(Nothing()) == bytes.fromhex("B6 29 00 01 00 AD FF")


@pytest.mark.parametrize(
    "path", sorted((Path(transports.terminalfa.__file__).parent).rglob("*.py")), ids=lambda p: p.name
)
def test_only_the_link_and_the_client_know_of_io(path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    if path.name != "exchange.py":
        assert not imported & {"trio", "serial", "socket", "time", "threading"}
