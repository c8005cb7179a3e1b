"""Crediting payments in billings: one actor for each billing, which asks it about what the journal holds undecided."""

from actors.payments.billing import Billing, BillingSettings, Look
from actors.payments.desk import BillingDesk, Client
from actors.payments.outcomes import Outcomes

__all__ = ["Billing", "BillingDesk", "BillingSettings", "Client", "Look", "Outcomes"]
