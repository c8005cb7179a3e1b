"""The commands of ``/cmd``, answered from what the registers hold."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from kassanet.sandbox.fiscal_server.records import Entry, class_of, with_head
from kassanet.sandbox.fiscal_server.register import Register
from kassanet.sandbox.fiscal_server.registry import Unit, operator_of
from kassanet.sandbox.fiscal_server.rules import Refusal, access
from kassanet.sandbox.fiscal_server.seals import Seals, Signatory
from kassanet.sandbox.fiscal_server.shown import (
    FOUND,
    NO_REGISTER,
    absence,
    listed,
    shift_shown,
    shown,
    tax_object,
    told,
)
from kassanet.sandbox.fiscal_server.standing import Session, Shift
from kassanet.sandbox.fiscal_server.totals import draft
from schemas.prro_answers import (
    DocumentInfo,
    DocumentsAnswer,
    LastShiftTotalsAnswer,
    ObjectsAnswer,
    OfflineSession,
    Operator,
    OperatorsAnswer,
    RegistrarState,
    ServerStateAnswer,
    ShiftsAnswer,
)
from schemas.prro_check import Check
from transports.prro import commands
from transports.prro.documents import encode
from transports.prro.errors import ErrorCode
from transports.prro.limits import kyiv, month_seconds
from transports.prro.paper import link_of
from transports.prro.text import receipt_text

NOBODY = Signatory("")


class Asking:
    """Answers commands. ``registers`` finds a register by its fiscal number or raises :class:`Refusal`."""

    def __init__(
        self, registers: Callable[[int], Register], units: tuple[Unit, ...], seals: Seals, clock: Callable[[], float]
    ) -> None:
        self._registers = registers
        self._units = units
        self._seals = seals
        self._clock = clock

    def answer(self, command: commands.Command, signatory: Signatory = NOBODY) -> Struct | bytes | None:
        """JSON to be, a signed document, or None for 204. Raises :class:`Refusal`."""
        handler: Any = self._HANDLERS.get(type(command))
        if handler is None:
            raise Refusal(ErrorCode.INVALID_QUERY_PARAMETER, f"Команда {type(command).__name__} не підтримується")
        found: Struct | bytes | None = handler(self, command, signatory)
        return found

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), kyiv())

    def _server_state(self, command: commands.ServerState, _signatory: Signatory) -> Struct:
        return ServerStateAnswer(uid=command.uid, timestamp=self.now)

    def _objects(self, command: commands.Objects, signatory: Signatory) -> Struct | None:
        found = tuple(
            tax_object(unit, operator.chief)
            for unit in self._units
            if (operator := operator_of(unit, signatory)) is not None
        )
        return ObjectsAnswer(uid=command.uid, tax_objects=found) if found else None

    def _operators(self, command: commands.Operators, signatory: Signatory) -> Struct:
        mine = next((unit for unit in self._units if operator_of(unit, signatory)), None)
        operators = () if mine is None else mine.operators
        return OperatorsAnswer(
            uid=command.uid,
            tin="" if mine is None else mine.tin,
            operators=tuple(
                Operator(subject_key_id=operator.key_id, reg_num=operator.tin, chief_cashier=operator.chief)
                for operator in operators
            ),
        )

    def _state(self, command: commands.TransactionsRegistrarState, signatory: Signatory) -> Struct:
        register = self._own(command.num_fiscal, signatory)
        if command.offline_session_id is not None and command.offline_seed is not None:
            named = OfflineSession(offline_session_id=command.offline_session_id, offline_seed=command.offline_seed)
            register.roll_back(named, command.uid)
        return self._state_of(register, command, signatory)

    def _state_of(
        self, register: Register, command: commands.TransactionsRegistrarState, signatory: Signatory
    ) -> RegistrarState:
        standing, shift = register.standing, register.standing.shift
        chief = access(register.place, signatory).chief
        trusted = shift is None or chief or shift.signatory == signatory.key_id
        return RegistrarState(
            uid=command.uid,
            shift_state=0 if shift is None else 1,
            shift_id=None if shift is None else shift.id,
            open_shift_fiscal_num=None if shift is None else shift.opening,
            z_rep_present=shift is not None and shift.z_report is not None,
            testing=shift is not None and shift.testing,
            name=None if shift is None else shift.name,
            subject_key_id=None if shift is None else shift.signatory,
            first_local_num=0 if shift is None else shift.first_local,
            next_local_num=standing.next_local,
            last_fiscal_num=None if shift is None else standing.last_fiscal,
            offline_supported=register.may_go_offline,
            chief_cashier=chief,
            closed=register.place.register.closed,
            tax_object=tax_object(register.place.unit, chief) if command.include_tax_object else None,
            **(self._offline(register, standing.session) if trusted else {}),
        )

    def _offline(self, register: Register, session: Session | None) -> dict[str, Any]:
        """The ``Offline…`` fields; durations in whole minutes."""
        if session is None:
            return {}
        standing = register.standing
        spans = [*standing.finished, *([session.span] if session.span else [])]
        duration = 0.0 if session.span is None else (session.span.end - session.span.begin).total_seconds()
        return {
            "offline_session_id": session.id,
            "offline_seed": session.seed,
            "offline_next_local_num": session.received + 1,
            "offline_session_duration": int(duration // 60),
            "offline_sessions_monthly_duration": int(month_seconds(spans, self.now) // 60),
            "offline_session_rolled_back": standing.rolled_back_by is not None,
            "offline_session_rollback_cmd_uid": standing.rolled_back_by,
        }

    def _check(self, command: commands.Check | commands.ZRep, signatory: Signatory) -> bytes | None:
        is_check = isinstance(command, commands.Check)
        register = self._public(command.registrar_num_fiscal, signatory, is_check)
        entry = register.find(command.num_fiscal)
        if entry is None or isinstance(entry.document, Check) is not is_check:
            return None
        return self._seals.seal(entry.xml if command.original else self._registered(register, entry))

    def _check_ext(self, command: commands.CheckExt | commands.ZRepExt, signatory: Signatory) -> Struct:
        is_check = isinstance(command, commands.CheckExt)
        try:
            register = self._public(command.registrar_num_fiscal, signatory, is_check)
        except Refusal as refusal:
            if refusal.code is not ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT:
                raise
            return told(command.uid, NO_REGISTER)
        entry = register.find(command.num_fiscal)
        if entry is None or isinstance(entry.document, Check) is not is_check:
            return told(command.uid, absence(register, command.num_fiscal))
        data = self._forms(register, entry, command.type)
        wants_link = isinstance(command, commands.CheckExt) and command.acquire_cabinet_url
        link = link_of(with_head(entry.document, fiscal_number=entry.num_fiscal)) if wants_link else None
        return told(command.uid, FOUND, None if data is None else base64.b64encode(data).decode(), link)

    def _forms(self, register: Register, entry: Entry, kind: int) -> bytes | None:
        """A document as DocumentRequestType says."""
        if kind == 0:
            return None
        if kind == 1:
            return entry.xml
        if kind == 2:
            return self._seals.seal(self._registered(register, entry))
        if kind == 3:
            return receipt_text(shown(register, entry)).encode()
        if kind == 4:
            return entry.signed
        if kind == 5:
            return self._seals.seal(entry.signed)
        raise Refusal(ErrorCode.INVALID_QUERY_PARAMETER, f"Тип {kind} невідомий")

    def _registered(self, register: Register, entry: Entry) -> bytes:
        return encode(shown(register, entry))

    def _shifts(self, command: commands.Shifts, signatory: Signatory) -> Struct:
        register = self._own(command.num_fiscal, signatory)
        if command.shift_id is None and (command.since is None or command.until is None):
            raise Refusal(ErrorCode.INVALID_QUERY_PARAMETER, "Потрібні From і To")
        found = tuple(shift_shown(shift) for shift in register.standing.shifts if _is_asked(shift, command))
        return ShiftsAnswer(uid=command.uid, shifts=found)

    def _documents(self, command: commands.Documents, signatory: Signatory) -> Struct:
        register = self._own(command.num_fiscal, signatory)
        if command.shift_id is None and command.open_shift_fiscal_num is None:
            raise Refusal(ErrorCode.INVALID_QUERY_PARAMETER, "Потрібен ShiftId або OpenShiftFiscalNum")
        found = [
            entry
            for shift in register.standing.shifts
            if command.shift_id == str(shift.id) or command.open_shift_fiscal_num == shift.opening
            for entry in register.entries(shift.entries)
        ]
        return DocumentsAnswer(uid=command.uid, documents=tuple(listed(register, entry) for entry in found))

    def _totals(self, command: commands.LastShiftTotals, signatory: Signatory) -> Struct | None:
        register = self._own(command.num_fiscal, signatory)
        shifts = register.standing.shifts
        if not shifts:
            return None
        shift = shifts[-1]
        is_open = register.standing.shift is not None
        return LastShiftTotalsAnswer(
            uid=command.uid,
            shift_state=1 if is_open else 0,
            z_rep_present=shift.z_report is not None,
            testing=shift.testing,
            opened=shift.opened,
            open_name=shift.name,
            open_subject_key_id=shift.signatory,
            closed=shift.closed,
            close_name=shift.close_name,
            close_subject_key_id=shift.close_signatory,
            z_rep_fiscal_num=shift.z_report,
            totals=draft(register.entries(shift.entries), register.standing) if is_open else None,
        )

    def _info(self, command: commands.DocumentInfoByLocalNum, signatory: Signatory) -> Struct | None:
        register = self._own(command.num_fiscal, signatory)
        entry = register.find_local(_number(command.num_local))
        if entry is None:
            return None
        check = entry.document if isinstance(entry.document, Check) else None
        return DocumentInfo(
            uid=command.uid,
            num_fiscal=entry.num_fiscal,
            doc_class=class_of(entry.document),
            check_doc_type=None if check is None else check.head.doc_type,
            check_doc_sub_type=None if check is None else check.head.sub_type,
            revoked=register.is_revoked(entry),
            storned=register.is_storned(entry),
        )

    def _own(self, num_fiscal: str, signatory: Signatory) -> Register:
        register = self._registers(_number(num_fiscal))
        access(register.place, signatory)
        return register

    def _public(self, num_fiscal: str, signatory: Signatory, is_check: bool) -> Register:
        """Checks are for everybody, reports for those who work with the register."""
        return self._registers(_number(num_fiscal)) if is_check else self._own(num_fiscal, signatory)

    _HANDLERS: dict[type, Callable[..., Any]] = {  # noqa: RUF012 - a table, never changed
        commands.ServerState: _server_state,
        commands.Objects: _objects,
        commands.Operators: _operators,
        commands.TransactionsRegistrarState: _state,
        commands.Check: _check,
        commands.ZRep: _check,
        commands.CheckExt: _check_ext,
        commands.ZRepExt: _check_ext,
        commands.Shifts: _shifts,
        commands.Documents: _documents,
        commands.LastShiftTotals: _totals,
        commands.DocumentInfoByLocalNum: _info,
    }


def is_late(command: commands.Command, now: datetime) -> bool:
    """Whether the sender has given up by its own words."""
    if command.timestamp is None or command.timeout is None:
        return False
    sent = command.timestamp if command.timestamp.tzinfo else command.timestamp.replace(tzinfo=kyiv())
    return now > sent + timedelta(milliseconds=command.timeout)


def _is_asked(shift: Shift, command: commands.Shifts) -> bool:
    if command.shift_id is not None:
        return command.shift_id == str(shift.id)
    assert command.since is not None
    assert command.until is not None
    since, until = (each if each.tzinfo else each.replace(tzinfo=kyiv()) for each in (command.since, command.until))
    return since <= shift.opened <= until


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refusal(ErrorCode.INVALID_QUERY_PARAMETER, f"{text[:32]!r} не є номером")
    return int(text)
