"""What an operator may set about every register. Times are seconds."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]


class KktSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Defaults suit a rack of registers on a local network.

    A poll reads the FN and the OFD queue; every ``health_interval`` it reads everything else too.

    ``shift_max_age`` less up to ``shift_spread`` is when a shift closes by itself: the registers of a rack differ
    by their FN, so they never close all at once. ``shift_close_at`` (``HH:MM``, the registers' local time) closes it
    at a set time instead, spread over the same span after it.
    """

    poll_interval: Positive = 10.0
    health_interval: Positive = 60.0
    reconnect_first: Positive = 1.0
    reconnect_limit: Positive = 30.0
    settle_after: Annotated[float, Meta(ge=0)] = 25.0
    shift_max_age: Annotated[float, Meta(gt=0, le=86_400)] = 23.5 * 3600
    shift_spread: Annotated[float, Meta(ge=0, le=86_400)] = 3600.0
    shift_close_at: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    transient_retries: Annotated[int, Meta(ge=0, le=100)] = 3
    transient_pause: Positive = 0.5
    recheck_interval: Positive = 10.0
    recheck_limit: Positive = 300.0
    clock_drift_warning: Positive = 180.0
    utc_offset: Annotated[float, Meta(ge=-12, le=14)] = 3.0
    cashier: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    mark: bool = True
