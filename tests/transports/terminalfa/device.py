"""The other end of the line in tests: the codec turned round, with answers from a table instead of a fiscal storage."""

from collections.abc import Callable, Mapping
from typing import Any

import trio

from transports.link import ByteStream
from transports.terminalfa.commands import Nothing, Request, decode_request, encode_failure, encode_reply
from transports.terminalfa.frames import Frame, FrameDecoder
from transports.terminalfa.layouts import Wire

Answer = Wire | int | bytes | Callable[[Request[Any]], Wire | int | bytes]


class Device:
    """Answers each command type with a reply, an error code, or raw bytes; everything else is just done."""

    def __init__(self, answers: Mapping[type[Request[Any]], Answer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.received: list[Request[Any]] = []
        self.seconds = 0.0
        self.closes = True
        self.split_at: int | None = None  # then a pause between the two pieces of an answer

    async def serve(self, stream: ByteStream) -> None:
        decoder = FrameDecoder()
        while data := await stream.receive_some():
            for event in decoder.feed(data):
                if isinstance(event, Frame):
                    await self._answer(stream, decode_request(event))
                    if self.closes:
                        return

    async def _answer(self, stream: ByteStream, request: Request[Any]) -> None:
        self.received.append(request)
        await trio.sleep(self.seconds)
        answer = self.answers.get(type(request), Nothing())
        if callable(answer):
            answer = answer(request)
        wire = as_bytes(answer)
        await stream.send_all(wire[: self.split_at])
        if self.split_at is not None:
            await trio.sleep(0.01)
            await stream.send_all(wire[self.split_at :])


def as_bytes(answer: Wire | int | bytes) -> bytes:
    """A whole reply frame, unless the test wants bytes that are none."""
    if isinstance(answer, int):
        return encode_failure(answer)
    return answer if isinstance(answer, bytes) else encode_reply(answer)
