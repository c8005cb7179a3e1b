"""Who may see which pinpad: those of his organisation; a pinpad of none is for who sees every organisation."""

from kassanet.edge.auth import Access
from kassanet.fleet import Fleet
from kassanet.pinpads import Pinpads
from schemas.pinpad_records import StoredPinpad
from schemas.problems import problem


def organisation_of(access: Access, fleet: Fleet) -> str | None:
    """The INN that limits this token, through its circuit where it has one; None sees everything."""
    if access.circuit_id is not None:
        return fleet.circuit(access.circuit_id).inn
    return access.inn


def sees_pinpad(inn: str | None, row: StoredPinpad) -> bool:
    return inn is None or row.spec.inn == inn


def visible_pinpad(access: Access, fleet: Fleet, pinpads: Pinpads, pinpad_id: int) -> StoredPinpad:
    """Raises 404, as for one that does not exist."""
    row = pinpads.row(pinpad_id)
    if not sees_pinpad(organisation_of(access, fleet), row):
        raise problem(404, "not-found", f"There is no pinpad {pinpad_id}.")
    return row
