"""How a software register behaves; all times in seconds."""

from msgspec import Struct

from transports.prro.chain import ChainRules
from transports.prro.limits import OfflineLimits


class PrroSettings(Struct, frozen=True):
    """* ``close_before``: a shift closes by itself that long before midnight in Kyiv, None: never.
    * ``close_spread``: registers scatter over that long before it, each at its own moment, so that thousands of them do
      not arrive in one second.
    * ``offline``: go offline by itself when the tax service is away.
    * ``reissue``: a sale whose answer was lost is made again offline, and the lost one revoked on return. Without it
      the sale stays unknown until the tax service answers, and what comes after it is made offline.
    * ``tick``: how often the link, the limits and the time of day are looked at.
    """

    close_before: float | None = 900.0
    close_spread: float = 600.0
    offline: bool = True
    reissue: bool = True
    tick: float = 30.0
    limits: OfflineLimits = OfflineLimits()
    chain: ChainRules = ChainRules()
