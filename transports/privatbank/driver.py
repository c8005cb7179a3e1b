"""What this type of pinpad can do, before any is asked."""

from collections.abc import Sequence
from typing import get_args

from schemas.operations import OperationKind
from schemas.problems import FieldError
from transports.link import Dialer
from transports.pinpad import Abilities, NotConfigured, Order, Pinpad, Place
from transports.privatbank.client import PrivatBankPinpad
from transports.privatbank.composing import ABSENT, OriginalUnknown, compose, method_of
from transports.privatbank.profile import Profile

_MOST = 999_999_999_999
"""Kopecks: ten digits before the point."""


class PrivatBankDriver:
    """Implements :class:`transports.pinpad.PinpadDriver` under one profile."""

    def __init__(self, profile: Profile | None = None) -> None:
        self._profile = profile or Profile()

    @property
    def currency(self) -> str:
        """The only one that its terminals know (ISO 4217 numeric)."""
        return self._profile.currency

    @property
    def abilities(self) -> Abilities:
        kinds: tuple[OperationKind, ...] = get_args(OperationKind)
        return Abilities(
            missing={kind: key for kind in kinds if (key := self._missing(kind)) is not None},
            absent=ABSENT,
            partial_void=self._profile.partial_void,
            partial_refund=self._profile.partial_refund,
        )

    def _missing(self, kind: OperationKind) -> str | None:
        if kind in ABSENT:
            return None
        try:
            method_of(kind, self._profile)
        except NotConfigured as gap:
            return gap.key
        return None

    def objections(self, order: Order) -> Sequence[FieldError]:
        if order.amount is not None and not 1 <= order.amount <= _MOST:
            return [FieldError("amount", "out of range", f"1…{_MOST} kopecks")]
        if order.amount is not None and order.currency != self._profile.currency:
            return [FieldError("currency", "not known to this terminal", self._profile.currency)]
        try:
            compose(order, self._profile)
        except (NotConfigured, OriginalUnknown):
            return []  # the profile is no matter of the order, and an original may be named by an operation of ours
        except ValueError as error:
            return [FieldError("kind", str(error), "what this terminal can carry")]
        return []

    def pinpad(self, dialer: Dialer, place: Place) -> Pinpad:
        return PrivatBankPinpad(dialer, place, self._profile)
