"""A terminal in memory: answers by method, and does what a test tells it to do instead."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import trio

from transports.link import ByteStream
from transports.privatbank.frames import Decoder, encode

Answering = Callable[[dict[str, Any]], Awaitable[dict[str, Any] | None]]

SOLD = {
    "amount": "12.00",
    "approvalCode": "831742",
    "rrn": "020123456789",
    "pan": "5168********7812",
    "invoiceNumber": "17",
    "terminalId": "S1KK0001",
    "merchant": "M0000001",
    "paymentSystem": "MasterCard",
    "date": "22.11.2026",
    "time": "12:31:05",
    "receipt": "ПриватБанк\r\nОПЛАТА 12.00\r\nКАРТА 5168757412347812",
    "responseCode": "0000",
    "trnStatus": "1",
    "txnType": "1",
}


def envelope(method: str, params: dict[str, Any] | None = None, *, error: bool = False, text: str = "") -> bytes:
    said = {"method": method, "step": 0, "params": params or {}, "error": error, "errorDescription": text}
    return encode(msgspec.json.encode(said))


class Terminal:
    """``answers`` by method; bytes are sent as they are, None is silence, an exception closes the link."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.requests: list[dict[str, Any]] = []
        self.answers: dict[str, bytes | type[Exception] | None] = {
            "PingDevice": envelope("PingDevice", {"code": "00", "responseCode": "0000"}),
            "Purchase": envelope("Purchase", SOLD),
            "Refund": envelope("Refund", {**SOLD, "txnType": "2"}),
            "GetReceiptInfo": envelope("GetReceiptInfo", SOLD),
            "ServiceMessage": envelope("ServiceMessage", {"msgType": "getLastResult", "LastResult": "0"}),
        }
        self.seconds = 0.0

    @property
    def methods(self) -> list[str]:
        return [request["method"] for request in self.requests]

    async def serve(self, stream: ByteStream) -> None:
        decoder = Decoder()
        while data := await stream.receive_some():
            self.heard.append(data)
            for piece in decoder.feed(data):
                request = msgspec.json.decode(piece)
                self.requests.append(request)
                answer = self.answers[request["method"]]
                if isinstance(answer, type):
                    return
                if answer is not None:
                    await trio.sleep(self.seconds if request["method"] == "Purchase" else 0)
                    await stream.send_all(answer)
