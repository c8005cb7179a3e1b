"""What is an alarm: pure functions of live states. Each yields what is wrong now; how long it has been is not theirs.

Urgency is the level, then when it will stop something (``due_at``). Moments a register tells are its local time, which
is taken to be that of the settings' zone.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from msgspec import Struct

from actors.prro.timetable import midnight_after
from schemas.agents import AgentState, KeyState
from schemas.alarms import AlarmLevel, Raised
from schemas.circuits import CircuitState
from schemas.kkt import KktState
from schemas.payments_live import BillingLive
from schemas.pinpads import PinpadState
from schemas.prro_commands import PrroState
from schemas.rows import StoredReceipt
from schemas.sites import SiteState
from transports.prro.limits import kyiv

DAY = 86_400.0
SHIFT_WARNING, SHIFT_CRITICAL = 23.5 * 3600, 23.75 * 3600
"""Age of an open shift: it should have closed by itself, and after 24 hours the register refuses receipts."""

UNSENT_STOPS = timedelta(days=30)
"""An FN stops when its first unsent document is so old."""

AWAY_AFTER = 60.0
"""Seconds that a register may be away, or an outcome unknown, before anybody is called."""

QUEUE_OLD = 300.0
NO_REGISTER_AFTER = 15.0

_SAID_TWICE = {"fn_expires_3_days": "fn_expires", "fn_expires_30_days": "fn_expires"}
"""Flags of the FN that say what its date says better."""


class Zone(Struct, frozen=True):
    """The registers' local time: hours east of UTC."""

    utc_offset: float = 3.0

    def unix(self, local: datetime) -> float:
        return local.replace(tzinfo=timezone(timedelta(hours=self.utc_offset))).timestamp()


def of_register(state: KktState, now: float, zone: Zone) -> Iterator[Raised]:
    """``now`` is UNIX time."""
    yield from _condition(state)
    yield from _shift(state, now)
    codes = {concern.code for concern in state.concerns}
    for concern in state.concerns:
        if concern.level != "ok" and _SAID_TWICE.get(concern.code) not in codes:
            after = AWAY_AFTER if concern.code == "unknown_receipt" else 0.0
            yield _of(state, concern.code, concern.level, concern.text, _due(state, concern.code, zone), after)


def _condition(state: KktState) -> Iterator[Raised]:
    if state.condition == "unreachable":
        yield _of(state, "unreachable", "critical", state.reason or "it does not answer", after=AWAY_AFTER)
    elif state.condition == "out_of_rotation":
        yield _of(state, "out_of_rotation", "critical", state.reason or "it is out of rotation")


def _shift(state: KktState, now: float) -> Iterator[Raised]:
    opened_at = state.shift_opened_at
    if state.fn is None or not state.fn.shift_is_open or opened_at is None:
        return
    age = now - opened_at
    if age >= SHIFT_WARNING:
        level: AlarmLevel = "critical" if age >= SHIFT_CRITICAL else "warning"
        yield _of(state, "shift_near_day", level, f"the shift is {age / 3600:.1f} hours old", opened_at + DAY)


def _due(state: KktState, code: str, zone: Zone) -> float | None:
    if code.startswith("fn_expires") and state.fn_expires is not None:
        return zone.unix(state.fn_expires)
    if code == "ofd_silent" and state.ofd is not None and state.ofd.first_at is not None:
        return zone.unix(state.ofd.first_at + UNSENT_STOPS)
    return None


def _of(
    state: KktState, code: str, level: AlarmLevel, text: str, due_at: float | None = None, after: float = 0.0
) -> Raised:
    key = f"kkt/{state.eip}/{code}"
    return Raised(key, code, level, text, state.circuit_id, kkt=state.eip, due_at=due_at, after=after)


def of_circuit(state: CircuitState, now: float) -> Iterator[Raised]:
    """A queue that does not move."""
    if state.queued and not state.idle + state.busy:
        text = f"{state.queued} receipts wait and no register is in rotation"
        yield Raised(
            f"circuit/{state.id}/no_register", "no_register", "critical", text, state.id, after=NO_REGISTER_AFTER
        )
    elif state.queued and state.oldest_at is not None and now - state.oldest_at >= QUEUE_OLD:
        text = f"{state.queued} receipts wait, the oldest for {(now - state.oldest_at) / 60:.0f} min"
        yield Raised(f"circuit/{state.id}/queue_old", "queue_old", "critical", text, state.id)


def of_receipt(row: StoredReceipt) -> Raised:
    """One that awaits a person's verdict."""
    text = row.reason or "a person must decide"
    key = f"receipt/{row.id}/receipt_manual"
    return Raised(key, "receipt_manual", "critical", text, row.circuit_id, kkt=row.eip, receipt_id=row.id)


