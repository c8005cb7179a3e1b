"""Section 7.3: free printing. In trouble these commands answer with one byte, the printer's status."""

from typing import Annotated

from transports.terminalfa.commands.request import Request, command
from transports.terminalfa.layouts import Wire
from transports.terminalfa.tlv import Tlv, decode_tlvs, encode_tlvs
from transports.terminalfa.values import U8, AnyText, Bool, Codec, Malformed, Text, Unfit

_LINE_TAG = 39999
_MAX_LINES = 255


class PrinterAnswer(Wire, frozen=True):
    printer: U8 | None = None


class BufferLine(Wire, frozen=True):
    attributes: U8
    alignment: U8
    text: Annotated[str, Text(124)]


class _Lines(Codec[tuple[BufferLine, ...]]):
    def encode(self, value: tuple[BufferLine, ...]) -> bytes:
        if len(value) > _MAX_LINES:
            raise Unfit(f"{len(value)} lines", f"at most {_MAX_LINES}")
        return encode_tlvs(Tlv(_LINE_TAG, line.encode()) for line in value)

    def decode(self, data: bytes) -> tuple[BufferLine, ...]:
        tlvs = decode_tlvs(data)
        if any(tlv.tag != _LINE_TAG for tlv in tlvs):
            raise Malformed("something else among lines")
        return tuple(BufferLine.decode(tlv.value) for tlv in tlvs)


@command(0x61)
class PrintLine(Request[PrinterAnswer], frozen=True):
    """``font`` bits 08, 10, 20, 40, 80; ``alignment`` 0 left, 1 centre, 2 right."""

    font: U8
    alignment: U8
    text: AnyText


@command(0x62)
class CutPaper(Request[PrinterAnswer], frozen=True):
    partial: Bool | None = None


@command(0x63)
class PrintQr(Request[PrinterAnswer], frozen=True):
    text: Annotated[str, Text(1023, minimum=6)]


@command(0x69)
class PrintBarcode(Request[PrinterAnswer], frozen=True):
    """``symbology`` 0 EAN13, 1 CODE128."""

    symbology: U8
    text: AnyText


@command(0x64)
class BufferLines(Request[PrinterAnswer], frozen=True):
    """Lines for ``65``, or else for the next receipt; at most 255."""

    lines: Annotated[tuple[BufferLine, ...], _Lines()] = ()


@command(0x65)
class PrintBuffer(Request[PrinterAnswer], frozen=True):
    pass
