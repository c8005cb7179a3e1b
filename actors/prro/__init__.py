"""One software register of the Ukrainian tax service: the only one who gives out its local numbers."""

from actors.prro.actor import Prro
from actors.prro.desk import Hand, PrroDesk
from actors.prro.settings import PrroSettings

__all__ = ["Hand", "Prro", "PrroDesk", "PrroSettings"]
