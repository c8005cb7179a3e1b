"""Questions to the tax service in a key's name: which registers there are, where one stands, what a shift came to.

The caller's request stays open meanwhile: the command is written, the key's agent signs it, the tax service answers.
All of it has one deadline, and whoever was slow or away is named. A question changes nothing, so nothing of it is kept.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar
from uuid import uuid4

import trio

from kassanet.prros import Signers, TaxService
from schemas.prro_answers import LastShiftTotalsAnswer, ObjectsAnswer, OperatorsAnswer, RegistrarState
from schemas.prro_commands import NotSigned, TaxServerFailed
from transports.prro import commands
from transports.prro.client import CommandLost, CommandRefused, FiscalServer, not_signed
from transports.prro.wire import Late, Unreached

Answer = TypeVar("Answer")
Stage = Literal["agent", "tax-server"]


class TaxDesk:
    """``deadline`` in seconds is for the whole way of one question. Every method raises NotSigned, TaxServerFailed."""

    def __init__(self, tax_service: TaxService, signers: Signers, deadline: float) -> None:
        self._tax_service = tax_service
        self._signers = signers
        self._deadline = deadline

    async def objects(self, key_id: str) -> ObjectsAnswer:
        """Units and registers that this key's owner may work with; empty when there are none."""
        found = await self._ask(key_id, lambda server: server.command(commands.Objects(uid=_uid()), ObjectsAnswer))
        return found or ObjectsAnswer()

    async def operators(self, key_id: str) -> OperatorsAnswer:
        """All cashiers that the tax service knows of the organisation."""
        found = await self._ask(key_id, lambda server: server.command(commands.Operators(uid=_uid()), OperatorsAnswer))
        return found or OperatorsAnswer()

    async def state(self, key_id: str, register: int) -> RegistrarState | None:
        """A register as the tax service has it; None when it does not know it."""
        return await self._ask(key_id, lambda server: server.state(register))

    async def totals(self, key_id: str, register: int) -> LastShiftTotalsAnswer | None:
        """The tax service's own draft of the Z report; None when it has none."""
        asked = commands.LastShiftTotals(uid=_uid(), num_fiscal=str(register))
        return await self._ask(key_id, lambda server: server.command(asked, LastShiftTotalsAnswer))

    async def _ask(self, key_id: str, question: Callable[[FiscalServer], Awaitable[Answer]]) -> Answer:
        way = _Way(self._signers.stamped(key_id))
        with _explained(), trio.move_on_after(self._deadline):
            return await question(self._tax_service.client(way.sign))
        text = f"no answer within {self._deadline:g} s"
        if way.stage == "agent":
            raise NotSigned(f"the agent does not sign: {text}", "agent-late")
        raise TaxServerFailed(f"the tax service: {text}", "tax-server-late")


class _Way:
    """Where a question is, so that a deadline can be laid at somebody's door."""

    def __init__(self, sign: Callable[[bytes], Awaitable[bytes]]) -> None:
        self._sign = sign
        self.stage: Stage = "agent"

    async def sign(self, content: bytes) -> bytes:
        signed = await self._sign(content)
        self.stage = "tax-server"
        return signed


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except CommandRefused as refusal:
        code = refusal.refused.code
        told = refusal.refused.text if code is None else f"{refusal.refused.text} (code {code})"
        raise TaxServerFailed(f"the tax service refuses: {told}", "tax-server-refused") from None
    except CommandLost as lost:
        raise _cause(lost) from None


def _cause(lost: CommandLost) -> Exception:
    """Who did not answer: what was lost was raised from it."""
    refusal, cause = not_signed(lost), lost.__cause__
    if refusal is not None:
        return refusal
    if isinstance(cause, Late):
        return TaxServerFailed(f"the tax service: {cause}", "tax-server-late")
    if isinstance(cause, Unreached):
        return TaxServerFailed(f"the tax service cannot be reached: {cause}", "tax-server-away")
    return TaxServerFailed(f"the tax service gave no usable answer: {lost}", "tax-server-away")


def _uid() -> str:
    return str(uuid4())
