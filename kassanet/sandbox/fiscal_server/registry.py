"""Who is registered with the simulated tax service: entities, their units, registers and cashiers.

A file ``registry.json`` in the state directory, written on the first start and read on every other, so that a person
may edit it in between.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from kassanet.sandbox.fiscal_server.seals import Signatory
from schemas.prro_values import Tin

FILE = "registry.json"
FIRST_REGISTER = 4_000_000_001
TEST_TIN = "40000001"  # the company of `kassanet sandbox keys`


class RegisterEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """``closed``: registration cancelled. ``broken``: form 2-ПРРО says it is faulty, so nothing is taken from it."""

    num_fiscal: int
    num_local: int
    name: str = ""
    offline: bool = True
    closed: bool = False
    broken: bool = False


class OperatorEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A cashier by the key's identifier (64 hexadecimal digits)."""

    key_id: str
    tin: str = ""
    chief: bool = False


class Unit(Struct, frozen=True, forbid_unknown_fields=True):
    """A business unit. Without ``operators`` everybody whose signature holds may work with it."""

    tin: Tin
    name: str
    registers: tuple[RegisterEntry, ...]
    operators: tuple[OperatorEntry, ...] = ()
    org_name: str = ""
    address: str = ""
    ipn: str | None = None
    single_tax: bool = False
    entity: int = 1


class Place(NamedTuple):
    """A register and the unit it stands in."""

    unit: Unit
    register: RegisterEntry


class Registry:
    """All of it, by fiscal number."""

    def __init__(self, units: tuple[Unit, ...]) -> None:
        self.units = units
        self._places = {entry.num_fiscal: Place(unit, entry) for unit in units for entry in unit.registers}

    def __iter__(self) -> Iterator[Place]:
        return iter(self._places.values())

    def find(self, num_fiscal: int) -> Place | None:
        return self._places.get(num_fiscal)

    @classmethod
    def load(cls, folder: Path, count: int = 8, tin: str = TEST_TIN) -> "Registry":
        """Read the directory's registry, or make one of ``count`` registers. Raises ``ValueError`` naming the file."""
        path = folder / FILE
        if not path.exists():
            made = cls((default_unit(count, tin),))
            path.write_bytes(msgspec.json.format(msgspec.json.encode(made.units)) + b"\n")
            return made
        try:
            return cls(msgspec.json.decode(path.read_bytes(), type=tuple[Unit, ...]))
        except msgspec.DecodeError as error:
            raise ValueError(f"{path}: {error}") from None


def default_unit(count: int, tin: str = TEST_TIN) -> Unit:
    """A shop with registers 4000000001 and up."""
    registers = tuple(RegisterEntry(FIRST_REGISTER + place, place + 1, f"Каса {place + 1}") for place in range(count))
    where = "м. Київ, вул. Тестова, 1"
    return Unit(tin, "Магазин", registers, org_name="ТОВ «Тест»", address=where, ipn="400000012345")


def operator_of(unit: Unit, signatory: Signatory) -> OperatorEntry | None:
    """The cashier who signed; None when the unit does not know them. A chief cashier may do what cashiers may not."""
    if not unit.operators:
        return OperatorEntry(signatory.key_id, next(iter(signatory.tins), ""))
    wanted = signatory.key_id.lower()
    return next((operator for operator in unit.operators if operator.key_id.lower() == wanted), None)
