"""Keys of payments' receipts: people name their receipts as they like, so one of theirs may have a payment's key.

The payment's receipt then goes in under a further key; it is never taken for a receipt of somebody else's.
"""

from hashlib import sha256

import msgspec

from kassanet.store.sqlite import intake
from kassanet.store.sqlite.transaction import Transaction
from schemas.records import Accepted, AcceptReceipt

LONGEST = 100
"""Characters of the first key that the further one keeps: there is room for 128."""

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def own(transaction: Transaction, receipt: AcceptReceipt, payment_id: int, outcome: intake.Outcome) -> intake.Outcome:
    """What became of the payment's receipt, whose first try ended as ``outcome`` says."""
    number = 0
    while isinstance(outcome, Accepted) and not outcome.same:
        number += 1
        key = f"{receipt.external_id[:LONGEST]}#{payment_id}.{number}"
        [outcome] = intake.accept(transaction, [_renamed(receipt, key)])
    return outcome


def _renamed(receipt: AcceptReceipt, key: str) -> AcceptReceipt:
    fields = _decode(receipt.body)
    fields["external_id"] = msgspec.Raw(_encode(key))
    body = _encode(fields)
    return msgspec.structs.replace(receipt, external_id=key, body=body, digest=sha256(body).digest())
