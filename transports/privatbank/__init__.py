"""PrivatBank's ECR JSON: how Ukrainian bank terminals are asked for payments over TCP or a serial line.

``frames`` cuts the bytes, ``messages`` says what is in them, ``reading`` what an answer means, ``profile`` what differs
between terminals, ``client`` talks to one terminal and ``driver`` knows what this type can do at all. The protocol has
no number of ours in it: what became of a lost request is found out by comparing amounts, times and slip numbers.
"""

from transports.privatbank.driver import PrivatBankDriver
from transports.privatbank.profile import Methods, Profile

__all__ = ["Methods", "PrivatBankDriver", "Profile"]
