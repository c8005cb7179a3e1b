"""The client: one method for each thing that programs ask of the service."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import anyio
import httpx

from kassanet.client.asking import Asker
from kassanet.client.errors import NotFinal
from kassanet.client.following import Following, follow
from schemas.circuits import Circuit, CircuitKkt, CircuitState, Integration, NewCircuit, NewIntegration, NewKkt
from schemas.frs import NewApiIntegration
from schemas.kkt import KktState, ShiftDocument
from schemas.receipts import FINAL, Receipt, ReceiptRequest
from schemas.rows import HistoryLine
from schemas.shown import Acknowledged, ReceiptPage

FIRST_LOOK, LONGEST_LOOK = 0.1, 2.0
"""Seconds between two looks at a receipt that is waited for."""


class Kassanet:
    """A service at ``url``, asked with ``token``. Use it as a context manager.

    ``patience`` is how long a request that may pass later is repeated, ``timeout`` how long one try may take (seconds).
    ``tls`` is for a service whose certificate the system does not know. Every method raises
    :class:`kassanet.client.Refused` with the service's problem, and httpx's exceptions when it cannot be reached.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        patience: float = 60.0,
        timeout: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._tls = tls
        self._http = httpx.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            verify=tls if tls is not None else True,
        )
        self._asker = Asker(self._http, patience)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    # -- receipts ---------------------------------------------------------------------------------

    async def post(self, circuit_id: int, receipt: ReceiptRequest | Mapping[str, Any]) -> Acknowledged:
        """Hand over a receipt; when this returns it is on the service's disk, once.

        Tries that fail on the way are repeated with the same ``external_id``, so that it is accepted once at most;
        when patience ends, post the same receipt again later. 422 names what is wrong with it, 409 ``other-content``
        says that its ``external_id`` was used for something else.
        """
        return await self._asker.ask("POST", f"/api/v1/circuits/{circuit_id}/receipts", Acknowledged, body=receipt)

    async def receipt(self, receipt_id: int) -> Receipt:
        return await self._asker.ask("GET", f"/api/v1/receipts/{receipt_id}", Receipt)

    async def wait(self, receipt_id: int, *, timeout: float = 60.0) -> Receipt:
        """The receipt once it is fiscalized, refused or cancelled.

        Raises :class:`NotFinal` after ``timeout`` seconds: it waits for a register, or (``manual``) for a person.
        """
        until = anyio.current_time() + timeout
        pause = FIRST_LOOK
        while (found := await self.receipt(receipt_id)).status not in FINAL:
            if anyio.current_time() + pause > until:
                raise NotFinal(found)
            await anyio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_LOOK)
        return found

    async def receipts(self, circuit_id: int | None = None, **filters: str | int | None) -> ReceiptPage:
        """A page, from new to old. Filters: status, external_id, fn, fd, total, since, until, cursor, limit."""
        path = "/api/v1/receipts" if circuit_id is None else f"/api/v1/circuits/{circuit_id}/receipts"
        return await self._asker.ask("GET", path, ReceiptPage, query=filters)

    async def every_receipt(self, circuit_id: int | None = None, **filters: str | int | None) -> AsyncIterator[Receipt]:
        """All pages of :meth:`receipts`, one receipt after another."""
        cursor: int | None = None
        while True:
            page = await self.receipts(circuit_id, **{**filters, "cursor": cursor})
            for receipt in page.receipts:
                yield receipt
            if (cursor := page.next_cursor) is None:
                return

    async def history(self, receipt_id: int) -> list[HistoryLine]:
        return await self._asker.ask("GET", f"/api/v1/receipts/{receipt_id}/history", list[HistoryLine])

    async def cancel(self, receipt_id: int, reason: str) -> Receipt:
        """While it is queued; 409 afterwards."""
        body = {"reason": reason}
        return await self._asker.ask(
            "POST", f"/api/v1/receipts/{receipt_id}/cancel", Receipt, body=body, repeatable=False
        )

    # -- circuits and registers -------------------------------------------------------------------

    async def circuits(self, identifier: str) -> list[Circuit]:
        """All circuits of an INN, or the one with this ``sinn``."""
        return await self._asker.ask("GET", f"/fcircuit/{quote(identifier, safe='')}", list[Circuit])

    async def circuit_states(self) -> list[CircuitState]:
        return await self._asker.ask("GET", "/api/v1/circuits", list[CircuitState])

    async def create_circuit(self, inn: str, title: str, max_wait: int | None = None) -> Circuit:
        """``max_wait`` in seconds bounds the time of its receipts in the queue."""
        wanted = NewCircuit(inn, title, max_wait)
        return await self._asker.ask("POST", "/fcircuit", Circuit, body=wanted, repeatable=False)

    async def add_register(self, circuit_id: int, type: str, eip: str) -> CircuitKkt:  # noqa: A002 - the field's name
        path = f"/fcircuit/{circuit_id}/fr"
        return await self._asker.ask("POST", path, CircuitKkt, body=NewKkt(type, eip), repeatable=False)

    async def activate(self, eip: str) -> CircuitKkt:
        return await self._asker.ask("PATCH", f"{_frs(eip)}/activate", CircuitKkt)

    async def deactivate(self, eip: str) -> CircuitKkt:
        """The document in hand is finished."""
        return await self._asker.ask("PATCH", f"{_frs(eip)}/deactivate", CircuitKkt)

    async def remove(self, eip: str) -> None:
        await self._asker.ask("DELETE", _frs(eip), type(None), repeatable=False)

    async def registers(self) -> list[KktState]:
        """Every register as it is now."""
        return await self._asker.ask("GET", "/api/v1/kkt", list[KktState])

    async def register(self, eip: str) -> KktState:
        return await self._asker.ask("GET", f"/api/v1/kkt/{quote(eip, safe='')}", KktState)

    async def command(
        self,
        eip: str,
        name: Literal["open_shift", "close_shift", "x_report", "z_report"],
        cashier: str | None = None,
    ) -> ShiftDocument | None:
        """Let the register do it by hand; None for ``x_report``, which is no document. It may take a minute."""
        path = f"/api/v1/kkt/{quote(eip, safe='')}/{name}"
        body = {} if cashier is None else {"cashier": cashier}
        found: ShiftDocument | None = await self._asker.ask(
            "POST",
            path,
            ShiftDocument | None,  # type: ignore[arg-type]  # a union is no type to mypy, but is one to msgspec
            body=body,
            repeatable=False,
        )
        return found

    async def add_api(self, circuit_id: int, name: str | None = None) -> NewApiIntegration:
        """An integration that posts receipts; its token and callback key are told this once."""
        wanted = NewIntegration("api", name)
        path = f"/fcircuit/{circuit_id}/int"
        return await self._asker.ask("POST", path, NewApiIntegration, body=wanted, repeatable=False)

    async def switch_integration(self, integration_id: int, *, active: bool) -> Integration:
        path = f"/int/{integration_id}/{'activate' if active else 'deactivate'}"
        return await self._asker.ask("PATCH", path, Integration)

    # -- the stream -------------------------------------------------------------------------------

    def follow(self, *topics: str) -> AbstractAsyncContextManager[Following]:
        """Live state of ``kkt``, ``circuit``, ``circuit:<id>``, ``receipts:<id>``, ``actors``. On trio only."""
        url = "ws" + self._url.removeprefix("http") + "/api/v1/stream"
        return follow(url, self._token, topics, self._tls)


def _frs(eip: str) -> str:
    return f"/frs/{quote(eip, safe='')}"
