"""Section 7.4: the register's own settings, and their FFD 1.2 companions (section 11).

A set command takes the struct that its get command answers. Numbers without a stated size travel as VLN, which also
reads fixed sizes.
"""

from typing import Annotated

from transports.terminalfa.commands.request import Nothing, Request, command
from transports.terminalfa.layouts import Tag, Wire
from transports.terminalfa.values import Flag, Text, Uint, Vln

_Host = Text(256)
_Ip = Text(15)


class Network(Wire, frozen=True, kw_only=True):
    """Addresses as text."""

    dhcp: Annotated[bool, Tag(30001, Flag())] | None = None
    ip: Annotated[str, Tag(30002, _Ip)] | None = None
    mask: Annotated[str, Tag(30003, _Ip)] | None = None
    gateway: Annotated[str, Tag(30004, _Ip)] | None = None


class Ofd(Wire, frozen=True, kw_only=True):
    """``timer`` in seconds. Real devices also answer an undocumented 30034, which is passed over."""

    host: Annotated[str, Tag(30040, _Host)] | None = None
    ip: Annotated[str, Tag(30005, _Ip)] | None = None
    port: Annotated[int, Tag(30006, Uint(2))] | None = None
    timer: Annotated[int, Tag(30009, Uint(2))] | None = None


class Printing(Wire, frozen=True, kw_only=True):
    model: Annotated[int, Tag(30019, Vln())] | None = None
    font: Annotated[int, Tag(30015, Vln())] | None = None
    retract: Annotated[int, Tag(30018, Vln())] | None = None
    extra_text: Annotated[str, Tag(30017, Text(1019))] | None = None


class Control(Wire, frozen=True, kw_only=True):
    """How the register is reached."""

    ethernet: Annotated[bool, Tag(30030, Flag())] | None = None
    port: Annotated[int, Tag(30032, Uint(2))] | None = None


class MarkingServer(Wire, frozen=True, kw_only=True):
    """The ОИСМ server of FFD 1.2; sizes by likeness to :class:`Ofd`."""

    host: Annotated[str, Tag(30050, _Host)] | None = None
    port: Annotated[int, Tag(30051, Uint(2))] | None = None
    timer: Annotated[int, Tag(30052, Uint(2))] | None = None


class KeyServer(Wire, frozen=True, kw_only=True):
    """The key server of FFD 1.2; sizes by likeness to :class:`Ofd`."""

    host: Annotated[str, Tag(30060, _Host)] | None = None
    port: Annotated[int, Tag(30061, Uint(2))] | None = None


@command(0x75)
class ReadNetwork(Request[Network], frozen=True):
    pass


@command(0x74)
class SetNetwork(Network, Request[Nothing], frozen=True, kw_only=True):
    pass


@command(0x77)
class ReadOfd(Request[Ofd], frozen=True):
    pass


@command(0x76)
class SetOfd(Ofd, Request[Nothing], frozen=True, kw_only=True):
    pass


@command(0x79)
class ReadPrinting(Request[Printing], frozen=True):
    pass


@command(0x78)
class SetPrinting(Printing, Request[Nothing], frozen=True, kw_only=True):
    pass


@command(0x81)
class ReadControl(Request[Control], frozen=True):
    pass


@command(0x80)
class SetControl(Control, Request[Nothing], frozen=True, kw_only=True):
    pass


@command(0x83)
class ReadMarkingServer(Request[MarkingServer], frozen=True):
    pass


@command(0x82)
class SetMarkingServer(MarkingServer, Request[Nothing], frozen=True, kw_only=True):
    pass


@command(0x85)
class ReadKeyServer(Request[KeyServer], frozen=True):
    pass


@command(0x84)
class SetKeyServer(KeyServer, Request[Nothing], frozen=True, kw_only=True):
    pass
