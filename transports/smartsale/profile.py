"""What differs between terminals, banks and firmwares, or is only supposed of them: one profile for each kind.

A profile is data (TOML, see ``default.toml`` for every key); the codes that no source confirms are set by whoever has
them from his bank, and until then the operation answers that it is not configured.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field

from schemas.operations import FINANCIAL, OperationKind, Stage
from schemas.problems import FieldError
from transports.smartsale.settings import HostLink, Seconds, Timers
from transports.smartsale.templates import Template, parse_template

Variant = Literal[
    "payment",
    "void",
    "refund",
    "unreferenced_refund",
    "settlement",
    "full_report",
    "short_report",
    "receipt_copy",
    "receipt_copy_by_number",
    "connection_check",
    "emergency_void",
    "preauthorisation",
    "incremental_preauthorisation",
    "completion",
    "top_up",
    "cash_withdrawal",
    "balance",
    "card_data",
]
"""The fifteen operations, and those ways of asking for one that have a code or fields of their own."""

VARIANTS: tuple[Variant, ...] = get_args(Variant)
KINDS: tuple[OperationKind, ...] = get_args(OperationKind)
Proof = Literal["status", "result", "slip"]
Pattern = Annotated[str, Meta(min_length=1, max_length=1024)]
FieldNumber = Annotated[str, Meta(pattern=r"^[0-9]{1,3}\Z")]
OPERATION_FIELD = 25


class OperationProfile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one operation is asked for and what proves it.

    * ``code`` is field 25; none means that this terminal cannot be asked.
    * ``fields`` by number: words of :mod:`transports.smartsale.templates`, or fixed text. Empty leaves it out.
    * ``proof``: what a success is known by. ``status`` is field 39 = 1 and the only one for what moves money; reports
      may have ``result`` (field 67 = 0) or ``slip`` (that field 90 came at all).
    * ``limit`` and ``idle``: the operation's own hard limit and idle time in seconds.
    * ``repeats_request``: an emergency void is the original request with another code, where we have it.
    """

    code: Annotated[int, Meta(ge=0, le=999)] | None = None
    fields: dict[FieldNumber, Annotated[str, Meta(max_length=255)]] = {}
    proof: Proof = "status"
    limit: Seconds | None = None
    idle: Seconds | None = None
    repeats_request: bool = False

    @property
    def templates(self) -> tuple[Template, ...]:
        """In ascending order, as the maker's library writes them; raises ValueError for one that is none."""
        return tuple(parse_template(number, text) for number, text in sorted(self._texts()) if text)

    def _texts(self) -> Iterator[tuple[int, str]]:
        return ((int(number), text) for number, text in self.fields.items())


class SlipWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the last operation is read from its slip: regular expressions over whole texts, letters' case ignored.

    No document says what a slip looks like. One whose pattern is empty is not read; one that finds two different values
    is not believed. ``at`` has the groups year, month, day, hour, minute and perhaps second; the others have one group,
    but ``approved``, ``refused`` and ``kinds`` only have to be found.
    """

    amount: str = ""
    number: str = ""
    rrn: str = ""
    auth_code: str = ""
    at: str = ""
    approved: str = ""
    refused: str = ""
    kinds: dict[OperationKind, Pattern] = {}


class TerminalProfile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of terminal.

    * ``partial_void`` and ``partial_refund``: not every bank allows them.
    * ``offline``: what status 17 counts as. ``manual`` leaves it to the pinpad's own setting.
    * ``void_zero_text``: some firmware answers an approved void with status 0. Such an answer counts as approved when
      this expression is found in its text (field 19); empty: never.
    * ``currency_codes``: what a currency is called here where that is not its ISO number (``{"643": "810"}``).
    * ``needs_ack``: a result before any ACK of the request is not ours. All that is known says that pinpads send one.
    * ``checks_number``: an answer that brings another field 26 than the request had is not ours.
    * ``dialog_result``: field 67 of the answer to a dialog (operation 52).
    * ``balance_field``: where the answer to a balance inquiry has the amount.
    * ``copy_status``: what field 39 of a receipt copy tells of, the ``operation`` copied or only the ``copy`` itself.
    * ``no_copy_status``: field 39 by which the terminal says that it has no last operation.
    * ``stages``: expressions by which a dialog's text shows whom the pinpad waits for.
    """

    partial_void: bool = False
    partial_refund: bool = False
    offline: Literal["manual", "approved", "refused"] = "manual"
    void_zero_text: str = ""
    currency_codes: dict[
        Annotated[str, Meta(pattern=r"^[0-9]{3}\Z")], Annotated[str, Meta(pattern=r"^[0-9]{1,3}\Z")]
    ] = {}
    needs_ack: bool = True
    checks_number: bool = True
    dialog_result: Annotated[int, Meta(ge=0, le=99)] = 3
    balance_field: Annotated[int, Meta(ge=0, le=255)] = 0
    copy_status: Literal["operation", "copy"] = "copy"
    no_copy_status: Annotated[int, Meta(ge=0, le=999)] | None = None
    timers: Timers = Timers()
    host: HostLink = HostLink()
    slip: SlipWords = SlipWords()
    stages: dict[Stage, Pattern] = {}
    operations: dict[Variant, OperationProfile] = field(default_factory=dict)

    def operation(self, variant: Variant) -> OperationProfile:
        """An operation that the profile does not mention has no code."""
        return self.operations.get(variant, OperationProfile())

    def limit(self, variant: Variant) -> float:
        """Seconds after which the operation is given up, whatever the pinpad sends."""
        return self.operation(variant).limit or self.timers.hard


