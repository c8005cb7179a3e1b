"""Every route that is described, in the order of reading. A new route is described in :mod:`…openapi.said`."""

from kassanet.edge.openapi.said.alarms import ALARMS
from kassanet.edge.openapi.said.audit import AUDIT
from kassanet.edge.openapi.said.cashdesk import CASHDESK
from kassanet.edge.openapi.said.frs import FRS
from kassanet.edge.openapi.said.metrics import METRICS
from kassanet.edge.openapi.said.payment_parts import PAYMENT_PARTS
from kassanet.edge.openapi.said.payments import PAYMENTS
from kassanet.edge.openapi.said.pinpads import PINPADS
from kassanet.edge.openapi.said.prro import PRRO
from kassanet.edge.openapi.said.prro_agents import PRRO_AGENTS
from kassanet.edge.openapi.said.receipts import RECEIPTS
from kassanet.edge.openapi.said.registers import REGISTERS
from kassanet.edge.openapi.said.sales import SALES
from kassanet.edge.openapi.said.service import SERVICE
from kassanet.edge.openapi.said.session import SESSION
from kassanet.edge.openapi.said.sites import SITES
from kassanet.edge.openapi.said.stream import STREAM

OPERATIONS = (
    *RECEIPTS,
    *FRS,
    *REGISTERS,
    *PINPADS,
    *PRRO,
    *CASHDESK,
    *PRRO_AGENTS,
    *SALES,
    *PAYMENTS,
    *PAYMENT_PARTS,
    *STREAM,
    *SITES,
    *ALARMS,
    *AUDIT,
    *SESSION,
    *SERVICE,
    *METRICS,
)
