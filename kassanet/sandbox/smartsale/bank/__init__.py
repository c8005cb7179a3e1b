"""The bank's host behind the simulated terminals: it decides, and its ledger is the truth about the money."""

from kassanet.sandbox.smartsale.bank.ledger import Entry, LedgerLine
from kassanet.sandbox.smartsale.bank.messages import Answer, Demand, HostDecoder, Totals, encode_answer, encode_demand
from kassanet.sandbox.smartsale.bank.rules import Bank, BankSettings
from kassanet.sandbox.smartsale.bank.server import BankHost, host_faults, serve_bank, serve_bank_stream

__all__ = [
    "Answer",
    "Bank",
    "BankHost",
    "BankSettings",
    "Demand",
    "Entry",
    "HostDecoder",
    "LedgerLine",
    "Totals",
    "encode_answer",
    "encode_demand",
    "host_faults",
    "serve_bank",
    "serve_bank_stream",
]
