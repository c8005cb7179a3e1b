"""What a bench says: one figure, its floor, and the ratio between them."""

from typing import Any, Literal

import msgspec

Direction = Literal["rate", "cost"]


class Result(msgspec.Struct, kw_only=True):
    """``value`` and ``floor`` in the same unit. ``cost`` is a time or a size: less is better.

    ``target`` is the least ratio that is good enough, ``limits`` further bounds by name: (measured, bound), measured
    must not exceed the bound. ``details`` are whatever helps to read the figure.
    """

    name: str
    value: float
    unit: str
    floor: float
    direction: Direction = "rate"
    target: float | None = None
    limits: dict[str, tuple[float, float]] = {}
    details: dict[str, Any] = {}

    @property
    def ratio(self) -> float:
        """Nearer to 1 is better, for rates and for costs."""
        return self.value / self.floor if self.direction == "rate" else self.floor / self.value

    @property
    def missed(self) -> list[str]:
        """Which targets were missed, in words."""
        missed = [
            f"{name} is {measured:g}, not ≤ {bound:g}"
            for name, (measured, bound) in self.limits.items()
            if measured > bound
        ]
        if self.target is not None and self.ratio < self.target:
            missed.append(f"ratio is {self.ratio:.2f}, not ≥ {self.target:g}")
        return missed

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": rounded(self.value),
            "unit": self.unit,
            "floor": rounded(self.floor),
            "ratio": round(self.ratio, 3),
            "target": self.target,
            "limits": {name: [rounded(measured), bound] for name, (measured, bound) in self.limits.items()},
            "missed": self.missed,
            **self.details,
        }


class NotReal(Exception):
    """What ran was not the thing to be measured (a fallback, a stub): the figure would be a lie."""


def rounded(value: float) -> float:
    """Four figures are more than these machines can repeat."""
    return float(f"{value:.4g}")
