"""Fiscal documents as the archive keeps them: TLVs in the order in which a real storage was seen to give them out.

A receipt read from a real register began 1041, 1037, 1018, 1040, 1012, 1077, 1038, 1042, 1054, 1020; then came what the
register had handed over. The order matters: the archive cuts long documents, so what stands late may be lost.
"""

import hashlib
from datetime import datetime

from msgspec import Struct

from kassanet.sandbox.fiscal_storage.records import Draft, Form, Registration
from transports.terminalfa.tlv import decode_tlvs, encode_tlv, encode_tlvs
from transports.terminalfa.values import Padded, Text, Uint, UnixTime, Vln

U8, U32, VLN, MOMENT = Uint(1), Uint(4), Vln(), UnixTime()
FPD_PREFIX = b"\x31\x04"  # tag 1077 has six bytes; the captured ones begin so, the last four are the number
MARK_TAG = 1192
MODE_TAGS = {1056: 0, 1002: 1, 1001: 2, 1109: 3, 1110: 4, 1108: 5}
"""The flag tags of a registration, by the bit of the mode mask that each one spells out."""


class Facts(Struct, frozen=True, kw_only=True):
    """What the storage itself knows at the moment of a commit. ``receipt`` 0: not a receipt."""

    serial: str
    registration: Registration
    fd: int
    at: datetime
    shift: int
    receipt: int
    shift_documents: int
    shift_receipts: int
    unsent: int
    first_unsent_fd: int
    first_unsent_at: datetime | None
    flags: int
    keep_mark: bool


def compose(form: Form, facts: Facts, draft: Draft) -> tuple[int, bytes]:
    """The document's FPD and its bytes for the archive."""
    before = _identity(facts)
    after = _position(form, facts) + _settlement(draft) + draft.body + _summary(form, facts)
    fpd = _sign(facts.serial, facts.fd, before + after)
    if not facts.keep_mark:
        after = encode_tlvs(tlv for tlv in decode_tlvs(after) if tlv.tag != MARK_TAG)
    return fpd, before + encode_tlv(1077, FPD_PREFIX + fpd.to_bytes(4, "big")) + after


def registration_body(registration: Registration, reason: int) -> bytes:
    """The TLVs of a registration or re-registration (``reason`` other than 0)."""
    texts = {
        1013: registration.kkt_serial,
        1048: registration.user,
        1009: registration.address,
        1187: registration.place,
        1036: registration.machine_number,
        1017: registration.ofd_inn.ljust(12) if registration.ofd_inn else "",
        1046: registration.ofd_name,
        1117: registration.sender_email,
    }
    said = b"".join(encode_tlv(tag, Text(256).encode(text)) for tag, text in texts.items() if text)
    modes = b"".join(_byte(tag, registration.modes >> bit & 1) for tag, bit in MODE_TAGS.items())
    masks = _byte(1062, registration.tax_systems) + _byte(1057, registration.agents)
    return said + masks + modes + _byte(1209, 2) + (_byte(1101, reason) if reason else b"")


def _sign(serial: str, fd: int, content: bytes) -> int:
    """The fiscal sign: the same for the same storage, number and content, and otherwise like a random number."""
    digest = hashlib.blake2b(content, key=f"{serial}/{fd}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def _identity(facts: Facts) -> bytes:
    return (
        encode_tlv(1041, facts.serial.encode())
        + encode_tlv(1037, Padded(20).encode(facts.registration.rnm))
        + encode_tlv(1018, Padded(12).encode(facts.registration.inn))
        + _u32(1040, facts.fd)
        + encode_tlv(1012, MOMENT.encode(facts.at))
    )


def _position(form: Form, facts: Facts) -> bytes:
    """Where in its shift the document stands."""
    if form in (Form.REGISTRATION, Form.REREGISTRATION, Form.CLOSE_FN):
        return b""
    return _u32(1038, facts.shift) + (_u32(1042, facts.receipt) if facts.receipt else b"")


def _settlement(draft: Draft) -> bytes:
    if not draft.settlement:
        return b""
    return _byte(1054, draft.settlement) + encode_tlv(1020, VLN.encode(draft.total))


def _summary(form: Form, facts: Facts) -> bytes:
    """What the storage adds to reports by itself."""
    if form not in (Form.CLOSE_SHIFT, Form.SETTLEMENT_REPORT, Form.CLOSE_FN):
        return b""
    counts = b""
    if form is Form.CLOSE_SHIFT:
        counts = _u32(1111, facts.shift_documents) + _u32(1118, facts.shift_receipts)
    waiting = _u32(1097, facts.unsent)
    if facts.first_unsent_at is not None:
        waiting += encode_tlv(1098, MOMENT.encode(facts.first_unsent_at)) + _u32(1116, facts.first_unsent_fd)
    return counts + waiting + b"".join(_byte(tag, facts.flags >> bit & 1) for tag, bit in WARNING_TAGS.items())


WARNING_TAGS = {1050: 1, 1051: 0, 1052: 2, 1053: 3}
"""Warning bytes of reports and the bit of the status flags that each repeats."""


def _byte(tag: int, value: int) -> bytes:
    return encode_tlv(tag, U8.encode(value))


def _u32(tag: int, value: int) -> bytes:
    return encode_tlv(tag, U32.encode(value))
