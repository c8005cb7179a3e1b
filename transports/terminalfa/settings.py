"""What differs between registers that speak this protocol, or is only inferred about them: all of it can be set."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from schemas.receipts import Vat
from transports.terminalfa.values import Padded, Text

Seconds = Annotated[float, Meta(gt=0)]

# Codes 1…6 of tag 1199 are the maker's; the later rates (5, 7, 22 % …) stand in no document of this register.
_VAT: dict[Vat, int] = {"vat20": 1, "vat10": 2, "vat120": 3, "vat110": 4, "vat0": 5, "none": 6}


class TerminalFaSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a device type.

    * ``ffd`` ``"1.2"`` passes items with ``96`` instead of ``2B``: an inference, known from one driver of one firmware.
    * ``vat`` maps rates to codes of tag 1199; what is not in it cannot be printed. Newer firmware may know more.
    * ``connect_timeout`` bounds connecting, ``answer_limit`` everything after it (the maker: up to 20 s), in seconds.
    * ``quiet`` is how long a serial line must be silent before it is trusted again after a time-out, in seconds.
    * ``cashier`` and ``cashier_inn`` are passed where a command names none. In automatic mode none is needed.
    * ``print_shifts`` false keeps the reports of opening and closing off the paper.
    * ``basis_name`` and ``basis_number`` fill tags 1177 and 1179 of corrections: captured frames have both, also for
      corrections by own decision, which have no number; whether the register insists is not documented.
    """

    ffd: Literal["1.05", "1.2"] = "1.05"
    vat: dict[Vat, Annotated[int, Meta(ge=1, le=255)]] = field(default_factory=lambda: dict(_VAT))
    connect_timeout: Seconds = 3.0
    answer_limit: Seconds = 20.0
    quiet: Seconds = 0.5
    cashier: str | None = None
    cashier_inn: str | None = None
    print_shifts: bool = True
    basis_name: str = "Корректировка расчетов"
    basis_number: str = "б/н"

    def __post_init__(self) -> None:
        """Raises ValueError for a text that no register of this type could take."""
        Text(255).encode(self.basis_name)
        Text(32).encode(self.basis_number)
        Text(64).encode(self.cashier or "")
        Padded(12).encode(self.cashier_inn or "")