def of_pinpad(state: PinpadState) -> Iterator[Raised]:
    """Whether a card was charged is not known, or a person must say; until then nobody pays there by card."""
    key = f"pinpad/{state.id}"
    if state.condition == "blocked":
        text = state.reason or "an operation awaits a person's verdict"
        yield Raised(f"{key}/pinpad_blocked", "pinpad_blocked", "critical", text)
    elif state.condition == "settling":
        text = f"operation {state.operation} is unknown until the pinpad answers"
        yield Raised(f"{key}/pinpad_unknown", "pinpad_unknown", "critical", text, after=AWAY_AFTER)


def of_prro(state: PrroState, now: float) -> Iterator[Raised]:
    """A software register that makes nothing more, or soon will not: offline work is counted in hours. A shift that
    was not closed on its day is a fault of its own, whatever the register does."""
    key = f"prro/{state.id}"
    if state.shift_opened_at is not None and now >= midnight_after(state.shift_opened_at):
        opened = datetime.fromtimestamp(state.shift_opened_at, kyiv())
        text = f"the shift of {opened:%Y-%m-%d} is still open{f': {state.reason}' if state.reason else ''}"
        yield Raised(f"{key}/prro_shift_open", "prro_shift_open", "critical", text)
    if state.condition == "blocked":
        text = state.reason or "the register awaits a person's decision"
        yield Raised(f"{key}/prro_blocked", "prro_blocked", "critical", text)
    elif state.condition == "settling":
        text = state.reason or "a document's outcome is not known"
        yield Raised(f"{key}/prro_unknown", "prro_unknown", "critical", text, after=AWAY_AFTER)
    elif state.warning is not None:
        due_at = None if state.offline_left is None else now + state.offline_left
        yield Raised(f"{key}/prro_offline_ends", "prro_offline_ends", "critical", state.warning, due_at=due_at)
    elif state.condition == "offline":
        text = state.reason or "it works offline"
        yield Raised(f"{key}/prro_offline", "prro_offline", "warning", text, after=AWAY_AFTER)


def of_agent(state: AgentState) -> Iterator[Raised]:
    """An agent that signs nothing, or soon will not. One that is locked and holds no key is missed by nobody."""
    key = f"agent/{state.name}"
    text = state.reason or "it signs nothing"
    if state.condition == "locked" and state.keys:
        yield Raised(f"{key}/agent_locked", "agent_locked", "critical", text)
    elif state.condition in ("away", "late", "refused"):
        yield Raised(f"{key}/agent_away", "agent_away", "critical", text, after=AWAY_AFTER)
    for warning in state.warnings:
        if "licence" in warning:
            yield Raised(f"{key}/agent_licence", "agent_licence", "warning", warning)


def of_key(state: KeyState) -> Iterator[Raised]:
    """A key with which nothing is signed any more, or soon will not be. What ails its agent, that one tells."""
    key, text = f"key/{state.key}", "; ".join(state.warnings) or f"the key of {state.owner} is not good"
    if state.state == "over":
        yield Raised(f"{key}/key_expired", "key_expired", "critical", f"{state.owner}: {text}")
    elif state.state in ("no-agreement", "agreement-over", "not-yet"):
        yield Raised(f"{key}/key_unusable", "key_unusable", "critical", f"{state.owner}: {text}")
    elif state.state == "ending":
        ends = state.valid_to.timestamp()
        yield Raised(f"{key}/key_expires", "key_expires", "warning", f"{state.owner}: {text}", due_at=ends)


def of_billing(state: BillingLive, now: float) -> Iterator[Raised]:
    """A billing that does not answer, or whose payments wait for too long: somebody has paid and has nothing."""
    key = f"billing/{state.name}"
    waiting = f"{state.backlog} payments wait for it"
    if not state.is_active:
        return
    if state.state != "closed":  # half-open it is tried again: it is not back yet
        text = f"{state.last or 'it does not answer'}; {waiting}"
        yield Raised(f"{key}/billing_away", "billing_away", "critical", text, after=AWAY_AFTER)
    elif state.backlog and state.oldest_at is not None and now - state.oldest_at >= QUEUE_OLD:
        text = f"{waiting}, the oldest for {(now - state.oldest_at) / 60:.0f} min"
        yield Raised(f"{key}/billing_backlog", "billing_backlog", "warning", text)


def of_site(state: SiteState) -> Iterator[Raised]:
    """A local server that does not dial in: nothing here is live of what stands there."""
    if state.condition == "away":
        text = f"site {state.name} is away; {state.owed} receipts wait for it"
        yield Raised(f"site/{state.name}/site_away", "site_away", "critical", text, after=AWAY_AFTER)


def of_journal(reason: str | None) -> Iterator[Raised]:
    """Nothing can be made durable, so nothing is accepted."""
    if reason is not None:
        yield Raised("service/journal_unavailable", "journal_unavailable", "critical", reason)
