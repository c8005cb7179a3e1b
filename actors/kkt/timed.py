"""A register whose commands are timed, whatever protocol it speaks: one plain call a command, nothing decided."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import trio

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
from transports.register import Lost, Refused, Register, Unreachable

Answer = TypeVar("Answer")
Observer = Callable[[str, str, float], None]
"""Told the command, its outcome (``done refused unreachable lost cancelled failed``) and the seconds. Must not wait."""

_OUTCOMES = ((Refused, "refused"), (Unreachable, "unreachable"), (Lost, "lost"), (trio.Cancelled, "cancelled"))


class TimedRegister:
    """:class:`transports.register.Register` around another one."""

    def __init__(self, register: Register, observe: Observer) -> None:
        self._register = register
        self._observe = observe

    async def identify(self) -> Identity:
        return await self._timed("identify", self._register.identify())

    async def fn_status(self) -> FnStatus:
        return await self._timed("fn_status", self._register.fn_status())

    async def device_status(self) -> DeviceStatus:
        return await self._timed("device_status", self._register.device_status())

    async def ofd_status(self) -> OfdStatus:
        return await self._timed("ofd_status", self._register.ofd_status())

    async def validity(self) -> Validity:
        return await self._timed("validity", self._register.validity())

    async def shift_status(self) -> ShiftStatus:
        return await self._timed("shift_status", self._register.shift_status())

    async def cancel(self) -> None:
        await self._timed("cancel", self._register.cancel())

    async def prepare(self, receipt: ReceiptRequest, mark: str | None) -> None:
        await self._timed("prepare", self._register.prepare(receipt, mark))

    async def commit(self, receipt: ReceiptRequest) -> Committed:
        return await self._timed("commit", self._register.commit(receipt))

    async def open_shift(self, cashier: str | None = None) -> ShiftDocument:
        return await self._timed("open_shift", self._register.open_shift(cashier))

    async def close_shift(self, cashier: str | None = None) -> ShiftDocument:
        return await self._timed("close_shift", self._register.close_shift(cashier))

    async def x_report(self) -> None:
        await self._timed("x_report", self._register.x_report())

    async def print_text(self, text: str) -> None:
        await self._timed("print_text", self._register.print_text(text))

    async def document(self, fd: int) -> ArchivedDocument | None:
        return await self._timed("document", self._register.document(fd))

    async def set_clock(self, local: datetime) -> None:
        await self._timed("set_clock", self._register.set_clock(local))

    async def aclose(self) -> None:
        await self._register.aclose()

    async def _timed(self, command: str, call: Awaitable[Answer]) -> Answer:
        began = trio.current_time()
        outcome = "done"
        try:
            return await call
        except BaseException as error:
            outcome = next((name for kind, name in _OUTCOMES if isinstance(error, kind)), "failed")
            raise
        finally:
            self._observe(command, outcome, trio.current_time() - began)
