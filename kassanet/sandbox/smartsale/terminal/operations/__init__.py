"""The fifteen operations: what each checks, asks of customer and bank, and answers."""

from kassanet.sandbox.smartsale.terminal.operations.table import perform

__all__ = ["perform"]
