"""A true model of the fiscal storage (FN): the tamper-proof memory in which a register's documents become legal facts.

The register around it may speak any protocol. ``rules`` states what the storage allows, ``state`` what it remembers,
``documents`` how its archive spells a document, ``book`` what it tells the judge of a test, ``storage`` ties them.
"""

from kassanet.sandbox.fiscal_storage.records import (
    Current,
    Document,
    Draft,
    FnError,
    FnFault,
    Form,
    Phase,
    Registration,
)
from kassanet.sandbox.fiscal_storage.rules import Limits
from kassanet.sandbox.fiscal_storage.storage import FiscalStorage

__all__ = [
    "Current",
    "Document",
    "Draft",
    "FiscalStorage",
    "FnError",
    "FnFault",
    "Form",
    "Limits",
    "Phase",
    "Registration",
]
