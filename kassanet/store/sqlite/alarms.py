"""Acknowledged alarms: one row for each that lasts."""

import json

from kassanet.store.sqlite.transaction import Transaction
from schemas.records import Acknowledge, ForgetAcknowledgements

ACKNOWLEDGEMENT = "alarm, by, level, note, at"

_SET = f"""
    INSERT INTO acknowledgements ({ACKNOWLEDGEMENT}) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (alarm) DO UPDATE SET by = excluded.by, level = excluded.level, note = excluded.note, at = excluded.at
"""


def acknowledge(transaction: Transaction, write: Acknowledge) -> None:
    """:class:`Acknowledge`."""
    transaction.execute(_SET, (write.alarm, write.by, write.level, write.note, write.at))


def forget(transaction: Transaction, write: ForgetAcknowledgements) -> None:
    """:class:`ForgetAcknowledgements`."""
    transaction.execute(
        "DELETE FROM acknowledgements WHERE alarm IN (SELECT value FROM json_each(?))", (json.dumps(write.alarms),)
    )
