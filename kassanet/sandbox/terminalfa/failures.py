"""Why a simulated register refuses: the error codes of the protocol that its own state can produce."""

from enum import IntEnum


class Code(IntEnum):
    """Error bytes of the register. The fiscal storage's own codes (01…20) pass through and are not repeated here."""

    STATE = 0x02
    NO_DATA = 0x08
    VALUE = 0x09
    TLV_TOO_BIG = 0x10
    VENDING_NEEDED = 0x1F
    STRUCTURE = 0x25
    UNKNOWN_COMMAND = 0x26
    LENGTH = 0x27
    FORMAT = 0x28
    NO_FN = 0x30
    CLOCK = 0x31
    NOT_ALL_PASSED = 0x32
    RNM = 0x33
    PASSED_ALREADY = 0x34
    HARDWARE = 0x35
    RECEIPT_TYPE = 0x36
    VAT = 0x37
    ONLY_FOR_AGENTS = 0x38
    PAYMENTS = 0x39
    NON_CASH = 0x3A
    ITEM_OVERFLOW = 0x3B
    TOTAL_OVERFLOW = 0x3C
    TOO_MANY_ITEMS = 0x3D
    TOO_MANY_AGENT_ITEMS = 0x3E
    AGENT_CONFLICT = 0x3F
    PRINTER = 0x40
    CASH_OUT = 0x42
    SHIFT_CLOSED = 0x43
    COUNTERS = 0x44
    CORRECTION_TAXABLE = 0x45
    CORRECTION_TOTAL = 0x46
    CORRECTION_ZERO = 0x47
    SETTINGS = 0x50
    TIME = 0x51
    CREDIT_PAYMENT = 0x52
    AGENT_INCOMPLETE = 0x53
    ITEMS = 0x54
    CORRECTION_TYPE = 0x55
    AGENT_STRUCTURE = 0x56
    TAX_SYSTEM = 0x57
    AGENT_FLAG = 0x59
    ITEM_AFTER_PAYMENT = 0x5A
    NO_OPEN_RECEIPT = 0x5B
    BUFFER_FULL = 0x5C
    BUFFER_EMPTY = 0x5D
    CASHIER = 0x5E
    VENDING_NOT_ALLOWED = 0x5F
    NOT_EXECUTED = 0x7F
    NOT_ACTIVATED = 0xDD
    UNSENT = 0xE0
    FN_MISMATCH = 0xF3
    FN_NOT_REGISTERED = 0xF4
    FN_CLOSED = 0xF5


class Failure(Exception):
    """The command is refused; nothing has changed."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


def demand(condition: bool, code: Code) -> None:
    """Refuse unless ``condition``."""
    if not condition:
        raise Failure(code)
