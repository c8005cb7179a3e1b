"""What is said to the actor of sales."""

from msgspec import Struct

from schemas.messages import Request


class BeginSale(Struct, frozen=True):
    """A sale is on disk: see it through."""

    sale_id: int


class TakeBack(Request[None], frozen=True):
    """Take the sale back; answered once that is on disk, and what comes of it is seen from the sale.

    Conflict ``too_late`` when a register has the receipt, ``status`` when nothing is on its way any more.
    """

    sale_id: int
    by: str


class AwaitSale(Request[None], frozen=True):
    """Answered when the sale is not on its way any more."""

    sale_id: int


class LookAtSale(Struct, frozen=True):
    """Its row was changed by a person."""

    sale_id: int
