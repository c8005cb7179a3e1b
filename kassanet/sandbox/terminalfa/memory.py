"""What a register itself remembers without power: its settings, its clock and its cash drawer.

The whole state is written as one line whenever it changes, and the last line counts: no order of events to replay.
"""

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from kassanet.sandbox.books import Lines
from transports.terminalfa.commands.settings import Control, KeyServer, MarkingServer, Network, Ofd, Printing


class Drawer(Struct, frozen=True):
    """Sums since the shift was opened, as they were after document ``fd``, in kopecks."""

    cash: int = 0
    electronic: int = 0
    fd: int = 0


class Remembered(Struct, frozen=True, kw_only=True):
    """``clock_ahead`` is what setting the clock has added, in seconds."""

    clock_ahead: float = 0.0
    drawer: Drawer = Drawer()
    network: Network = field(
        default_factory=lambda: Network(dhcp=False, ip="127.0.0.1", mask="255.0.0.0", gateway="127.0.0.1")
    )
    ofd: Ofd = field(default_factory=lambda: Ofd(host="ofd.example", ip="127.0.0.1", port=7790, timer=60))
    printing: Printing = field(default_factory=lambda: Printing(model=1, font=0, retract=0))
    control: Control = field(default_factory=lambda: Control(ethernet=True, port=7777))
    marking_server: MarkingServer = field(
        default_factory=lambda: MarkingServer(host="marking.example", port=7790, timer=60)
    )
    key_server: KeyServer = field(default_factory=lambda: KeyServer(host="keys.example", port=7791))


_ENCODE = msgspec.json.Encoder().encode


class Memory:
    """The register's own non-volatile memory."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        last = lines.last()
        self.state = msgspec.json.decode(last, type=Remembered) if last else Remembered()

    def change(self, **changes: object) -> None:
        """Remember; raises ``OSError`` when the disk does not take it, and then nothing has changed."""
        state: Remembered = replace(self.state, **changes)
        self._lines.append(_ENCODE(state))
        self.state = state
