"""What a subscription means: which topics there are, who may have them, and which changes are in it.

====================  =========================================  ===============================================
topic                 what                                       who
====================  =========================================  ===============================================
``kkt``               every register that one may see            viewers and above
``circuit``           every circuit that one may see             viewers and above
``circuit:<id>``      one circuit                                viewers and above, its integrations
``receipts:<id>``     moves of one circuit's receipts            viewers and above, its integrations
``pinpads``           every pinpad that one may see              viewers and above
``prro``              every software register that one may see   viewers and above
``keys``              every signing key that one may see         viewers and above
``agents``            signing agents                             viewers and above who see every organisation
``sites``             every site that one may see                viewers and above
``sales``             every sale on its way that one may see     viewers and above
``payments``          payments, the last 50 first                viewers and above
``flow``              what flows over each edge of the topology  viewers and above
``billings``          billings: breaker and backlog              viewers and above; who sees one organisation, its own
``alarms``            what needs a person now                    viewers and above
``actors``            the tree of actors                         operators and above who see every organisation
====================  =========================================  ===============================================

What one may not see does not exist, as over HTTP.
"""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from actors.hub import Change
from kassanet.edge.auth import Access
from schemas.problems import FieldError, ProblemError, problem
from schemas.rows import StoredCircuit

Circuits = Mapping[int, StoredCircuit]

_OF_CIRCUIT = re.compile(r"(circuit|receipts):([1-9][0-9]{0,17})\Z")
_MANY = (
    "kkt", "circuit", "pinpads", "prro", "keys", "agents", "sites", "sales", "payments", "flow", "billings", "alarms",
    "actors",
)  # fmt: skip
_PLAIN = frozenset(_MANY)
_KNOWN = ", ".join((*_MANY, "circuit:<id>", "receipts:<id>"))


class Interest(Struct, frozen=True):
    """A distinct subscription: what is wanted, and what may be seen. Equal ones share every byte."""

    topics: frozenset[str]
    inn: str | None = None
    circuit_id: int | None = None

    @property
    def boards(self) -> frozenset[str]:
        """The hub's topics that have to be looked at."""
        return frozenset("circuit" if topic.startswith("circuit:") else topic for topic in self.topics)

    @property
    def passing(self) -> Sequence[str]:
        """The topics of which only the newest are kept: their snapshots come from the store."""
        return [topic for topic in sorted(self.topics) if topic == "payments" or topic.startswith("receipts:")]

    def holds(self, change: Change, circuits: Circuits) -> bool:
        """Whether a change is of this subscription."""
        if change.topic == "circuit" and not self.topics.intersection(("circuit", f"circuit:{change.key}")):
            return False
        if self.inn is None and self.circuit_id is None:
            return True
        if change.inn is not None:
            return self.circuit_id is None and change.inn == self.inn
        circuit = circuits.get(change.circuit) if change.circuit is not None else None
        return circuit is not None and self._sees(circuit)

    def _sees(self, circuit: StoredCircuit) -> bool:
        if self.circuit_id is not None:
            return circuit.id == self.circuit_id
        return circuit.inn == self.inn


def interest(access: Access, topics: Sequence[str], circuits: Circuits) -> Interest:
    """The subscription asked for; raises 422 for topics that are none, 403 and 404 as over HTTP."""
    errors = [
        FieldError(f"topics[{place}]", f"{topic[:64]!r} is no topic", _KNOWN)
        for place, topic in enumerate(topics)
        if topic not in _PLAIN and not _OF_CIRCUIT.match(topic)
    ]
    if errors:
        raise problem(422, "invalid", "There are no such topics.", tuple(errors))
    for place, topic in enumerate(topics):
        try:
            _check(access, topic, circuits)
        except ProblemError as refused:
            told = refused.problem
            located = FieldError(f"topics[{place}]", f"{topic}: {told.detail}")
            raise problem(told.status, told.type.rpartition(":")[2], told.detail, (located,)) from None
    return Interest(frozenset(topics), access.inn, access.circuit_id)


def _check(access: Access, topic: str, circuits: Circuits) -> None:
    found = _OF_CIRCUIT.match(topic)
    if found is not None:
        access.require("viewer", integrations=True)
        circuit = circuits.get(int(found[2]))
        if circuit is None or not access.sees(circuit.inn, circuit.id):
            raise problem(404, "not-found", f"There is no circuit {found[2]}.")
    elif topic == "actors":
        access.require("operator")
        if access.inn is not None:
            raise problem(404, "not-found", "The actors serve every organisation; this token sees only one.")
    else:
        access.require("viewer")
