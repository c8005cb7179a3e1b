"""A register of one's own: a small fiscal storage in memory, and troubles on command."""

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

import trio

from actors.kkt.settlement import mark_of
from schemas.kkt import (
    ArchivedDocument,
    ArchivedItem,
    Committed,
    DeviceStatus,
    FnStatus,
    Identity,
    OfdStatus,
    ShiftDocument,
    ShiftStatus,
    Validity,
)
from schemas.receipts import CORRECTIONS, ReceiptRequest, quantity_thousandths

FN = "9999078902003867"


class Trouble:
    """One call goes wrong: before the register does anything, or (``after``) when it has done it."""

    def __init__(self, error: Exception, *, after: bool = False) -> None:
        self.error = error
        self.after = after


class ScriptedRegister:
    """Implements ``transports.register.Register``. ``local`` tells its clock's time."""

    def __init__(self, local: Callable[[], datetime], fn: str = FN, serial: str = "550101006105") -> None:
        self.local = local
        self.printed: list[str] = []
        self.fn = fn
        self.serial = serial
        self.documents: list[ArchivedDocument] = []
        self.shift = 0
        self.shift_is_open = False
        self.receipts_in_shift = 0
        self.prepared: ReceiptRequest | None = None
        self.mark: str | None = None
        self.phase = 3
        self.printer = 0
        self.tax_systems = 63
        self.commit_seconds = 1.0
        self.calls: list[str] = []
        self.hidden: set[int] = set()
        self.troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self._add("registration")

    # -- for tests --------------------------------------------------------------------------------

    def fail(self, call: str, error: Exception, *, times: int = 1, after: bool = False) -> None:
        """The next ``times`` calls of that name fail."""
        self.troubles[call].extend(Trouble(error, after=after) for _ in range(times))

    @property
    def last_fd(self) -> int:
        return len(self.documents)

    def made(self) -> list[ArchivedDocument]:
        """Receipts and corrections."""
        return [each for each in self.documents if each.kind in ("receipt", "correction")]

    def make_behind_our_back(self, request: ReceiptRequest) -> None:
        """Somebody else's document."""
        self.prepared, self.mark = request, None
        self._commit()

    def finish(self) -> None:
        """The document that was begun lands after all."""
        self._commit()

    # -- the protocol -----------------------------------------------------------------------------

    async def identify(self) -> Identity:
        await self._call("identify")
        return Identity(self.serial, self.fn, "0000000000038045", "7801234564", 4, self.tax_systems, 0)

    async def fn_status(self) -> FnStatus:
        await self._call("fn_status")
        current = 4 if self.prepared else 0
        return FnStatus(self.fn, self.phase, current, self.shift_is_open, 0, self.last_fd, None)

    async def device_status(self) -> DeviceStatus:
        await self._call("device_status")
        return DeviceStatus(self.serial, self.local(), False, self.printer, True)

    async def ofd_status(self) -> OfdStatus:
        await self._call("ofd_status")
        return OfdStatus(0, 0, None)

    async def validity(self) -> Validity:
        await self._call("validity")
        return Validity(self.local() + timedelta(days=400), 5)

    async def shift_status(self) -> ShiftStatus:
        await self._call("shift_status")
        return ShiftStatus(self.shift_is_open, self.shift, self.receipts_in_shift)

    async def cancel(self) -> None:
        await self._call("cancel")
        self.prepared = None

    async def prepare(self, receipt: ReceiptRequest, mark: str | None) -> None:
        trouble = await self._call("prepare")
        self.prepared, self.mark = receipt, mark
        _raise(trouble)

    async def commit(self, receipt: ReceiptRequest) -> Committed:
        self._before("commit")
        await trio.sleep(self.commit_seconds)
        document = self._commit()
        _raise(self._after("commit"))
        return Committed(self.receipts_in_shift, document.fd, document.fpd, document.at, self.shift)

    async def open_shift(self, cashier: str | None = None) -> ShiftDocument:
        self._before("open_shift")
        self.shift, self.shift_is_open, self.receipts_in_shift = self.shift + 1, True, 0
        document = self._add("open_shift")
        _raise(self._after("open_shift"))
        return ShiftDocument(self.shift, document.fd, document.fpd)

    async def close_shift(self, cashier: str | None = None) -> ShiftDocument:
        self._before("close_shift")
        self.shift_is_open = False
        document = self._add("close_shift")
        _raise(self._after("close_shift"))
        return ShiftDocument(self.shift, document.fd, document.fpd)

    async def x_report(self) -> None:
        await self._call("x_report")

    async def print_text(self, text: str) -> None:
        await self._call("print_text")
        self.printed.append(text)

    async def document(self, fd: int) -> ArchivedDocument | None:
        await self._call("document")
        if fd in self.hidden or not 1 <= fd <= self.last_fd:
            return None
        return self.documents[fd - 1]

    async def set_clock(self, local: datetime) -> None:
        await self._call("set_clock")

    async def aclose(self) -> None:
        self.calls.append("aclose")

    # -- within -----------------------------------------------------------------------------------

    async def _call(self, name: str) -> Trouble | None:
        self._before(name)
        await trio.lowlevel.checkpoint()
        return self._after(name)

    def _before(self, name: str) -> None:
        self.calls.append(name)
        if self.troubles[name] and not self.troubles[name][0].after:
            raise self.troubles[name].popleft().error

    def _after(self, name: str) -> Trouble | None:
        return self.troubles[name].popleft() if self.troubles[name] else None

    def _commit(self) -> ArchivedDocument:
        request = self.prepared
        assert request is not None, "a commit without a prepared document"
        self.prepared = None
        self.receipts_in_shift += 1
        return self._add(
            "correction" if request.kind in CORRECTIONS else "receipt",
            receipt_kind=request.kind,
            total=request.total,
            shift=self.shift,
            receipt_number=self.receipts_in_shift,
            payments=request.payments,
            items=tuple(ArchivedItem(i.name, i.price, quantity_thousandths(i.quantity)) for i in request.items),
            customer=request.customer.contact if request.customer else None,
            mark=request.additional_check_props or self.mark,
            complete=True,
        )

    def _add(self, kind: str, **told: object) -> ArchivedDocument:
        fd = self.last_fd + 1
        document = ArchivedDocument(fd, 1_000_000 + fd, kind, self.local(), **told)  # type: ignore[arg-type]  # by name
        self.documents.append(document)
        return document


def _raise(trouble: Trouble | None) -> None:
    if trouble is not None:
        raise trouble.error


__all__ = ["FN", "ScriptedRegister", "mark_of"]
