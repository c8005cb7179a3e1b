"""Section 7.3: free printing. In trouble the answer is the printer's status, and nothing is printed."""

from collections.abc import Sequence

from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.failures import Code, demand
from kassanet.sandbox.terminalfa.handling import handles
from kassanet.sandbox.terminalfa.paper import aligned
from transports.terminalfa.commands.printing import (
    BufferLines,
    CutPaper,
    PrintBarcode,
    PrintBuffer,
    PrinterAnswer,
    PrintLine,
    PrintQr,
)

QR_MINIMUM = 6
EAN13_DIGITS = 13
ALIGNMENTS = (0, 1, 2)


@handles(PrintLine)
def print_line(device: Device, request: PrintLine) -> PrinterAnswer:
    demand(request.alignment in ALIGNMENTS, Code.VALUE)
    return _print(device, [aligned(request.text, request.alignment)])


@handles(CutPaper)
def cut_paper(device: Device, request: CutPaper) -> PrinterAnswer:
    return _print(device, ["- - - - -" if request.partial else "---------"])


@handles(PrintQr)
def print_qr(device: Device, request: PrintQr) -> PrinterAnswer:
    demand(len(request.text) >= QR_MINIMUM, Code.LENGTH)
    return _print(device, [f"[QR {request.text}]"])


@handles(PrintBarcode)
def print_barcode(device: Device, request: PrintBarcode) -> PrinterAnswer:
    demand(request.symbology in (0, 1), Code.VALUE)
    is_ean = request.text.isdecimal() and len(request.text) in (EAN13_DIGITS - 1, EAN13_DIGITS)
    demand(is_ean if request.symbology == 0 else bool(request.text), Code.VALUE)
    return _print(device, [f"[{'CODE128' if request.symbology else 'EAN13'} {request.text}]"])


@handles(BufferLines)
def buffer_lines(device: Device, request: BufferLines) -> PrinterAnswer:
    demand(all(line.alignment in ALIGNMENTS for line in request.lines), Code.VALUE)
    demand(len(device.paper.buffer) + len(request.lines) <= device.settings.buffer_lines, Code.BUFFER_FULL)
    device.paper.buffer.extend(aligned(line.text, line.alignment) for line in request.lines)
    return PrinterAnswer(device.printer or None)


@handles(PrintBuffer)
def print_buffer(device: Device, _: PrintBuffer) -> PrinterAnswer:
    demand(bool(device.paper.buffer), Code.BUFFER_EMPTY)
    if device.printer:
        return PrinterAnswer(device.printer)
    device.paper.print_buffer()
    return PrinterAnswer()


def _print(device: Device, lines: Sequence[str]) -> PrinterAnswer:
    if device.printer:
        return PrinterAnswer(device.printer)
    device.paper.print(lines)
    return PrinterAnswer()
