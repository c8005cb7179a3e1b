"""Operations of a pinpad over HTTP: ask, wait, look, take back, settle by hand."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Literal, get_args

import trio
from msgspec import Meta, Struct
from quart import Response, request

from actors.journal import Reader
from actors.runtime import AskTimedOut
from kassanet.edge.answers import answer, nothing
from kassanet.edge.by_hand import print_by_hand
from kassanet.edge.decoding import decode, invalid
from kassanet.edge.pinpad_sight import visible_pinpad
from kassanet.edge.queries import MOST, TIME, Readers, limit, moment, natural, one_of, read_query
from kassanet.edge.visibility import allowed, visible_kkt
from kassanet.fleet import Fleet
from kassanet.pinpads import Pinpads
from schemas.operations import FINISHED, OperationKind, OperationRequest, OperationStatus
from schemas.pinpad_commands import Interrupt, Settle
from schemas.pinpad_records import OperationFilter, StoredOperation
from schemas.pinpad_shown import OperationPage, shown_operation
from schemas.problems import FieldError, problem

LONGEST_WAIT = 300.0


class OperationVerdict(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST …/resolve``: what a person found out, in the bank's cabinet or on the terminal's tape."""

    verdict: Literal["approved", "refused", "reversed"]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


class SlipPrint(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST …/print``: on which register, and whose copy."""

    kkt: Annotated[str, Meta(min_length=3, max_length=255)]
    copy: Literal["customer", "merchant"] = "customer"


class OperationDesk:
    """One view a route."""

    def __init__(self, pinpads: Pinpads, fleet: Fleet, reader: Reader) -> None:
        self._pinpads = pinpads
        self._fleet = fleet
        self._reader = reader

    async def post_operation(self, pinpad_id: int) -> Response:
        access = allowed("operator", integrations=True)
        visible_pinpad(access, self._fleet, self._pinpads, pinpad_id)
        seconds = wait_asked(request.args)
        wanted = decode(await request.get_data(), OperationRequest)
        with trio.CancelScope(shield=True):  # an asker who hangs up must find what was accepted, under its key
            accepted = await self._pinpads.submit(pinpad_id, wanted)
        row = await self._awaited(pinpad_id, accepted.operation_id, seconds)
        return answer(shown_operation(row), 202 if accepted.created else 200)

    async def list_operations(self, pinpad_id: int) -> Response:
        visible_pinpad(allowed("viewer", integrations=True), self._fleet, self._pinpads, pinpad_id)
        wanted = operation_filter(request.args, pinpad_id)
        rows = await self._reader.call(lambda store: store.operations(wanted))
        following = rows[-1].id if len(rows) == wanted.limit else None
        return answer(OperationPage(tuple(shown_operation(row) for row in rows), following))

    async def show_operation(self, pinpad_id: int, operation_id: int) -> Response:
        visible_pinpad(allowed("viewer", integrations=True), self._fleet, self._pinpads, pinpad_id)
        row = await self._awaited(pinpad_id, _id(operation_id), wait_asked(request.args))
        return answer(shown_operation(row))

    async def show_history(self, pinpad_id: int, operation_id: int) -> Response:
        visible_pinpad(allowed("viewer", integrations=True), self._fleet, self._pinpads, pinpad_id)
        row = await self._pinpads.operation(pinpad_id, _id(operation_id))
        return answer(await self._reader.call(lambda store: store.operation_history(row.id)))

    async def cancel_operation(self, pinpad_id: int, operation_id: int) -> Response:
        access = allowed("operator", integrations=True)
        visible_pinpad(access, self._fleet, self._pinpads, pinpad_id)
        await self._pinpads.actor(pinpad_id).ask(Interrupt(_id(operation_id)), timeout=15.0)
        return answer(shown_operation(await self._pinpads.operation(pinpad_id, operation_id)))

    async def resolve_operation(self, pinpad_id: int, operation_id: int) -> Response:
        access = allowed("operator")
        visible_pinpad(access, self._fleet, self._pinpads, pinpad_id)
        said = decode(await request.get_data(), OperationVerdict)
        verdict = Settle(_id(operation_id), said.verdict, said.reason, access.name)
        with trio.CancelScope(shield=True):
            await self._pinpads.actor(pinpad_id).ask(verdict, timeout=15.0)
        return answer(shown_operation(await self._pinpads.operation(pinpad_id, operation_id)))

    async def print_slip(self, pinpad_id: int, operation_id: int) -> Response:
        """On a register, between its documents: where the terminal has no printer of its own."""
        access = allowed("operator")
        visible_pinpad(access, self._fleet, self._pinpads, pinpad_id)
        said = decode(await request.get_data(), SlipPrint)
        visible_kkt(access, self._fleet, said.kkt)
        shown = shown_operation(await self._pinpads.operation(pinpad_id, _id(operation_id)))
        text = getattr(shown.result.slips, said.copy) if shown.result is not None else None
        if text is None:
            raise problem(409, "no-slip", f"Operation {operation_id} has no {said.copy} slip.")
        await print_by_hand(self._fleet, said.kkt, text)
        return nothing()

    async def _awaited(self, pinpad_id: int, operation_id: int, seconds: float) -> StoredOperation:
        row = await self._pinpads.operation(pinpad_id, operation_id)
        if not seconds or row.status in FINISHED or row.status == "manual":
            return row
        with suppress(AskTimedOut):  # then it is shown as it is
            await self._pinpads.wait(pinpad_id, operation_id, seconds)
        return await self._pinpads.operation(pinpad_id, operation_id)


def wait_asked(args: Mapping[str, str]) -> float:
    """The seconds of ``?wait=``; raises 422."""
    text = args.get("wait")
    if text is None:
        return 0.0
    if not text.isascii() or not text.isdigit() or int(text[:9]) > LONGEST_WAIT:
        raise invalid(
            [FieldError("wait", f"{text[:64]!r} cannot be read", f"whole seconds, at most {LONGEST_WAIT:.0f}")]
        )
    return float(text)


def operation_filter(args: Mapping[str, str], pinpad_id: int) -> OperationFilter:
    """What a listing wants; raises 422 with every wrong parameter."""
    found = read_query(args, _READERS, "operations")
    return OperationFilter(pinpad_id=pinpad_id, **found)


def _id(number: int) -> int:
    """A larger number is in no store, and cannot even be looked for there."""
    return min(number, 2**63 - 1)


STATUSES: tuple[str, ...] = get_args(OperationStatus)
KINDS: tuple[str, ...] = get_args(OperationKind)

_READERS: Readers = {
    "status": ("status", one_of(STATUSES), ", ".join(STATUSES)),
    "kind": ("kind", one_of(KINDS), ", ".join(KINDS)),
    "external_id": ("external_id", str, "the till's own number"),
    "of": ("of", natural, "an operation's number"),
    "since": ("since", moment, TIME),
    "until": ("until", moment, TIME),
    "cursor": ("before_id", natural, "next_cursor of the page before"),
    "limit": ("limit", limit, f"1 to {MOST}"),
}
