"""What a fault leaves of an answer: pieces of bytes with the pause before each. See :mod:`kassanet.sandbox.faults`."""

from kassanet.sandbox.faults import Fault

CRC_BYTES = 2

Pieces = tuple[tuple[float, bytes], ...]


def pieces(fault: Fault | None, wire: bytes) -> Pieces:
    """Seconds of silence and the bytes that follow them; nothing for an answer that is dropped."""
    if fault is None:
        return ((0.0, wire),)
    plans: dict[str, Pieces] = {
        "cut_reply": ((0.0, wire[: fault.at]),),
        "drop_reply": (),
        "delay": ((fault.seconds, wire),),
        "bad_crc": ((0.0, wire[:-CRC_BYTES] + bytes(byte ^ 0xFF for byte in wire[-CRC_BYTES:])),),
        "split": ((0.0, wire[: fault.at]), (fault.seconds, wire[fault.at :])),
        "duplicate": ((0.0, wire), (0.0, wire)),
    }
    return plans.get(fault.action, ((0.0, wire),))


def arrives(fault: Fault, wire: bytes) -> bool:
    """Whether the whole answer gets through unharmed."""
    return b"".join(piece for _, piece in pieces(fault, wire)).startswith(wire)
