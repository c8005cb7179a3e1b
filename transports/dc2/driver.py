"""The device type under one terminal profile: what SmartSale's is, but for how it is reached."""

from collections.abc import Sequence

from schemas.problems import FieldError
from transports.dc2.client import Dc2Pinpad
from transports.dc2.settings import Dc2Settings
from transports.link import Dialer
from transports.pinpad import Abilities, Order, Place
from transports.smartsale.driver import SmartSaleDriver
from transports.smartsale.profile import TerminalProfile
from transports.smartsale.profiles import default_profile


class Dc2Driver:
    """Implements :class:`transports.pinpad.PinpadDriver`."""

    def __init__(self, profile: TerminalProfile | None = None, settings: Dc2Settings | None = None) -> None:
        self._profile = profile or default_profile()
        self._settings = settings or Dc2Settings()
        self._terminal = SmartSaleDriver(self._profile)

    @property
    def profile(self) -> TerminalProfile:
        return self._profile

    @property
    def abilities(self) -> Abilities:
        return self._terminal.abilities

    def objections(self, order: Order) -> Sequence[FieldError]:
        return self._terminal.objections(order)

    def pinpad(self, dialer: Dialer, place: Place) -> Dc2Pinpad:
        """A pinpad that the service behind ``dialer`` drives for us."""
        return Dc2Pinpad(dialer, place, self._profile, self._settings)
