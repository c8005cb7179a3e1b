"""Field 90: slips and what the terminal says beside them.

Entries end with ``~``, an entry is ``tag^name^value`` with the tag as text (``0xDF``), lines in a value end with CR LF,
everything in CP1251. A slip is paper with words of the bank's choice on it, so nothing is demanded of it here.
"""

from collections.abc import Iterable

from msgspec import Struct

from transports.smartsale.values import ENCODING

CUSTOMER, MERCHANT, CARD_TYPE, AID = "0xDF", "0xDA", "0xDE", "0x4F"


class Entry(Struct, frozen=True):
    """One entry; ``tag`` as it came but for letters' case. What is no entry has an empty tag and name."""

    tag: str
    name: str
    value: str

    def __repr__(self) -> str:
        return f"Entry({self.tag}, {self.name}, {len(self.value)} characters)"


class SlipData(Struct, frozen=True, omit_defaults=True):
    """Field 90 as kassanet uses it: texts have lines separated by ``\\n``. ``customer`` is the first slip."""

    customer: str | None = None
    merchant: str | None = None
    card_type: str | None = None
    aid: str | None = None


def decode_entries(data: bytes) -> tuple[Entry, ...]:
    """Never raises; the end of the last entry may be missing."""
    return tuple(_entry(text) for text in data.decode(ENCODING, "replace").split("~") if text.strip("\r\n\0 "))


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """What CP1251 lacks becomes ``?``: a slip is for people. ``^`` and ``~`` inside a value would end it: dropped."""
    return b"".join(f"{each.tag}^{each.name}^{_fit(each.value)}~".encode(ENCODING, "replace") for each in entries)


def read_slips(data: bytes) -> SlipData:
    """The entries that we know; one that stands several times is joined line by line."""
    entries = decode_entries(data)
    return SlipData(*(_joined(entries, tag) for tag in (CUSTOMER, MERCHANT, CARD_TYPE, AID)))


def write_slips(slips: SlipData) -> bytes:
    """The other way round, for a simulated terminal."""
    told = ((CUSTOMER, slips.customer), (MERCHANT, slips.merchant), (CARD_TYPE, slips.card_type), (AID, slips.aid))
    names = {CUSTOMER: "slip", MERCHANT: "slip", CARD_TYPE: "card", AID: "aid"}
    return encode_entries(Entry(tag, names[tag], value.replace("\n", "\r\n")) for tag, value in told if value)


def _entry(text: str) -> Entry:
    parts = text.lstrip("\r\n").split("^", 2)
    if len(parts) < 3:
        return Entry("", "", text)
    return Entry("0x" + parts[0].strip().lower().removeprefix("0x").upper(), parts[1], parts[2])


def _joined(entries: Iterable[Entry], tag: str) -> str | None:
    found = [each.value for each in entries if each.tag == tag]
    return "\n".join(found).replace("\r\n", "\n").replace("\r", "\n") if found else None


def _fit(value: str) -> str:
    return value.replace("~", "").replace("^", "")
