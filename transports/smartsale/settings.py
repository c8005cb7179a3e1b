"""Times and bounds of an exchange. Sources measure different ones at different drivers, so all of them can be set."""

from typing import Annotated

from msgspec import Meta, Struct

from transports.smartsale.frames import MAX_BODY

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Count = Annotated[int, Meta(ge=1, le=100)]


class Timers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds, and how often something is tried. Other drivers' figures are in brackets.

    * ``connect`` bounds dialling [60].
    * ``acknowledge``: how long the pinpad may take to acknowledge the request [5; 15]. Silence is never answered by
      sending again: it may mean that the request was taken.
    * ``confirm``: how long the pinpad's network (or our serial port) may take to have received the acknowledgement of
      a result. What is written to a pulled cable is written all the same, and its terminal reverses. 0: nobody looks.
    * ``linger``: how long a pinpad is listened to behind the acknowledgement of its result. One that did not get it
      sends the result again [after 5], and is acknowledged again. For serial lines that lose bytes; every operation
      takes that much longer. A TCP link loses nothing but itself.
    * ``idle``: without any sign of life the pinpad is given up after this; WAITs, packets and host commands renew it
      [30; 120]. The maker's own library has no such limit, only the next one.
    * ``hard``: the end of everything, whatever the pinpad sends [180]. One operation may have a limit of its own.
    * ``inter_byte``: a frame that stops for this long is torn [15].
    * ``quiet``: how long the line must be silent behind something damaged before NAK is sent, and before a serial line
      that was left in an unknown state is written to.
    * ``settle``: how long a NAK must stand alone before the request is sent again. A single byte has no check sum, and
      whoever sends anything else behind it did take the request.
    * ``interrupted``: replaces ``idle`` once the pinpad was asked to stop.
    * ``sends``: transmissions of one frame, each but the first upon an explicit NAK [3]. ``naks``: how many damaged
      frames in a row are asked for again [3].
    * ``longest_frame`` and ``longest_answer`` bound one frame and a message joined from packets, in bytes; no source
      tells the protocol's own bounds.
    """

    connect: Seconds = 5.0
    acknowledge: Seconds = 5.0
    confirm: Annotated[float, Meta(ge=0, le=60)] = 5.0
    linger: Annotated[float, Meta(ge=0, le=60)] = 0.0
    idle: Seconds = 60.0
    hard: Seconds = 300.0
    inter_byte: Seconds = 2.0
    quiet: Seconds = 0.2
    settle: Seconds = 0.05
    interrupted: Seconds = 15.0
    sends: Count = 3
    naks: Count = 3
    longest_frame: Annotated[int, Meta(ge=64, le=MAX_BODY)] = MAX_BODY
    longest_answer: Annotated[int, Meta(ge=64, le=16 * 2**20)] = 2**18


class HostLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The connection to its bank that a pinpad borrows from us. Seconds, bytes, and the numbers of field 67.

    * ``connect`` and ``send`` bound those two. ``read`` is how long a read may wait for bytes before it says that there
      are none yet: the maker's library does not wait, another driver 30 s.
    * ``chunk`` is the most that one read answers, ``most`` the most that one operation may carry either way.
    * ``failed`` answers what did not succeed, ``nothing_yet`` a read without bytes (the pinpad asks again),
      ``read_failed`` a read of a connection that has ended. Pinpads take 0 for success and all others for failure; the
      maker's library says 1, one driver 2.
    """

    connect: Seconds = 10.0
    send: Seconds = 10.0
    read: Seconds = 0.2
    chunk: Annotated[int, Meta(ge=1, le=60_000)] = 1024
    most: Annotated[int, Meta(ge=1024, le=64 * 2**20)] = 2**20
    failed: Annotated[int, Meta(ge=1, le=99)] = 1
    nothing_yet: Annotated[int, Meta(ge=1, le=99)] = 1
    read_failed: Annotated[int, Meta(ge=1, le=99)] = 2
