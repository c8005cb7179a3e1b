"""Worked frames: from a real terminal, from the maker's own library, or constructed with the same layout."""

from typing import Any, NamedTuple

from transports.smartsale.fields import (
    AMOUNT,
    AUTH_CODE,
    CURRENCY,
    DATA,
    ENTRY_MODE,
    LOCAL_TIME,
    MODE,
    MODE2,
    NUMBER,
    OPERATION,
    PAN,
    RESPONSE_CODE,
    RESULT,
    RRN,
    SOFTWARE,
    STATUS,
    TERMINAL_ID,
    Field,
)
from transports.smartsale.message import Message


class Worked(NamedTuple):
    """A message and its frame."""

    name: str
    message: Message
    frame: bytes


def _worked(name: str, message: Message, frame: str) -> Worked:
    return Worked(name, message, bytes.fromhex(frame))


SALE: dict[Field[Any], Any] = {AMOUNT: 1200, CURRENCY: 643, OPERATION: 1, TERMINAL_ID: "50101700"}

WORKED = [
    _worked(
        "sale",
        Message.of(SALE),
        "02 1c 00 00 04 00 31 32 30 30 04 03 00 36 34 33 19 01 00 31 1b 08 00 35 30 31 30 31 37 30 30 ee 60",
    ),
    _worked(
        "sale of the maker's library",
        Message.of({**SALE, SOFTWARE: "CON:SW:DC;1.3.5.2;SA:;2;"}),
        "02 37 00 00 04 00 31 32 30 30 04 03 00 36 34 33 19 01 00 31 1b 08 00 35 30 31 30 31 37 30 30 59 18 00 43 4f"
        "4e 3a 53 57 3a 44 43 3b 31 2e 33 2e 35 2e 32 3b 53 41 3a 3b 32 3b e4 5b",
    ),
    _worked(
        "sale with 08, 21 and 26",
        Message.of(
            {
                AMOUNT: 1200,
                CURRENCY: 643,
                ENTRY_MODE: 3,
                LOCAL_TIME: "20261122141800",
                OPERATION: 1,
                NUMBER: 12,
                TERMINAL_ID: "50101700",
            }
        ),
        "02 36 00 00 04 00 31 32 30 30 04 03 00 36 34 33 08 01 00 33 15 0e 00 32 30 32 36 31 31 32 32 31 34 31 38 30"
        "30 19 01 00 31 1a 02 00 31 32 1b 08 00 35 30 31 30 31 37 30 30 b8 32",
    ),
    _worked(
        "void",
        Message.of(
            {
                AMOUNT: 1200,
                CURRENCY: 643,
                AUTH_CODE: "A12345",
                RRN: "632612345678",
                OPERATION: 4,
                TERMINAL_ID: "50101700",
            }
        ),
        "02 34 00 00 04 00 31 32 30 30 04 03 00 36 34 33 0d 06 00 41 31 32 33 34 35 0e 0c 00 36 33 32 36 31 32 33 34"
        "35 36 37 38 19 01 00 34 1b 08 00 35 30 31 30 31 37 30 30 b1 89",
    ),
    _worked(
        "emergency void",
        Message.of({**SALE, OPERATION: 53}),
        "02 1d 00 00 04 00 31 32 30 30 04 03 00 36 34 33 19 02 00 35 33 1b 08 00 35 30 31 30 31 37 30 30 1c 40",
    ),
    _worked(
        "connection check",
        Message.of({OPERATION: 26, TERMINAL_ID: "50101700"}),
        "02 10 00 19 02 00 32 36 1b 08 00 35 30 31 30 31 37 30 30 e6 bb",
    ),
    _worked(
        "last slip",
        Message.of({OPERATION: 63, TERMINAL_ID: "50101700", MODE: 1, MODE2: 22}),
        "02 19 00 19 02 00 36 33 1b 08 00 35 30 31 30 31 37 30 30 40 01 00 31 41 02 00 32 32 31 0e",
    ),
    _worked("wait", Message.of({OPERATION: 21}), "02 05 00 19 02 00 32 31 a5 c2"),
    _worked(
        "approved",
        Message.of(
            {
                AMOUNT: 1200,
                CURRENCY: 643,
                PAN: "************1234",
                AUTH_CODE: "A12345",
                RRN: "632612345678",
                RESPONSE_CODE: "00",
                OPERATION: 1,
                TERMINAL_ID: "50101700",
                STATUS: 1,
            }
        ),
        "02 50 00 00 04 00 31 32 30 30 04 03 00 36 34 33 0a 10 00 2a 2a 2a 2a 2a 2a 2a 2a 2a 2a 2a 2a 31 32 33 34 0d"
        "06 00 41 31 32 33 34 35 0e 0c 00 36 33 32 36 31 32 33 34 35 36 37 38 0f 02 00 30 30 19 01 00 31 1b 08 00 35"
        "30 31 30 31 37 30 30 27 01 00 31 ff 9e",
    ),
    _worked(
        "declined",
        Message.of({AMOUNT: 1200, RESPONSE_CODE: "51", OPERATION: 1, TERMINAL_ID: "50101700", STATUS: 16}),
        "02 20 00 00 04 00 31 32 30 30 0f 02 00 35 31 19 01 00 31 1b 08 00 35 30 31 30 31 37 30 30 27 02 00 31 36 68ef",
    ),
    _worked(
        "no link to the bank",
        Message.of({OPERATION: 1, TERMINAL_ID: "50101700", STATUS: 34}),
        "02 14 00 19 01 00 31 1b 08 00 35 30 31 30 31 37 30 30 27 02 00 33 34 2e 24",
    ),
    _worked(
        "open",
        Message.of({OPERATION: 63, MODE: 1, MODE2: 16, DATA: b"127.0.0.1;5000"}),
        "02 1f 00 19 02 00 36 33 40 01 00 31 41 02 00 31 36 46 0e 00 31 32 37 2e 30 2e 30 2e 31 3b 35 30 30 30 3d 73",
    ),
    _worked(
        "open or close done",
        Message.of({OPERATION: 63, MODE2: 16, RESULT: 0}),
        "02 0e 00 19 02 00 36 33 41 02 00 31 36 43 01 00 30 1d 3c",
    ),
    _worked(
        "open failed",
        Message.of({OPERATION: 63, MODE2: 16, RESULT: 1}),
        "02 0e 00 19 02 00 36 33 41 02 00 31 36 43 01 00 31 9d 39",
    ),
    _worked(
        "send",
        Message.of({OPERATION: 63, MODE: 0, MODE2: 17, DATA: bytes.fromhex("0003aabbcc")}),
        "02 16 00 19 02 00 36 33 40 01 00 30 41 02 00 31 37 46 05 00 00 03 aa bb cc 52 fe",
    ),
    _worked(
        "send done",
        Message.of({OPERATION: 63, MODE2: 17, RESULT: 0}),
        "02 0e 00 19 02 00 36 33 41 02 00 31 37 43 01 00 30 9d 47",
    ),
    _worked(
        "read",
        Message.of({OPERATION: 63, MODE: 1, MODE2: 17}),
        "02 0e 00 19 02 00 36 33 40 01 00 31 41 02 00 31 37 8e a6",
    ),
    _worked(
        "nothing to read yet",
        Message.of({OPERATION: 63, MODE2: 17, RESULT: 1}),
        "02 0e 00 19 02 00 36 33 41 02 00 31 37 43 01 00 31 1d 42",
    ),
    _worked(
        "data, 67 behind 70",
        Message.of({OPERATION: 63, MODE2: 17, DATA: b"\0\5HELLO", RESULT: 0}),
        "02 18 00 19 02 00 36 33 41 02 00 31 37 46 07 00 00 05 48 45 4c 4c 4f 43 01 00 30 67 07",
    ),
    _worked(
        "close",
        Message.of({OPERATION: 63, MODE: 0, MODE2: 16}),
        "02 0e 00 19 02 00 36 33 40 01 00 30 41 02 00 31 36 f6 a0",
    ),
    _worked(
        "answer to a dialog",
        Message.of({OPERATION: 52, RESULT: 3}),
        "02 09 00 19 02 00 35 32 43 01 00 33 60 36",
    ),
    _worked(
        "joined from two packets",
        Message.of({AMOUNT: 1200, OPERATION: 1, STATUS: 1}),
        "02 0f 00 00 04 00 31 32 30 30 19 01 00 31 27 01 00 31 cc e5",
    ),
]
BY_NAME = {worked.name: worked for worked in WORKED}

PACKETS = [
    bytes.fromhex("01 13 00 08 00 01 01 00 31 02 01 00 31 00 04 00 31 32 30 30 19 01 e0 d6"),
    bytes.fromhex("01 10 00 08 00 01 01 00 31 02 01 00 30 00 31 27 01 00 31 63 c8"),
]
"""The last vector in two packets, cut inside field 25."""
