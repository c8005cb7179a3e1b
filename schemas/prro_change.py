"""What may be changed of a software register that exists: who signs, who stands on its documents, what these say.

Whose register it is and its numbers are not among it: with another fiscal number it is another register.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict, replace

from schemas.messages import Request
from schemas.prro import Desk, TaxRate
from schemas.prro_records import StoredPrro
from schemas.prro_shown import CashierName, KeyId
from schemas.prro_values import Ipn

_Name = Annotated[str, Meta(min_length=1, max_length=256)]


class DeskChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays; null takes away what need not be."""

    org_name: _Name | UnsetType = UNSET
    point_name: _Name | UnsetType = UNSET
    point_address: Annotated[str, Meta(max_length=256)] | UnsetType | None = UNSET
    ipn: Ipn | UnsetType | None = UNSET
    taxes: tuple[TaxRate, ...] | UnsetType = UNSET


class PrroChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays. ``key_id`` is ``AGENT/KEY``; a ``cashier`` of null: documents name none."""

    key_id: KeyId | UnsetType = UNSET
    cashier: CashierName | UnsetType | None = UNSET
    desk: DeskChange | UnsetType = UNSET

    def of(self, row: StoredPrro) -> StoredPrro:
        """The register as it is to be."""
        said = {name: value for name, value in asdict(self).items() if value is not UNSET}
        desk = said.pop("desk", None)
        return replace(row, desk=row.desk if desk is None else _changed(row.desk, desk), **said)


class Change(Request[None], frozen=True):
    """Said to a register: on disk first, and from then on its documents are made so.

    ``subject`` is the new key's id in its certificate, by which the tax service knows who opened a shift. Raises
    Conflict: ``prro_busy`` (not now; the text says what to do first), ``key_refused`` (the tax service does not let the
    key work there); :class:`~schemas.prro_commands.NotSigned` with the new key's agent's words,
    :class:`~schemas.prro_commands.OutOfService` when the tax service cannot be asked. Then nothing was changed.
    """

    change: PrroChange
    subject: str | None = None


def _changed(desk: Desk, change: DeskChange) -> Desk:
    return replace(desk, **{name: value for name, value in asdict(change).items() if value is not UNSET})
