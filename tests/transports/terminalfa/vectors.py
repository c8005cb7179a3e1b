"""Every frame of the protocol text: captured from registers, agreed by two encoders, or constructed."""

from datetime import date, datetime
from typing import Any, NamedTuple

from transports.terminalfa.commands import Nothing, Request
from transports.terminalfa.commands.archive import FindDocument, FoundDocument, ReceiptDetails
from transports.terminalfa.commands.corrections import Basis, PassCorrection
from transports.terminalfa.commands.information import (
    ClockAnswer,
    CountUnconfirmed,
    ExchangeAnswer,
    FnStatusAnswer,
    ReadClock,
    ReadExchange,
    ReadFnStatus,
    ReadModel,
    ReadRegistration,
    ReadStatus,
    RegistrationAnswer,
    SetClock,
    StatusAnswer,
    TextAnswer,
)
from transports.terminalfa.commands.receipt import (
    CommitReceipt,
    CommittedAnswer,
    Item,
    OpenReceipt,
    PassItem,
    PassItem12,
    PassPayment,
)
from transports.terminalfa.commands.registration import BeginFnClosing, CommitFnClosing
from transports.terminalfa.commands.shifts import (
    BeginShiftClosing,
    BeginShiftOpening,
    CancelDocument,
    CommitShiftClosing,
    CommitShiftOpening,
    ReadShift,
    ShiftDocumentAnswer,
)
from transports.terminalfa.layouts import Wire


class Sent(NamedTuple):
    """A request and its frame."""

    request: Request[Any]
    frame: str


class Answered(NamedTuple):
    """A request, the reply to it, and the reply's frame."""

    request: Request[Any]
    reply: Wire
    frame: str


REQUESTS = [
    Sent(FindDocument(1), "B6 29 00 05 30 01 00 00 00 95 C8"),
    Sent(ReadStatus(), "B6 29 00 01 01 8C EF"),
    Sent(CancelDocument(), "B6 29 00 01 10 9C ED"),
    Sent(ReadShift(), "B6 29 00 01 20 CF DB"),
    Sent(BeginShiftOpening(True), "B6 29 00 02 21 01 56 CF"),
    Sent(CommitShiftOpening(), "B6 29 00 01 22 8D FB"),
    Sent(OpenReceipt(), "B6 29 00 01 23 AC EB"),
    Sent(BeginShiftClosing(True), "B6 29 00 02 29 01 FF 46"),
    Sent(CommitShiftClosing(), "B6 29 00 01 2A 85 7A"),
    Sent(CountUnconfirmed(), "B6 29 00 01 32 BC E9"),
    Sent(
        PassItem(Item(name="Вода", price=15000, quantity=1000, vat=6, method=4)),
        "B6 29 00 23 2B 23 04 1E 00 06 04 04 00 82 AE A4 A0 37 04 02 00 98 3A FF 03 02 00 00 01 AF 04 01 00 06 BE 04 "
        "01 00 04 8E 53",
    ),
    Sent(
        PassPayment(tax_system=1, cashless=15000),
        "B6 29 00 20 2D 1F 04 01 00 01 07 04 01 00 00 39 04 02 00 98 3A BF 04 01 00 00 C0 04 01 00 00 C1 04 01 00 00 "
        "40 F5",
    ),
    Sent(CommitReceipt(1, 15000), "B6 29 00 07 24 01 98 3A 00 00 00 1F 55"),
    Sent(
        PassItem12(name="Вода", price=15000, method=4, subject=1, quantity=1000, vat=6),
        "B6 29 00 28 96 06 04 04 00 82 AE A4 A0 37 04 02 00 98 3A BE 04 01 00 04 BC 04 01 00 01 FF 03 02 00 00 01 AF "
        "04 01 00 06 D0 07 00 00 77 79",
    ),
    Sent(
        PassCorrection(
            cashier="Иванов И. И.",
            cashier_inn="123456789012",
            by_order=0,
            basis=Basis(name="Тестовая коррекция", date=date(2020, 3, 12), number="1"),
            tax_system=1,
            cash=10000,
            no_vat=10000,
        ),
        "B6 29 00 8B 2E FD 03 0C 00 88 A2 A0 AD AE A2 20 88 2E 20 88 2E B3 04 0C 00 31 32 33 34 35 36 37 "
        "38 39 30 31 32 95 04 01 00 00 96 04 23 00 99 04 12 00 92 A5 E1 E2 AE A2 A0 EF 20 AA AE E0 E0 A5 "
        "AA E6 A8 EF 9A 04 04 00 80 7B 69 5E 9B 04 01 00 31 1F 04 01 00 01 07 04 02 00 10 27 39 04 01 00 "
        "00 BF 04 01 00 00 C0 04 01 00 00 C1 04 01 00 00 4E 04 01 00 00 4F 04 01 00 00 50 04 01 00 00 51 "
        "04 02 00 10 27 52 04 01 00 00 53 04 01 00 00 DA DC",
    ),
]

