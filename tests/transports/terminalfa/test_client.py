"""The client against a device that answers from a table: which commands, in which order, and what answers become."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import trio

from schemas.kkt import (
    Committed,
    DeviceStatus,
    FnStatus,
    Identity,
    OfdStatus,
    ShiftDocument,
    ShiftStatus,
    Validity,
)
from schemas.receipts import ReceiptRequest
from tests.transports.terminalfa.device import Answer, Device
from tests.transports.terminalfa.examples import CORRECTION, RECEIPT, item, receipt
from tests.transports.terminalfa.test_archive import FOUND, WHOLE
from transports.memory import MemoryDialer
from transports.register import Lost, Refused, Register
from transports.terminalfa.client import TerminalFa
from transports.terminalfa.commands import Nothing, Request
from transports.terminalfa.commands.archive import (
    DocumentAnswer,
    FindDocument,
    FoundDocument,
    ReadDocument,
    ShiftDetails,
)
from transports.terminalfa.commands.corrections import CommitCorrection, CorrectionAnswer
from transports.terminalfa.commands.information import (
    ClockAnswer,
    ExchangeAnswer,
    FnStatusAnswer,
    ReadClock,
    ReadExchange,
    ReadFnSerial,
    ReadFnStatus,
    ReadRegistration,
    ReadSerial,
    ReadStatus,
    ReadValidity,
    RegistrationAnswer,
    SerialAnswer,
    SetClock,
    StatusAnswer,
    ValidityAnswer,
)
from transports.terminalfa.commands.printing import PrinterAnswer, PrintQr
from transports.terminalfa.commands.receipt import CommitReceipt, CommittedAnswer, OpenReceipt, PassItem, PassPayment
from transports.terminalfa.commands.reports import CashAnswer, PrintReport, ReadCash
from transports.terminalfa.commands.shifts import (
    BeginShiftOpening,
    CancelDocument,
    CommitShiftClosing,
    CommitShiftOpening,
    PassCashier,
    ReadShift,
    ShiftAnswer,
    ShiftDocumentAnswer,
)
from transports.terminalfa.driver import TerminalFaDriver
from transports.terminalfa.errors import refusal
from transports.terminalfa.frames import encode_frame
from transports.terminalfa.layouts import Wire
from transports.terminalfa.settings import TerminalFaSettings

AT = datetime(2026, 11, 22, 14, 20)
ANSWERS: dict[type[Request[Any]], Answer] = {
    ReadSerial: SerialAnswer("550101006105"),
    ReadFnSerial: encode_frame(0, b"9999078902003867\0 "),
    ReadRegistration: RegistrationAnswer("0000000000038045", "7806197274", 0x0C, 0x04, 0x40),
    ReadFnStatus: FnStatusAnswer(3, 0, False, True, 8, AT, "9999078902003867", 10),
    ReadStatus: StatusAnswer("550101006105", AT, False, 2, True, 3, 0),
    ReadClock: ClockAnswer(datetime(2026, 11, 22, 14, 21)),
    ReadExchange: ExchangeAnswer(2, 0, 10, 1, AT),
    ReadValidity: ValidityAnswer(date(2028, 1, 31), 11, 1),
    ReadShift: ShiftAnswer(True, 8, 3),
    CommitReceipt: CommittedAnswer(1, 102, 1769784812, AT, 8),
    CommitCorrection: CorrectionAnswer(2, 103, 5),
    CommitShiftOpening: ShiftDocumentAnswer(8, 101, 1769784812),
    CommitShiftClosing: ShiftDocumentAnswer(8, 104, 7),
    FindDocument: FOUND,
    ReadDocument: DocumentAnswer(WHOLE),
}


@pytest.fixture
def device() -> Device:
    return Device(ANSWERS)


Connect = Callable[..., TerminalFa]


@pytest.fixture
def connect(nursery: trio.Nursery, device: Device) -> Connect:
    def connected(settings: TerminalFaSettings | None = None) -> TerminalFa:
        return TerminalFaDriver(settings).register(MemoryDialer(nursery, device.serve))

    return connected


def sent(device: Device) -> str:
    return " ".join(f"{request.CODE:02X}" for request in device.received)


async def test_it_is_a_register(connect: Connect) -> None:
    register: Register = connect()
    assert await register.identify() == Identity(
        "550101006105", "9999078902003867", "0000000000038045", "7806197274", 0x0C, 0x04, 0x40
    )


async def test_what_it_tells_of_itself(connect: Connect, device: Device) -> None:
    register = connect()
    assert await register.fn_status() == FnStatus("9999078902003867", 3, 0, True, 8, 10, AT)
    assert await register.device_status() == DeviceStatus(
        "550101006105", datetime(2026, 11, 22, 14, 21), False, 2, True
    )
    assert await register.ofd_status() == OfdStatus(10, 1, AT)
    assert await register.validity() == Validity(datetime(2028, 1, 31), 11)
    assert await register.shift_status() == ShiftStatus(True, 8, 3)
    assert sent(device) == "08 01 73 50 07 20"


async def test_a_clock_that_shows_no_time(connect: Connect, device: Device) -> None:
    device.answers |= {ReadClock: ClockAnswer(None), ReadValidity: ValidityAnswer(None, 0, 0)}
    assert (await connect().device_status()).clock == AT
    assert await connect().validity() == Validity(None, 0)


async def test_a_receipt(connect: Connect, device: Device) -> None:
    register = connect()
    await register.prepare(RECEIPT, "k1f")
    assert sent(device) == "23 2B 2D"
    assert await register.commit(RECEIPT) == Committed(1, 102, 1769784812, AT, 8)
    assert device.received[-1] == CommitReceipt(1, 15000)


async def test_old_firmware_answers_less(connect: Connect, device: Device) -> None:
    device.answers[CommitReceipt] = CommittedAnswer(1, 102, 5)
    assert await connect().commit(RECEIPT) == Committed(1, 102, 5, None, None)


async def test_a_correction(connect: Connect, device: Device) -> None:
    register = connect()
    await register.prepare(CORRECTION, "k1f")
    assert await register.commit(CORRECTION) == Committed(2, 103, 5, None, None)
    assert sent(device) == "25 2E 26"


async def test_a_refused_step_ends_the_preparation(connect: Connect, device: Device) -> None:
    device.answers[PassItem] = 0x37
    with pytest.raises(Refused) as refused:
        await connect().prepare(receipt(items=(item(), item())), None)
    assert (refused.value.code, refused.value.verdict) == (0x37, "receipt")
    assert sent(device) == "23 2B"


@pytest.mark.parametrize("wrong", [receipt(items=(item(vat="vat22"),)), receipt(cashier="漢")])
async def test_a_receipt_that_cannot_be_sent_leaves_the_register_untouched(
    connect: Connect, device: Device, wrong: ReceiptRequest
) -> None:
    with pytest.raises(Refused, match="cannot be sent") as refused:
        await connect().prepare(wrong, None)
    assert (refused.value.code, refused.value.verdict) == (0, "receipt")
    assert device.received == []


async def test_shifts(connect: Connect, device: Device) -> None:
    register = connect()
    assert await register.open_shift() == ShiftDocument(8, 101, 1769784812)
    assert await register.close_shift("Петрова") == ShiftDocument(8, 104, 7)
    assert sent(device) == "21 22 29 2F 2A"
    assert device.received[3] == PassCashier("Петрова")


async def test_shifts_with_a_configured_cashier_off_the_paper(connect: Connect, device: Device) -> None:
    settings = TerminalFaSettings(cashier="Сменный", cashier_inn="123456789012", print_shifts=False)
    await connect(settings).open_shift()
    assert device.received[:2] == [BeginShiftOpening(True), PassCashier("Сменный", "123456789012")]


async def test_small_commands(connect: Connect, device: Device) -> None:
    register = connect()
    await register.cancel()
    await register.x_report()
    await register.set_clock(AT)
    assert device.received == [CancelDocument(), PrintReport(), SetClock(AT)]


async def test_every_other_command_is_at_hand(connect: Connect, device: Device) -> None:
    register = connect()
    device.answers |= {ReadCash: CashAnswer(100, 200), PrintQr: PrinterAnswer(2)}
    cash = await register.exchange(ReadCash())
    assert (cash.cash, cash.electronic) == (100, 200)
    assert (await register.exchange(PrintQr("https://example"))).printer == 2
    with pytest.raises(Refused, match="5 bytes"):
        await register.exchange(PrintQr("short"))


async def test_a_document_of_the_archive(connect: Connect, device: Device) -> None:
    told = await connect().document(102)
    assert told is not None
    assert (told.fd, told.total, told.complete, told.mark) == (102, 16000, True, "k1f")
    assert device.received == [FindDocument(102), ReadDocument(102)]


async def test_a_cut_document_of_the_archive(connect: Connect, device: Device) -> None:
    device.answers[ReadDocument] = DocumentAnswer(WHOLE[:150])
    told = await connect().document(102)
    assert told is not None
    assert not told.complete


async def test_a_shift_document_is_told_by_its_head(connect: Connect, device: Device) -> None:
    device.answers[FindDocument] = FoundDocument(2, True, AT, 102, 1, ShiftDetails(8).encode())
    told = await connect().document(102)
    assert told is not None
    assert (told.kind, told.shift) == ("open_shift", 8)
    assert sent(device) == "30"


async def test_no_such_document(connect: Connect, device: Device) -> None:
    device.answers[FindDocument] = 0x08
    assert await connect().document(999) is None


@pytest.mark.parametrize("code", [0x08, 0x26])
async def test_an_archive_that_tells_only_heads(connect: Connect, device: Device, code: int) -> None:
    device.answers[ReadDocument] = code
    told = await connect().document(102)
    assert told is not None
    assert (told.total, told.payments, told.complete) == (16000, None, False)


@pytest.mark.parametrize("command", [FindDocument, ReadDocument])
async def test_other_refusals_of_the_archive_are_told(connect: Connect, device: Device, command: type[Any]) -> None:
    device.answers[command] = 0x03
    with pytest.raises(Refused) as refused:
        await connect().document(102)
    assert refused.value.code == 3


async def test_a_document_under_another_number_is_lost(connect: Connect) -> None:
    with pytest.raises(Lost, match="answered FD 102 when asked for FD 7"):
        await connect().document(7)


async def test_another_document_in_the_tags_is_lost(connect: Connect, device: Device) -> None:
    device.answers[FindDocument] = lambda _: FoundDocument(3, False, AT, 102, 1, FOUND.details)
    with pytest.raises(Lost, match="another document"):
        await connect().document(102)


@pytest.mark.parametrize(
    "answer",
    [Nothing(), ShiftDocumentAnswer(1, 2, 3).encode(), CommittedAnswer(1, 102, 5, AT, 8).encode() + b"\0"],
    ids=["nothing", "no frame", "one byte more"],
)
async def test_an_answer_of_an_impossible_length_is_lost(
    connect: Connect, device: Device, answer: Wire | bytes, autojump_clock: trio.testing.MockClock
) -> None:
    device.answers[CommitReceipt] = answer
    with pytest.raises(Lost):
        await connect().commit(RECEIPT)


@pytest.mark.parametrize("result", [encode_frame(2), encode_frame(1), encode_frame(1, b"\x16\x16")])
async def test_an_unknown_result_is_lost(connect: Connect, device: Device, result: bytes) -> None:
    device.answers[CommitReceipt] = result
    with pytest.raises(Lost):
        await connect().commit(RECEIPT)


@pytest.mark.parametrize("code", [0x16, 0x03, 0x40, 0xAB])
async def test_errors_are_classed(connect: Connect, device: Device, code: int) -> None:
    device.answers[CommitReceipt] = code
    with pytest.raises(Refused) as refused:
        await connect().commit(RECEIPT)
    assert str(refused.value) == str(refusal(code))
    assert refused.value.verdict == refusal(code).verdict


async def test_a_wrong_answer_on_a_serial_line_may_be_followed_by_the_right_one(
    nursery: trio.Nursery, device: Device, autojump_clock: trio.testing.MockClock
) -> None:
    device.closes = False
    register = TerminalFa(MemoryDialer(nursery, device.serve, persistent=True))
    device.answers[CancelDocument] = CommittedAnswer(1, 102, 5)
    with pytest.raises(Lost, match="no answer to 10"):
        await register.cancel()
    device.answers[CancelDocument] = Nothing()
    began = trio.current_time()
    await register.cancel()
    assert trio.current_time() - began == pytest.approx(0.5), "the line had to be quiet first"
    await register.cancel()
    assert trio.current_time() - began == pytest.approx(0.5)
    await register.aclose()


def test_the_mark_travels_in_the_payment() -> None:
    # Named here because the exactly-once rules depend on it: tag 1192 of 2D, and nowhere else.
    assert b"\xa8\x04\x03\x00k1f" in PassPayment(tax_system=1, additional="k1f").encode()
    assert OpenReceipt().encode() == b""
