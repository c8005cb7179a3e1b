"""What a register hands to the fiscal storage: the TLVs of receipts and corrections, in the captured order.

Items come first, so a document that is cut keeps them and loses what stands behind: payments, the buyer, the mark.
"""

from collections.abc import Mapping, Sequence

from kassanet.sandbox.fiscal_storage import Registration
from kassanet.sandbox.terminalfa.taxes import tax_tags
from transports.terminalfa.commands.corrections import PassCorrection, PassCorrectionVending
from transports.terminalfa.commands.receipt import Item, PassAgent, PassItem12, PassPayment, PassVending
from transports.terminalfa.layouts import Wire
from transports.terminalfa.tlv import decode_tlvs, encode_tlv
from transports.terminalfa.values import Text, Uint, Vln

ITEM = 1059
COST = 1043
GOODS_CODE = 1162
SITE = 1060
FFD_VERSION, FFD_105, FFD_12 = 1209, 2, 4
USER_PROPERTY = 1084
AGENT_DATA, SUPPLIER_DATA = 1223, 1224

ITEM_ORDER = (1030, 1079, 1023, COST, 1199, 1214, 1212, 1222)
"""As captured, then what the capture did not hold."""

AGENT_TAGS = (1005, 1016, 1026, 1044, 1073, 1074, 1075)
SUPPLIER_TAGS = (1171, 1225)
PAYMENT_ORDER = (1055, 1031, 1081, 1215, 1216, 1217, 1008, 1228, 1227, 1192)
CASHIER_TAGS = (1021, 1203)
TAXABLE_TAGS = {1102: 1, 1103: 2, 1104: 5, 1105: 6, 1106: 3, 1107: 4}
"""Tags of a correction's taxable sums, and the code of each rate."""

_VLN = Vln()
_SITE = encode_tlv(SITE, Text(256).encode("www.nalog.gov.ru"))


def archived_item(item: Item | PassItem12, cost: int) -> bytes:
    """One item as STLV 1059, with the cost that the register works out."""
    tlvs = _tlvs(item)
    tlvs[COST] = _VLN.encode(cost)
    if GOODS_CODE in tlvs:
        tlvs[GOODS_CODE] = bytes.fromhex(tlvs[GOODS_CODE].decode("ascii"))
    _nest(tlvs, AGENT_DATA, AGENT_TAGS)
    _nest(tlvs, SUPPLIER_DATA, SUPPLIER_TAGS)
    known = [tag for tag in ITEM_ORDER if tag in tlvs]
    rest = [tag for tag in tlvs if tag not in ITEM_ORDER]
    return encode_tlv(ITEM, _joined(tlvs, known + rest))


def receipt_body(
    *,
    items: Sequence[bytes],
    payment: PassPayment,
    agent: PassAgent | None,
    vending: PassVending | None,
    registration: Registration,
    taxable: Mapping[int, int],
    version: int,
) -> bytes:
    """Everything of a receipt behind the storage's own head."""
    tlvs = _tlvs(payment)
    _nest(tlvs, USER_PROPERTY, (1085, 1086))
    return b"".join(
        (
            *items,
            _place(vending, registration),
            _whole_agent(agent),
            _joined(tlvs, [tag for tag in PAYMENT_ORDER if tag in tlvs]),
            _joined(tlvs, [tag for tag in (USER_PROPERTY, *CASHIER_TAGS) if tag in tlvs]),
            _tail(taxable, version),
        )
    )


def correction_body(
    correction: PassCorrection, vending: PassCorrectionVending | None, registration: Registration
) -> bytes:
    """Everything of a correction behind the storage's own head; its taxable sums become taxes."""
    tlvs = _tlvs(correction)
    taxable = {code: _VLN.decode(tlvs.pop(tag)) for tag, code in TAXABLE_TAGS.items()}
    return _place(vending, registration) + _joined(tlvs, list(tlvs)) + _tail(taxable, FFD_105)


def _place(vending: PassVending | PassCorrectionVending | None, registration: Registration) -> bytes:
    if vending is not None:
        return vending.encode()
    number = registration.machine_number
    return encode_tlv(1036, Text(20).encode(number)) if number else b""


def _whole_agent(agent: PassAgent | None) -> bytes:
    return b"" if agent is None else agent.encode()


def _tail(taxable: Mapping[int, int], version: int) -> bytes:
    taxes = b"".join(encode_tlv(tag, _VLN.encode(tax)) for tag, tax in tax_tags(taxable).items())
    return _SITE + taxes + encode_tlv(FFD_VERSION, Uint(1).encode(version))


def _tlvs(wire: Wire) -> dict[int, bytes]:
    return {tlv.tag: tlv.value for tlv in decode_tlvs(wire.encode())}


def _nest(tlvs: dict[int, bytes], outer: int, inner: Sequence[int]) -> None:
    """Move some tags into a structure of their own."""
    found = [tag for tag in inner if tag in tlvs]
    if found:
        tlvs[outer] = _joined(tlvs, found)
        for tag in found:
            del tlvs[tag]


def _joined(tlvs: Mapping[int, bytes], tags: Sequence[int]) -> bytes:
    return b"".join([encode_tlv(tag, tlvs[tag]) for tag in tags])
