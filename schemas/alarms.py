"""Alarms: what needs a person now, how urgent it is, and who has taken it on."""

from typing import Literal

from msgspec import Struct

from schemas.messages import Request

AlarmLevel = Literal["warning", "critical"]


class Acknowledgement(Struct, frozen=True):
    """Somebody has seen it. It holds for this ``level`` and below: an alarm that gets worse rings again."""

    by: str
    at: float
    level: AlarmLevel
    note: str | None = None


class Raised(Struct, frozen=True, omit_defaults=True):
    """A reason for an alarm, as a rule found it.

    ``key`` names it for as long as it lasts: ``kkt/10.0.0.1:7777/unreachable``. ``code`` is a stable word, ``text`` is
    for reading. ``circuit_id`` decides who may see it, None is for those who see everything. ``due_at`` (UNIX time) is
    when it will stop something. It is an alarm once it has lasted ``after`` seconds.
    """

    key: str
    code: str
    level: AlarmLevel
    text: str
    circuit_id: int | None = None
    kkt: str | None = None
    receipt_id: int | None = None
    due_at: float | None = None
    after: float = 0.0


class Alarm(Struct, frozen=True, omit_defaults=True):
    """An alarm as it is shown; ``since`` is UNIX time. Without ``acknowledged`` nobody has taken it on."""

    key: str
    code: str
    level: AlarmLevel
    text: str
    since: float
    circuit_id: int | None = None
    kkt: str | None = None
    receipt_id: int | None = None
    due_at: float | None = None
    acknowledged: Acknowledgement | None = None


class AcknowledgeAlarm(Request[Alarm], frozen=True):
    """To the alarms' actor: answered with the alarm once the acknowledgement is durable."""

    key: str
    by: str
    note: str | None
