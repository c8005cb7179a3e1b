"""A double of YooKassa's API, as far as its own client and ours need it: payments, their capture and end, refunds.

A notice says only which object to look at; whoever believes it looks here. Payments may be made over the API, as a
shop's program does, or by :meth:`Acquirer.paid`, as somebody who paid on the acquirer's page. A key of idempotence
answers its first object. What was paid is written into a book, one line a payment, for whoever judges later.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import h11
import trio
from msgspec import Struct

from kassanet.sandbox.billing.books import now
from kassanet.sandbox.books import Lines, MemoryLines
from kassanet.sandbox.http import Request, converse, response
from kassanet.sandbox.peers import Peer
from kassanet.sandbox.power import Power
from kassanet.sandbox.serving import serve_port

_SPACE = UUID("f7f1a2c0-5c1e-4f0a-9d3b-0c6b6f3a7e11")
_SUM = re.compile(r"[0-9]{1,10}\.[0-9]{2}")
_ONE = re.compile(r"/v3/(payments|refunds)(?:/([0-9a-zA-Z-]{1,64})(?:/(capture|cancel))?)?")

Object = dict[str, Any]
Answer = tuple[int, Object]


class Shop(Struct, frozen=True):
    """Whose credentials are asked for."""

    shop_id: str = "100500"
    secret: str = "test_sandbox-acquirer-secret"

    @property
    def authorization(self) -> str:
        return f"Basic {b64encode(f'{self.shop_id}:{self.secret}'.encode()).decode()}"


class Acquirer:
    """Objects by kind and id, and what becomes of a request. ``book`` gets a line for each payment that was paid."""

    def __init__(self, shop: Shop, book: Lines | None = None) -> None:
        self.shop = shop
        self.objects: dict[str, dict[str, Object]] = {"payments": {}, "refunds": {}}
        self._book = MemoryLines() if book is None else book
        self._by_key: dict[tuple[str, str], Object] = {}

    def paid(self, number: str, amount: str, metadata: Mapping[str, str]) -> Object:
        """Somebody paid; the same number is the same payment. ``amount`` is ``200.50``."""
        identifier = str(uuid5(_SPACE, number))
        known = self.objects["payments"].get(identifier)
        if known is None:
            said = {"amount": {"value": amount, "currency": "RUB"}, "capture": True, "metadata": dict(metadata)}
            known = self._payment(identifier, said)
            self._succeed(known)
        return known

    def answer(self, method: str, path: str, key: str, body: bytes) -> Answer:
        """Status and object; ``key`` is that of idempotence."""
        found = _ONE.fullmatch(path)
        if found is None:
            return 404, _error("not_found", "there is nothing here")
        kind, identifier, action = found.groups()
        if method == "GET":
            return self._shown(kind, identifier)
        if method != "POST":
            return 405, _error("not_supported", "GET and POST are")
        known = self._by_key.get((path, key))
        if known is not None:
            return 200, known
        try:
            status, made = self._done(kind, identifier, action, json.loads(body or b"{}"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return 400, _error("invalid_request", str(error) or type(error).__name__)
        if status == 200 and key:
            self._by_key[path, key] = made
        return status, made

    def _shown(self, kind: str, identifier: str | None) -> Answer:
        if identifier is None:
            return 200, {"type": "list", "items": list(self.objects[kind].values())}
        found = self.objects[kind].get(identifier)
        return (200, found) if found is not None else (404, _error("not_found", f"no such object: {identifier}"))

    def _done(self, kind: str, identifier: str | None, action: str | None, said: Object) -> Answer:
        if identifier is None:
            number = str(uuid5(_SPACE, f"{kind} {len(self.objects[kind])} {now()}"))
            return 200, self._payment(number, said) if kind == "payments" else self._refund(number, said)
        payment = self.objects[kind].get(identifier)
        if payment is None or kind != "payments" or action is None:
            return 404, _error("not_found", f"no such object: {identifier}")
        if payment["status"] not in ("pending", "waiting_for_capture"):
            return 400, _error("invalid_request", f"the payment is {payment['status']}")
        if action == "capture":
            self._succeed(payment)
        else:
            payment["status"] = "canceled"
        return 200, payment

    def _payment(self, identifier: str, said: Object) -> Object:
        value, currency = said["amount"]["value"], said["amount"]["currency"]
        if _SUM.fullmatch(value) is None:
            raise ValueError(f"amount.value is {value!r}")
        made = {
            "id": identifier,
            "status": "pending",
            "paid": False,
            "amount": {"value": value, "currency": currency},
            "created_at": now(),
            "description": said.get("description", ""),
            "metadata": said.get("metadata", {}),
            "recipient": {"account_id": self.shop.shop_id, "gateway_id": "1"},
            "refundable": False,
            "test": False,
        }
        self.objects["payments"][identifier] = made
        return made

    def _refund(self, identifier: str, said: Object) -> Object:
        payment = self.objects["payments"][said["payment_id"]]
        if payment["status"] != "succeeded":
            raise ValueError(f"payment {payment['id']} is {payment['status']}")
        amount = {"value": said["amount"]["value"], "currency": said["amount"]["currency"]}
        made = {"id": identifier, "payment_id": payment["id"], "status": "succeeded", "amount": amount}
        self.objects["refunds"][identifier] = {**made, "created_at": now()}
        return self.objects["refunds"][identifier]

    def _succeed(self, payment: Object) -> None:
        payment |= {"status": "succeeded", "paid": True, "refundable": True, "captured_at": now()}
        line = {"id": payment["id"], "amount": payment["amount"]["value"], "metadata": payment["metadata"], "at": now()}
        self._book.append(json.dumps(line, ensure_ascii=False).encode())


class AcquirerServer:
    """The double on a port."""

    def __init__(self, acquirer: Acquirer) -> None:
        self.power = Power()
        self.door = trio.Lock()
        self._acquirer = acquirer

    async def serve(
        self, host: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Listen until cancelled; starts with the port (0 picks one)."""
        await serve_port(self, self._attend, host, port, together=True, task_status=task_status)

    async def _attend(self, peer: Peer) -> float:
        return await converse(peer, self._exchange)

    async def _exchange(self, connection: h11.Connection, peer: Peer, request: Request) -> None:
        status, found = self._answer(request)
        body = json.dumps(found, ensure_ascii=False).encode()
        await peer.send(response(connection, status, [("Content-Type", "application/json; charset=utf-8")], body))

    def _answer(self, request: Request) -> Answer:
        headers = request.headers
        if headers.get("authorization") != self._acquirer.shop.authorization:
            return 401, _error("invalid_credentials", "shop id or secret key is wrong")
        return self._acquirer.answer(request.method, request.path, headers.get("idempotence-key", ""), request.body)


def notice(event: str, found: Object) -> bytes:
    """What the acquirer posts to the shop: the event and the object as it is."""
    return json.dumps({"type": "notification", "event": event, "object": found}, ensure_ascii=False).encode()


def _error(code: str, description: str) -> Object:
    return {"type": "error", "id": str(uuid5(_SPACE, description)), "code": code, "description": description}
