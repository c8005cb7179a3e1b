"""A terminal that speaks PrivatBank's ECR JSON and keeps a batch: what it approved stands, whoever heard of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import trio
from msgspec import Struct

from transports.link import ByteStream
from transports.privatbank.frames import Decoder, encode
from transports.privatbank.messages import read_amount


class Slip(Struct):
    """One operation of the batch."""

    amount: int
    kind: str
    rrn: str
    at: datetime
    number: int


class EcrTerminal:
    """``local`` is its clock. ``declines`` counts the purchases that its bank will refuse."""

    def __init__(self, local: Callable[[], datetime], seconds: float = 0.3) -> None:
        self.batch: list[Slip] = []
        self.declines = 0
        self.busy = 0
        self._local = local
        self._seconds = seconds

    @property
    def left(self) -> int:
        return sum(slip.amount * (1 if slip.kind == "1" else -1) for slip in self.batch)

    async def serve(self, stream: ByteStream) -> None:
        """One connection; an operation that was begun is carried out, also when nobody listens any more."""
        decoder = Decoder()
        while data := await stream.receive_some():
            for piece in decoder.feed(data):
                answer = await self._answer(msgspec.json.decode(piece))
                await stream.send_all(encode(msgspec.json.encode(answer)))

    async def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        method, params = asked["method"], asked.get("params", {})
        match method:
            case "Purchase" | "Refund":
                return _envelope(method, await self._move(params, "1" if method == "Purchase" else "2"))
            case "GetReceiptInfo":
                return _envelope(method, _shown(self.batch[-1]) if self.batch else {"responseCode": "1000"})
            case "ServiceMessage":
                state = "2" if self.busy else "0"
                return _envelope(method, {"msgType": "getLastResult", "LastResult": state})
            case _:
                return _envelope(method, {"code": "00", "responseCode": "0000"})

    async def _move(self, params: dict[str, Any], kind: str) -> dict[str, Any]:
        self.busy += 1
        await trio.sleep(self._seconds)
        self.busy -= 1
        if self.declines:
            self.declines -= 1
            return {"responseCode": "0051", "trnStatus": "2", "amount": params["amount"]}
        number = len(self.batch) + 1
        amount = read_amount(params["amount"])
        assert amount is not None
        self.batch.append(Slip(amount, kind, f"0201234{number:05}", self._local(), number))
        return _shown(self.batch[-1])


def _shown(slip: Slip) -> dict[str, Any]:
    return {
        "amount": f"{slip.amount // 100}.{slip.amount % 100:02}",
        "approvalCode": "831742",
        "rrn": slip.rrn,
        "pan": "5168********7812",
        "invoiceNumber": str(slip.number),
        "terminalId": "S1KK0001",
        "date": f"{slip.at:%d.%m.%Y}",
        "time": f"{slip.at:%H:%M:%S}",
        "receipt": "ОПЛАТА\r\nКАРТА 5168757412347812",
        "responseCode": "0000",
        "trnStatus": "1",
        "txnType": slip.kind,
    }


def _envelope(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"method": method, "step": 0, "params": params, "error": False, "errorDescription": ""}
