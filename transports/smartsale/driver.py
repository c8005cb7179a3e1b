"""The device type under one profile: what is known of such pinpads before one is asked, and how one is driven."""

from collections.abc import Sequence

from schemas.problems import FieldError
from transports.link import Dialer
from transports.pinpad import Abilities, Order, Place
from transports.smartsale.client import SmartSale
from transports.smartsale.profile import KINDS, TerminalProfile, code_key
from transports.smartsale.profiles import default_profile
from transports.smartsale.relay import Dial, dial_host
from transports.smartsale.requests import objections


class SmartSaleDriver:
    """Implements :class:`transports.pinpad.PinpadDriver`."""

    def __init__(self, profile: TerminalProfile | None = None, dial: Dial = dial_host) -> None:
        self._profile = profile or default_profile()
        self._dial = dial

    @property
    def profile(self) -> TerminalProfile:
        """The codes and fields by which its pinpads are asked."""
        return self._profile

    @property
    def abilities(self) -> Abilities:
        """The protocol knows all kinds; which of them this terminal can be asked for is the profile's to say."""
        missing = {kind: code_key(kind) for kind in KINDS if self._profile.operation(kind).code is None}
        profile = self._profile
        return Abilities(missing=missing, partial_void=profile.partial_void, partial_refund=profile.partial_refund)

    def objections(self, order: Order) -> Sequence[FieldError]:
        """Why this profile can never carry the order, with the wrong field named; empty when it can."""
        return tuple(objections(order, self._profile))

    def pinpad(self, dialer: Dialer, place: Place) -> SmartSale:
        """A pinpad of this type behind ``dialer``."""
        return SmartSale(dialer, place, self._profile, self._dial)
