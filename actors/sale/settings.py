"""What an operator may set about sales. Times are seconds."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]


class SaleSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Defaults suit a till with a person in front of it.

    * ``charge_seconds`` is how long pinpad and register are kept while the customer pays.
    * ``hold_seconds`` is how long the pinpad is kept for the receipt once the card was charged: an emergency void works
      for the last operation alone. After that the sale is *pending*, and only its receipt is still being made.
    * ``patience`` is how long after a sale was accepted, or was about to charge, its card may still be asked for: later
      another customer stands there.
    * ``look_seconds`` is how often an outcome is looked at that nobody tells.
    * ``void_pause`` and ``void_tries`` bound how long an unreachable pinpad is asked to take a payment back.
    """

    charge_seconds: Positive = 300.0
    hold_seconds: Positive = 60.0
    patience: Positive = 120.0
    look_seconds: Positive = 2.0
    void_pause: Positive = 15.0
    void_tries: Annotated[int, Meta(ge=1)] = 40
