"""One register that speaks this protocol, as its actor knows it: :class:`transports.register.Register`.

The order of commands is the maker's; nothing here repeats a command or decides what an answer means for a receipt.
"""

from datetime import date, datetime
from typing import Any

from schemas.kkt import (
    ArchivedDocument,
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
from transports.link import Dialer
from transports.register import Lost, Refused
from transports.terminalfa.archive import archived, kind_of
from transports.terminalfa.commands import Request, decode_reply, encode_request
from transports.terminalfa.commands.archive import FindDocument, FoundDocument, ReadDocument
from transports.terminalfa.commands.corrections import CommitCorrection
from transports.terminalfa.commands.information import (
    ReadClock,
    ReadExchange,
    ReadFnSerial,
    ReadFnStatus,
    ReadRegistration,
    ReadSerial,
    ReadStatus,
    ReadValidity,
    SetClock,
)
from transports.terminalfa.commands.printing import BufferLines, PrintBuffer, PrinterAnswer
from transports.terminalfa.commands.reports import PrintReport
from transports.terminalfa.commands.request import Answer
from transports.terminalfa.commands.shifts import (
    BeginShiftClosing,
    BeginShiftOpening,
    CancelDocument,
    CommitShiftClosing,
    CommitShiftOpening,
    PassCashier,
    ReadShift,
    ShiftDocumentAnswer,
)
from transports.terminalfa.exchange import Exchange
from transports.terminalfa.frames import Frame
from transports.terminalfa.receipts import commit_command, receipt_commands
from transports.terminalfa.settings import TerminalFaSettings
from transports.terminalfa.slips import batches
from transports.terminalfa.values import Malformed, Unfit

NO_SUCH_DATA, UNKNOWN_COMMAND = 0x08, 0x26
NOT_SENT = 0x00
"""The code of a :class:`Refused` that the register never saw: a value that the protocol cannot carry."""


class TerminalFa:
    """A register on a link. Every method may raise Refused, Unreachable or Lost."""

    def __init__(self, dialer: Dialer, settings: TerminalFaSettings | None = None) -> None:
        self._settings = settings or TerminalFaSettings()
        self._address = dialer.address
        self._exchange = Exchange(
            dialer,
            connect_timeout=self._settings.connect_timeout,
            answer_limit=self._settings.answer_limit,
            quiet=self._settings.quiet,
        )

    async def exchange(self, request: Request[Answer]) -> Answer:
        """Send any command of the protocol and return its typed answer.

        A value that the protocol cannot carry is refused before anything is written (code 00, verdict *receipt*).
        """
        frame = await self._exchange.exchange(_encoded(request))
        return self._decoded(request, frame)

    async def aclose(self) -> None:
        """Give a serial port back; over TCP there is nothing to give back."""
        await self._exchange.aclose()

    async def identify(self) -> Identity:
        serial = await self.exchange(ReadSerial())
        fn = await self.exchange(ReadFnSerial())
        registered = await self.exchange(ReadRegistration())
        return Identity(
            serial.serial,
            fn.text.strip(" \0"),
            registered.rnm,
            registered.inn,
            registered.modes,
            registered.tax_systems,
            registered.agents,
        )

    async def fn_status(self) -> FnStatus:
        told = await self.exchange(ReadFnStatus())
        return FnStatus(
            told.fn,
            told.phase,
            told.current_document,
            told.shift_is_open,
            told.flags,
            told.last_fd,
            told.last_document_at,
        )

    async def device_status(self) -> DeviceStatus:
        told = await self.exchange(ReadStatus())
        clock = (await self.exchange(ReadClock())).clock or told.clock
        return DeviceStatus(told.serial, clock, told.fatal_error, told.printer, told.fn_present)

    async def ofd_status(self) -> OfdStatus:
        told = await self.exchange(ReadExchange())
        return OfdStatus(told.unsent, told.first_fd, told.first_at)

    async def validity(self) -> Validity:
        told = await self.exchange(ReadValidity())
        return Validity(_midnight(told.expires), told.reregistrations_left)

    async def shift_status(self) -> ShiftStatus:
        told = await self.exchange(ReadShift())
        return ShiftStatus(told.is_open, told.shift, told.receipts)

    async def cancel(self) -> None:
        await self.exchange(CancelDocument())

    async def prepare(self, receipt: ReceiptRequest, mark: str | None) -> None:
        """All frames are encoded before the first is sent: a receipt that cannot be sent leaves no open document."""
        try:
            requests = receipt_commands(receipt, self._settings, mark)
        except Unfit as unfit:
            raise _not_sent(unfit) from unfit
        for request, wire in [(request, _encoded(request)) for request in requests]:
            self._decoded(request, await self._exchange.exchange(wire))

    async def commit(self, receipt: ReceiptRequest) -> Committed:
        command = commit_command(receipt)
        if isinstance(command, CommitCorrection):
            corrected = await self.exchange(command)
            return Committed(corrected.number, corrected.fd, corrected.fpd, None, None)
        done = await self.exchange(command)
        return Committed(done.receipt_number, done.fd, done.fpd, done.at, done.shift)

    async def open_shift(self, cashier: str | None = None) -> ShiftDocument:
        await self.exchange(BeginShiftOpening(self._silent))
        await self._pass_cashier(cashier)
        return _shift_document(await self.exchange(CommitShiftOpening()))

    async def close_shift(self, cashier: str | None = None) -> ShiftDocument:
        await self.exchange(BeginShiftClosing(self._silent))
        await self._pass_cashier(cashier)
        return _shift_document(await self.exchange(CommitShiftClosing()))

    async def x_report(self) -> None:
        await self.exchange(PrintReport())

    async def print_text(self, text: str) -> None:
        """Buffered and printed as one; a printer in trouble answers with its status, and is refused here as 00."""
        try:
            groups = batches(text)
        except ValueError as error:
            raise Refused(NOT_SENT, "receipt", f"cannot be printed: {error}") from error
        for lines in groups:
            _must_print(await self.exchange(BufferLines(lines)))
        if groups:
            _must_print(await self.exchange(PrintBuffer()))

    async def document(self, fd: int) -> ArchivedDocument | None:
        """Told by ``30`` and, for receipts and corrections, ``3A``: older firmware may lack the latter."""
        found = await self._find(fd)
        if found is None:
            return None
        tlvs = await self._read_tlvs(fd) if kind_of(found) in ("receipt", "correction") else None
        try:
            return archived(found, tlvs)
        except Malformed as error:
            raise self._lost(error) from error

    async def set_clock(self, local: datetime) -> None:
        await self.exchange(SetClock(local))

    @property
    def _silent(self) -> bool | None:
        return None if self._settings.print_shifts else True

    async def _pass_cashier(self, cashier: str | None) -> None:
        if cashier is not None:
            await self.exchange(PassCashier(cashier))
        elif self._settings.cashier is not None:
            await self.exchange(PassCashier(self._settings.cashier, self._settings.cashier_inn))

    async def _find(self, fd: int) -> FoundDocument | None:
        try:
            found = await self.exchange(FindDocument(fd))
        except Refused as refused:
            if refused.code == NO_SUCH_DATA:
                return None
            raise
        if found.fd != fd:
            raise self._lost(f"answered FD {found.fd} when asked for FD {fd}")
        return found

    async def _read_tlvs(self, fd: int) -> bytes | None:
        try:
            return (await self.exchange(ReadDocument(fd))).tlvs
        except Refused as refused:
            if refused.code in (NO_SUCH_DATA, UNKNOWN_COMMAND):
                return None
            raise

    def _decoded(self, request: Request[Answer], frame: Frame) -> Answer:
        try:
            return decode_reply(request, frame)
        except Malformed as error:
            raise self._lost(f"no answer to {request.CODE:02X}: {error}") from error

    def _lost(self, reason: object) -> Lost:
        self._exchange.distrust()
        return Lost(f"{self._address}: {reason}")


def _encoded(request: Request[Any]) -> bytes:
    try:
        return encode_request(request)
    except Unfit as unfit:
        raise _not_sent(unfit) from unfit


def _not_sent(unfit: Unfit) -> Refused:
    return Refused(NOT_SENT, "receipt", f"cannot be sent to this register: {unfit}")


def _must_print(answer: PrinterAnswer) -> None:
    if answer.printer:
        raise Refused(NOT_SENT, "register", f"the printer is in trouble (status {answer.printer:02X})")


def _shift_document(told: ShiftDocumentAnswer) -> ShiftDocument:
    return ShiftDocument(told.shift, told.fd, told.fpd)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day)