REPLIES = [
    Answered(
        ReadStatus(),
        StatusAnswer("550101006105", datetime(2023, 1, 21, 18, 1), False, 0, True, 3, 0),
        "B6 29 00 17 00 35 35 30 31 30 31 30 30 36 31 30 35 17 01 15 12 01 00 00 01 03 00 D9 B8",
    ),
    Answered(
        ReadFnStatus(),
        FnStatusAnswer(3, 0, False, True, 8, datetime(2022, 4, 18, 12, 41), "9999078902003867", 10),
        "B6 29 00 1F 00 03 00 00 01 08 16 04 12 0C 29 39 39 39 39 30 37 38 39 30 32 30 30 33 38 36 37 0A "
        "00 00 00 87 49",
    ),
    Answered(
        ReadRegistration(),
        RegistrationAnswer("0000000000038045", "7806197274", 0x0C, 0x04, 0x40),
        "B6 29 00 24 00 30 30 30 30 30 30 30 30 30 30 30 33 38 30 34 35 20 20 20 20 37 38 30 36 31 39 37 32 37 34 20 "
        "20 0C 04 40 37 EB",
    ),
    Answered(
        ReadExchange(),
        ExchangeAnswer(2, 0, 10, 1, datetime(2022, 3, 28, 9, 41)),
        "B6 29 00 0E 00 02 00 0A 00 01 00 00 00 16 03 1C 09 29 2E 93",
    ),
    Answered(SetClock(datetime(2023, 1, 24, 14, 46)), Nothing(), "B6 29 00 01 00 AD FF"),
    Answered(
        ReadClock(), ClockAnswer(datetime(2023, 1, 24, 14, 46)), "B6 29 00 0A 00 30 75 05 00 17 01 18 0E 2E 88 EA"
    ),
    Answered(
        CommitReceipt(1, 15000),
        CommittedAnswer(1, 102, 1769784812, datetime(2026, 11, 22, 14, 20), 8),
        "B6 29 00 12 00 01 00 66 00 00 00 EC C5 7C 69 1A 0B 16 0E 14 08 00 9E 6B",
    ),
    Answered(
        CommitShiftOpening(),
        ShiftDocumentAnswer(8, 101, 1769784812),
        "B6 29 00 0B 00 08 00 65 00 00 00 EC C5 7C 69 12 0F",
    ),
]

MODEL_REPLY = Answered(ReadModel(), TextAnswer("Terminal-FA"), "B6 29 00 0C 00 54 65 72 6D 69 6E 61 6C 2D 46 41 2D 01")

FAILURES = [
    (BeginFnClosing(), 0xE0, "B6 29 00 02 01 E0 BF 24"),
    (CommitFnClosing(), 0x02, "B6 29 00 02 01 02 D3 F9"),
    (ReadStatus(), 0x25, "B6 29 00 02 01 25 56 AD"),
    (ReadStatus(), 0x26, "B6 29 00 02 01 26 35 9D"),
    (CommitReceipt(1, 100), 0x16, "B6 29 00 02 01 16 66 AB"),
]

FOUND_DATA = "03 00 16 03 1C 09 2F 03 00 00 00 EC C5 7C 69 01 40 06 00 00 00"
FOUND_RECEIPT = FoundDocument(3, False, datetime(2022, 3, 28, 9, 47), 3, 1769784812, ReceiptDetails(1, 1600).encode())
