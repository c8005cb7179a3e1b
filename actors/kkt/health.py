"""What a person should know about a register before it becomes a stop: pure functions of what was read.

Levels follow what the fiscal storage itself says (flags of the FN), the law (24 h shift, 30 days of unsent documents)
and settings. The codes are stable words for alerts; the texts are for reading.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from actors.kkt.settings import KktSettings
from schemas.kkt import Concern, DeviceStatus, FnStatus, Identity, KktState, Level, OfdStatus

PRINTER = {
    1: "printer not connected",
    2: "no paper",
    3: "paper jam",
    4: "printer cover open",
    5: "printer cover open",
    6: "cutter fault",
    7: "printer hardware fault",
}
"""Printer status bytes in words."""

FN_FLAGS: tuple[tuple[int, str, Level, str], ...] = (
    (0x01, "fn_expires_3_days", "critical", "the FN's key expires within 3 days"),
    (0x02, "fn_expires_30_days", "warning", "the FN's key expires within 30 days"),
    (0x04, "fn_archive_90", "warning", "the FN's archive is 90 % full"),
    (0x08, "ofd_overdue", "warning", "the OFD has not answered in time"),
    (0x80, "fn_critical", "critical", "the FN reports a critical fault"),
)
"""Bit, code, level, text of the FN's warning flags."""

FISCAL_PHASE = 3

UNSENT_WARNING = timedelta(days=2)
UNSENT_CRITICAL = timedelta(days=25)
"""The FN stops when its first unsent document is 30 days old."""

_RANK = {"ok": 0, "warning": 1, "critical": 2}


def worst(concerns: tuple[Concern, ...]) -> Level:
    """The level of a register is that of its worst concern."""
    return max((concern.level for concern in concerns), key=_RANK.__getitem__, default="ok")


def concerns(
    state: KktState, circuit_inn: str, now: datetime, settings: KktSettings, foreign: int = 0
) -> tuple[Concern, ...]:
    """Everything worth telling about this state; ``now`` is the register's local wall-clock time (no zone).

    ``foreign`` counts documents in the FN that kassanet did not cause.
    """
    found: list[Concern] = []
    if foreign:
        found.append(Concern("foreign_writer", "critical", f"{foreign} documents were made by somebody else"))
    if state.condition == "settling":
        found.append(Concern("unknown_receipt", "critical", state.reason or "a document's outcome is unknown"))
    if state.fn is not None:
        found.extend(_fn(state.fn))
    if state.device is not None:
        found.extend(_device(state.device, now, settings))
    if state.ofd is not None:
        found.extend(_ofd(state.ofd, now))
    if state.identity is not None:
        found.extend(_identity(state.identity, circuit_inn))
    if state.fn_expires is not None:
        found.extend(_validity(state.fn_expires, now))
    return tuple(found)


def _fn(fn: FnStatus) -> Iterator[Concern]:
    if fn.phase != FISCAL_PHASE:
        yield Concern("fn_phase", "critical", f"the FN is in phase {fn.phase}, not fiscal ({FISCAL_PHASE})")
    for bit, code, level, text in FN_FLAGS:
        if fn.flags & bit:
            yield Concern(code, level, text)


def _device(device: DeviceStatus, now: datetime, settings: KktSettings) -> Iterator[Concern]:
    if device.fatal_error:
        yield Concern("fatal_error", "critical", "the register reports a fatal error")
    if not device.fn_present:
        yield Concern("fn_missing", "critical", "no FN in the register")
    if device.printer:
        text = PRINTER.get(device.printer, f"printer status {device.printer}")
        yield Concern("printer", "warning", text)
    if device.clock is not None:
        drift = (device.clock - now).total_seconds()
        if abs(drift) > settings.clock_drift_warning:
            yield Concern("clock_drift", "warning", f"the register's clock is off by {drift / 60:+.0f} min")


def _ofd(ofd: OfdStatus, now: datetime) -> Iterator[Concern]:
    if not ofd.unsent or ofd.first_at is None:
        return
    age = now - ofd.first_at
    if age >= UNSENT_WARNING:
        level: Level = "critical" if age >= UNSENT_CRITICAL else "warning"
        yield Concern("ofd_silent", level, f"{ofd.unsent} documents unsent, the first for {age.days} days")


def _identity(identity: Identity, circuit_inn: str) -> Iterator[Concern]:
    if identity.inn != circuit_inn:
        text = f"registered for INN {identity.inn}, the circuit is of {circuit_inn}"
        yield Concern("other_inn", "warning", text)


def _validity(expires: datetime, now: datetime) -> Iterator[Concern]:
    left = (expires - now).days
    if left <= 30:
        yield Concern("fn_expires", "critical" if left <= 3 else "warning", f"the FN expires in {left} days")


def unfit(state: KktState) -> str | None:
    """Why this register cannot make documents at all, read at every connection; ``None`` when it can."""
    fn, device = state.fn, state.device
    if device is not None and not device.fn_present:
        return "no FN in the register"
    if fn is not None and fn.phase != FISCAL_PHASE:
        return f"the FN is in phase {fn.phase}, not fiscal ({FISCAL_PHASE})"
    if device is not None and device.fatal_error:
        return "the register reports a fatal error"
    if state.condition == "out_of_rotation" and device is not None and device.printer:
        # A register that works without its printer never gets here: only a refusal puts it out of rotation.
        return PRINTER.get(device.printer, f"printer status {device.printer}")
    return None