def code_key(variant: Variant) -> str:
    """How the profile's key for the code of an operation is called."""
    return f"operations.{variant}.code"


def mistakes(profile: TerminalProfile) -> Iterator[FieldError]:
    """What types alone do not show: words, fields and expressions that cannot work."""
    for variant, operation in profile.operations.items():
        yield from _operation_mistakes(f"operations.{variant}", variant, operation)
    patterns = {f"slip.{name}": getattr(profile.slip, name) for name in ("amount", "number", "rrn", "auth_code")}
    for path, pattern in patterns.items():
        yield from _pattern_mistakes(path, pattern, groups=1)
    for path, pattern in _searched(profile):
        yield from _pattern_mistakes(path, pattern)
    yield from _moment_mistakes(profile.slip.at)


def _operation_mistakes(path: str, variant: Variant, operation: OperationProfile) -> Iterator[FieldError]:
    if variant in FINANCIAL | {"unreferenced_refund", "incremental_preauthorisation"} and operation.proof != "status":
        yield FieldError(f"{path}.proof", "money is moved by nothing but status 1", "status")
    for number, text in operation.fields.items():
        where = f"{path}.fields.{number}"
        if int(number) == OPERATION_FIELD or int(number) > 255:
            yield FieldError(where, "cannot be set", "a field's number up to 255, but 25, which is the code")
            continue
        try:
            if text:
                parse_template(int(number), text)
        except ValueError as error:
            yield FieldError(where, str(error), "text that the field can carry, or a word")


def _searched(profile: TerminalProfile) -> Iterator[tuple[str, str]]:
    yield "void_zero_text", profile.void_zero_text
    yield "slip.approved", profile.slip.approved
    yield "slip.refused", profile.slip.refused
    yield from ((f"slip.kinds.{kind}", pattern) for kind, pattern in profile.slip.kinds.items())
    yield from ((f"stages.{stage}", pattern) for stage, pattern in profile.stages.items())


def _pattern_mistakes(path: str, pattern: str, groups: int | None = None) -> Iterator[FieldError]:
    try:
        found = re.compile(pattern)
    except re.error as error:
        yield FieldError(path, f"is no regular expression: {error}", "a regular expression")
        return
    if groups is not None and pattern and found.groups != groups:
        yield FieldError(path, f"has {found.groups} groups", f"a regular expression with {groups} group")


def _moment_mistakes(pattern: str) -> Iterator[FieldError]:
    found = list(_pattern_mistakes("slip.at", pattern))
    if found or not pattern:
        yield from found
        return
    missing = {"year", "month", "day", "hour", "minute"} - set(re.compile(pattern).groupindex)
    if missing:
        yield FieldError("slip.at", f"lacks the groups {', '.join(sorted(missing))}", "groups (?P<year>…) and so on")
