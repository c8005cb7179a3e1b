"""One pinpad: who asks it, one operation at a time, and the only one who decides what became of a payment."""

from actors.pinpad.actor import Pinpad
from actors.pinpad.desk import Desk
from actors.pinpad.settings import PinpadSettings

__all__ = ["Desk", "Pinpad", "PinpadSettings"]
