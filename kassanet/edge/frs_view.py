"""What ``/frs`` and ``/fcircuit`` show of rows and live states."""

from datetime import datetime

from kassanet.fleet import Fleet
from schemas.circuits import Circuit, CircuitKkt, Integration
from schemas.frs import NO_DATE, FrsFs, FrsOfd, FrsState, NewApiIntegration
from schemas.kkt import KktState, OfdStatus
from schemas.rows import StoredCircuit, StoredIntegration, StoredKkt

TOKEN_TYPES = frozenset({"api"})
"""Integration types whose programs come with a token."""

CHANNEL_TYPES = frozenset({"paykeeper"})
"""Integration types that are a channel, once shop and secret are given."""

HIDDEN = "***"


def shown_state(eip: str, state: KktState | None) -> FrsState:
    """The last known state of a register."""
    if state is None or state.identity is None or state.fn is None:
        return FrsState(eip, state.identity.serial if state and state.identity else None, None, None, None)
    identity, fn = state.identity, state.fn
    fs = FrsFs(
        inn=identity.inn,
        rnm=identity.rnm,
        phase=fn.phase,
        sn=fn.fn,
        flags=fn.flags,
        shift_is_open=fn.shift_is_open,
        ofd=_ofd(state.ofd),
        mode=identity.modes,
        tax_system=identity.tax_systems,
        agent=identity.agents,
        current_document=fn.current_document,
    )
    clock = state.device.clock if state.device else None
    # The protocol of this register tells no temperature.
    return FrsState(eip, identity.serial, _stamp(clock), None, fs)


def _ofd(ofd: OfdStatus | None) -> FrsOfd:
    if ofd is None or not ofd.unsent:
        return FrsOfd()
    return FrsOfd(ofd.unsent, ofd.first_fd, _stamp(ofd.first_at) or NO_DATE)


def _stamp(moment: datetime | None) -> str | None:
    return moment.strftime("%d.%m.%Y %H:%M") if moment is not None else None


def shown_circuit(fleet: Fleet, row: StoredCircuit, *, secret: bool) -> Circuit:
    """A circuit with its registers and integrations; ``secret`` shows ``param2``."""
    return Circuit(
        row.id,
        row.sinn,
        row.title,
        tuple(shown_kkt(kkt) for kkt in fleet.kkts_of(row.id)),
        tuple(shown_integration(each, secret=secret) for each in fleet.integrations_of(row.id)),
    )


def shown_kkt(row: StoredKkt) -> CircuitKkt:
    return CircuitKkt(row.eip, row.type, row.is_active)


def shown_integration(row: StoredIntegration, *, secret: bool) -> Integration:
    param2 = row.param2 if secret or row.param2 is None else HIDDEN
    return Integration(row.id, row.type, row.param1, param2, row.is_active, is_working(row))


def is_working(row: StoredIntegration) -> bool:
    """Whether this service serves it; others are kept and switchable, but not working."""
    return row.type in TOKEN_TYPES or (row.type in CHANNEL_TYPES and bool(row.param1) and bool(row.param2))


def with_secrets(row: StoredIntegration, token: str, callback_key: str, *, secret: bool) -> NewApiIntegration:
    """The only answer that tells its token and key; ``secret`` shows ``param2`` too."""
    shown = shown_integration(row, secret=secret)
    return NewApiIntegration(row.id, row.type, row.param1, shown.param2, row.is_active, token, callback_key)
