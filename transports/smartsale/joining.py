"""Packets of a split message put together again, with the rules of what may be doubled or too long."""

from transports.smartsale.frames import Packet


class TooLong(Exception):
    """More bytes than any message is believed to have."""


class Joiner:
    """Collects the packets of one message after another, in the order they come: their numbers only end it.

    A packet equal to the one before it is that one sent again, because its ACK was lost. Should a terminal number all
    its packets alike and two of them hold the same bytes, the lengths of the fields will not add up afterwards.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._body = b""
        self._before: Packet | None = None

    def add(self, packet: Packet) -> bytes | None:
        """The whole body when this was the last packet, also when it comes again; raises :class:`TooLong`."""
        if packet != self._before:
            self._body = packet.chunk if self._complete else self._body + packet.chunk
            self._before = packet
        if len(self._body) > self._longest:
            raise TooLong(f"more than {self._longest} bytes in packets")
        return self._body if packet.is_last else None

    @property
    def _complete(self) -> bool:
        return self._before is not None and self._before.is_last
