"""Listening behind an acknowledgement has an end, whatever the pinpad sends."""

from types import SimpleNamespace
from typing import Any, cast

import trio
from msgspec.structs import replace
from trio.testing import MockClock

from transports.smartsale.conversation import Conversation
from transports.smartsale.exchange import ACKNOWLEDGED
from transports.smartsale.fields import OPERATION, STATUS
from transports.smartsale.message import Message
from transports.smartsale.profiles import default_profile


class Parrot:
    """A pinpad that never believes that its result was acknowledged."""

    def __init__(self) -> None:
        self.heard = bytearray()

    async def send_all(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.heard += data

    async def receive_some(self) -> bytes:
        await trio.sleep(1.0)
        return Message.of({OPERATION: 1, STATUS: 1}).frame()


async def test_a_result_that_comes_for_ever(autojump_clock: MockClock) -> None:
    profile = default_profile()
    profile = replace(profile, timers=replace(profile.timers, linger=6.0, confirm=0.0))
    parrot = Parrot()
    exchange = SimpleNamespace(acknowledge=lambda: ACKNOWLEDGED + b"\x04", hard_deadline=trio.current_time() + 300)
    said = Conversation(cast("Any", parrot), cast("Any", exchange), cast("Any", None), lambda progress: None, profile)
    with trio.fail_after(400):
        await said.acknowledge()
    assert parrot.heard.endswith(b"\x04")
