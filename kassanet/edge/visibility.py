"""Who may touch what: the checks that stand first in every route. What one may not see does not exist (404)."""

from typing import Literal

from kassanet.edge.application import current_access
from kassanet.edge.auth import Access
from kassanet.fleet import Fleet
from schemas.rows import StoredCircuit, StoredKkt

PersonRole = Literal["viewer", "operator", "admin"]


def allowed(role: PersonRole, *, integrations: bool = False) -> Access:
    """The asker, if of this role or above; raises 401 or 403."""
    access = current_access()
    access.require(role, integrations=integrations)
    return access


def visible_kkt(access: Access, fleet: Fleet, eip: str) -> StoredKkt:
    row = fleet.kkt(eip)
    access.check_sees(fleet.circuit(row.circuit_id).inn, row.circuit_id)
    return row


def visible_circuit(access: Access, fleet: Fleet, circuit_id: int) -> StoredCircuit:
    row = fleet.circuit(circuit_id)
    access.check_sees(row.inn, row.id)
    return row
