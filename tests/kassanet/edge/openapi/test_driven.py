"""The running service, driven from its own description: nothing undocumented is answered, and nothing breaks.

Every operation is asked what its description allows and what it forbids, the same questions at every run.
"""

from collections.abc import Iterator

import pytest
import schemathesis

from kassanet.edge.openapi.catalogue import OPERATIONS
from kassanet.edge.openapi.operation import Operation
from tests.kassanet.edge.openapi.driving import drive, schema_of
from tests.kassanet.edge.openapi.service import Running, running

LAST = ("deactivateRegister", "removeRegister", "deactivatePinpad", "removePinpad", "removePrro")
"""Those that take away what the others need."""

AWAY = frozenset(
    {
        "changePrro", "takePrroOffline", "bringPrroOnline", "unblockPrro", "postPrroOperation", "showTaxState",
        "showTaxTotals", "handOverKey", "writeRegistration", "listTaxObjects", "listSiteReceipts", "showSiteReceipt",
        "exportSiteReceipts",
    }
)  # fmt: skip
"""Those that say 503 here with reason: their tax service, agent or site is out of reach."""

IN_ORDER = sorted(
    (said for said in OPERATIONS if said.talk is None),
    key=lambda said: LAST.index(said.name) + 1 if said.name in LAST else 0,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("described")) as found:
        yield found


@pytest.fixture(scope="module")
def schema(service: Running) -> schemathesis.BaseSchema:
    return schema_of(service)


@pytest.mark.parametrize("said", IN_ORDER, ids=lambda said: said.name)
def test_every_answer_is_described(said: Operation, service: Running, schema: schemathesis.BaseSchema) -> None:
    drive(said, service, schema, away=said.name in AWAY)
