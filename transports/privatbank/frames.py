"""The wire: one UTF-8 JSON object after another, a zero byte behind each (part 1, section 1).

A fresh connection begins with one more zero, so empty pieces between zeros mean nothing.
"""

END = b"\x00"

LONGEST = 65_536
"""Bytes in one message; one driver in the field limits it so, and a receipt's text is far shorter."""


class TooLong(Exception):
    """No end came within ``LONGEST`` bytes: this is not our protocol."""


class Decoder:
    """``feed`` takes bytes as they come and answers the messages that became whole, without their zeros.

    Raises :class:`TooLong`; after that the stream has no beginning to find again and must be closed.
    """

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        *whole, rest = (bytes(self._pending) + data).split(END)
        self._pending = bytearray(rest)
        if len(rest) > LONGEST or any(len(piece) > LONGEST for piece in whole):
            raise TooLong(f"a message of more than {LONGEST} bytes")
        return [piece for piece in whole if piece]


def encode(text: bytes) -> bytes:
    """A message as it travels. ``text`` is JSON, in which a zero byte cannot stand."""
    return text + END
