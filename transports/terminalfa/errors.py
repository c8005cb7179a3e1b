"""Section 9: every error code, what it says, and whose fault it is.

The verdict decides what happens to the receipt and to the register, so each one is thought through; the rule behind
them: *receipt* only where the receipt's own content is refused, so that another register of the same registration
would refuse it too; *register* where the cause stays in this device until someone acts; *transient* where starting the
document afresh is the cure; *check* wherever the code may have come after the fiscal storage wrote, or does not say
what the state is. A code that is not listed is *check*. After a commit command not even a *receipt* code is believed
before the state was read: that is the actor's part.
"""

from typing import NamedTuple

from transports.register import Refused, Verdict


class ErrorCode(NamedTuple):
    """What an error code says, for people, and its class, for the exactly-once rules."""

    text: str
    verdict: Verdict


ERRORS: dict[int, ErrorCode] = {
    # The frame was whole (else 25), yet this firmware cannot read a command that others can: an FFD version or a
    # configuration that does not fit. Blaming the receipt would let one misconfigured register refuse them all.
    0x01: ErrorCode("bad command format", "register"),
    # Says that the state differs from what we believe, not how: closed shift, open document, closed FN.
    0x02: ErrorCode("another state of the fiscal storage is needed", "check"),
    # The link to the FN broke, perhaps after the FN wrote and before it could say so.
    0x03: ErrorCode("fiscal storage error", "check"),
    # The crypto unit signs while the document is being made: on which side of it this came is not said.
    0x04: ErrorCode("crypto error", "check"),
    0x05: ErrorCode("the fiscal storage's life has ended", "register"),
    0x06: ErrorCode("the archive of the fiscal storage is full", "register"),
    0x07: ErrorCode("date or time is illogical", "register"),  # a person sets the clock
    # Answers reading commands only; after any other it says nothing about what was made.
    0x08: ErrorCode("no such data in the archive", "check"),
    0x09: ErrorCode("wrong parameter value", "receipt"),
    0x10: ErrorCode("TLV data too big", "receipt"),
    0x12: ErrorCode("crypto resource exhausted: close the fiscal storage", "register"),
    0x14: ErrorCode("no room for documents to the OFD", "register"),
    0x15: ErrorCode("documents have waited for the OFD longer than 30 days", "register"),
    0x16: ErrorCode("the shift is older than 24 hours", "shift_expired"),
    0x17: ErrorCode("the time differs by more than 5 minutes between operations", "register"),
    # Every register of a circuit without an address needs them, and only the sender knows them.
    0x1F: ErrorCode("vending data must be passed", "receipt"),
    0x20: ErrorCode("a message of the OFD was rejected", "check"),  # about another exchange than ours
    # Noise on the line. Nothing was executed; the whole document is tried again.
    0x25: ErrorCode("bad structure or CRC", "transient"),
    0x26: ErrorCode("unknown command", "register"),  # firmware that does not fit, as 01
    0x27: ErrorCode("bad length", "register"),  # firmware that does not fit, as 01
    0x28: ErrorCode("bad parameter format or value", "receipt"),
    0x30: ErrorCode("no fiscal storage", "register"),
    0x31: ErrorCode("the clock is wrong", "register"),
    # We always pass everything before the commit: the register lost it in between (power, another client's cancel).
    0x32: ErrorCode("not all data was passed", "transient"),
    0x33: ErrorCode("invalid РНМ", "register"),
    # Left over from another document, or another client is at work: cancel and start afresh.
    0x34: ErrorCode("the data was passed already", "transient"),
    # Hardware fails at any moment, also right after the FN wrote.
    0x35: ErrorCode("hardware fault", "check"),
    0x36: ErrorCode("wrong receipt type", "receipt"),
    0x37: ErrorCode("VAT rate not applicable", "receipt"),
    0x38: ErrorCode("only for agents", "receipt"),
    0x39: ErrorCode("payments differ from the total", "receipt"),
    0x3A: ErrorCode("non-cash payments exceed the total", "receipt"),
    0x3B: ErrorCode("digit overflow", "receipt"),
    0x3C: ErrorCode("digit overflow", "receipt"),
    0x3D: ErrorCode("too many items", "receipt"),
    0x3E: ErrorCode("too many agent items", "receipt"),
    0x3F: ErrorCode("conflicting agent data, or vending data needed for a correction", "receipt"),
    # The document may exist and only its paper be missing.
    0x40: ErrorCode("bad printer status", "check"),
    0x42: ErrorCode("cash-out greater than the cash present", "register"),  # this drawer; another may hold enough
    0x43: ErrorCode("cash in and out need an open shift", "check"),  # the shift's state is not what we believe
    0x44: ErrorCode("counters are not initialised", "register"),
    0x45: ErrorCode("wrong correction sums", "receipt"),
    0x46: ErrorCode("wrong correction sums", "receipt"),
    0x47: ErrorCode("wrong correction sums", "receipt"),
    0x50: ErrorCode("settings cannot be saved", "register"),
    0x51: ErrorCode("bad time", "register"),
    0x52: ErrorCode("only items with credit payment are allowed", "receipt"),
    0x53: ErrorCode("agent data is incomplete", "receipt"),
    0x54: ErrorCode("the total differs from the sum of the items", "receipt"),
    0x55: ErrorCode("wrong correction type", "receipt"),
    0x56: ErrorCode("wrong structure of agent data", "receipt"),
    0x57: ErrorCode("no tax system", "receipt"),
    0x58: ErrorCode("VAT rate not allowed for an agent", "receipt"),
    0x59: ErrorCode("wrong agent flag", "receipt"),
    # We never send an item after the payment: someone else's document is open.
    0x5A: ErrorCode("an item after the payment", "transient"),
    # Our receipt is gone: cancelled by another client, lost with the power, or already committed.
    0x5B: ErrorCode("an open receipt is needed", "check"),
    0x5C: ErrorCode("text buffer error", "register"),
    0x5D: ErrorCode("text buffer error", "register"),
    # The register is not in automatic mode and no cashier is configured for it: a person's task, not the receipt's.
    0x5E: ErrorCode("no cashier data", "register"),
    # The mirror of 1F: the register is registered with an address of its own.
    0x5F: ErrorCode("vending data not allowed", "receipt"),
    # What is blocked, and from which moment on, is not documented; reading the state costs one exchange.
    0x60: ErrorCode("firmware block", "check"),
    0x70: ErrorCode("serial number error", "register"),
    0x71: ErrorCode("serial number error", "register"),
    # It claims that nothing was done, without a reason; the claim is cheap to prove and dear to believe wrongly.
    0x7F: ErrorCode("not executed", "check"),
    0xDD: ErrorCode("activation code missing", "register"),
    0xE0: ErrorCode("unsent documents exist", "register"),
    0xF3: ErrorCode("the fiscal storage does not match the registration", "register"),
    0xF4: ErrorCode("the fiscal storage is not activated", "register"),
    0xF5: ErrorCode("the fiscal storage is closed", "register"),
}

_UNLISTED = ErrorCode("unknown error", "check")


def refusal(code: int) -> Refused:
    """The exception for an error code of the register."""
    error = ERRORS.get(code, _UNLISTED)
    return Refused(code, error.verdict, error.text)
