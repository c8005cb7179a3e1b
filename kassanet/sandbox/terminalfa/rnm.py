"""The registration number (РНМ) and its check digits.

The tax service gives out ten digits; six more are the CRC of those ten, the ИНН padded with zeros to 12 and the
register's serial number padded with zeros to 20. The protocol's text does not say so, but the captured pair of serial
number and registration obeys it, and a register refuses a number that does not (error 33).
"""

from binascii import crc_hqx


def rnm_for(order: int, inn: str, serial: str) -> str:
    """The full number of a register; ``order`` is the number that the tax service counted to."""
    head = f"{order:010d}"
    return head + f"{crc_hqx(f'{head}{inn:0>12}{serial:0>20}'.encode(), 0xFFFF):06d}"


def rnm_is_valid(rnm: str, inn: str, serial: str) -> bool:
    return len(rnm) == 16 and rnm.isdecimal() and rnm == rnm_for(int(rnm[:10]), inn, serial)


def inn_is_plausible(inn: str) -> bool:
    """Ten digits for an organisation, twelve for a person."""
    return inn.isdecimal() and len(inn) in (10, 12)
