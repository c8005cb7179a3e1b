"""The dialect asked nonsense by a cashier who is let in: every answer is in its form, and nothing of ours breaks."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

from kassanet.config import Limits
from kassanet.edge.secrets import new_token, token_hash
from kassanet.prro_config import AgentSection, PrroSection
from schemas.cashdesk_answers import Refusal
from schemas.cashier_records import AddCashier
from tests.kassanet.service.counter import SOAP, Counter, soap
from tests.kassanet.service.premises import Premises, premises
from tests.kassanet.service.tax_office import DESK, REGISTER

NONSENSE: tuple[Any, ...] = (None, True, "", "\x00" * 300, [None], {}, -1, 1e308, 2**80)
LINE = {
    **SOAP, "amount": 1, "cost": 1257, "discount_sum": 0, "code": "1", "barcode": "1", "uktzed": "2204210000",
    "unit_code": 2009, "unit_name": "шт", "comment": "x", "excise_labels": ["x"], "dkpp": None,
}  # fmt: skip
PAYMENT = {"code": 0, "sum": 1260, "provided": 2000, "name": "ГОТІВКА", "rrn": "1", "card_mask": "x", "auth_code": "1"}
ASKED = {"num_fiscal": REGISTER, "external_id": "a", "width": 32, "no_text_print": False, "no_qr": True}
BODIES: dict[str, dict[str, Any]] = {
    "/authenticate": {"email": "a@b.example", "login": "a", "password": "none"},
    "/shift": {**ASKED, "action_type": "OPEN_SHIFT"},
    "/shift/xReport": ASKED,
    "/shift/lastCheck": ASKED,
    "/check/sale": {**ASKED, **soap(products=[LINE], payments=[PAYMENT], comment="x", action_type="SALE")},
    "/check/service": {**ASKED, "action_type": "SERVICE_INPUT", "total_sum": 100},
    "/check/storno": {**ASKED, "order_storno_num": "1"},
}


def spoilt(body: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """The body with each of its places in turn taken by each piece of nonsense, or left out."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield {other: kept for other, kept in body.items() if other != name}
            yield from ({**body, name: each} for each in (*NONSENSE, *spoilt(value)))
    elif isinstance(body, list):
        for each in spoilt(body[0]):
            yield [each]


async def _cashier(place: Premises) -> str:
    """One who needs no agent to be known."""
    assert place.service is not None
    token = new_token()
    write = AddCashier(
        name="Бойко П. О.",
        tin=DESK["tin"],
        key_id="shop/none",
        subject_key_id="aa" * 32,
        registers=(),
        developer=None,
        login=None,
        password_hash=None,
        uid="packet-1",
        token_hash=token_hash(token),
        by="tests",
        at=time.time(),
    )
    await place.service.journal.ask(write)
    await place.service.prro.cashiers.start()
    return token


def _must_be_in_form(answer: httpx.Response, said: object) -> None:
    assert answer.status_code in (200, 400, 401, 404, 409, 422, 429, 503), (said, answer.status_code, answer.text)
    if answer.status_code != 200:
        assert msgspec.json.decode(answer.content, type=Refusal).message, (said, answer.text)


def _away(folder: Path) -> PrroSection:
    """Neither the tax service nor the agent answers, so no check is ever made."""
    (folder / "token").write_text("none")
    agent = AgentSection("http://127.0.0.1:1", str(folder / "token"))
    return PrroSection(tax_server="http://127.0.0.1:1/fs", tick=1e6, agents={"shop": agent})


async def test_cashiers_ask_as_often_as_tokens_may(tmp_path: Path) -> None:
    slow = Limits(rate=0.01, burst=3)
    async with premises(tmp_path, 0, prro=_away(tmp_path), limits=slow) as place:
        async with place.client(await _cashier(place)) as http:
            http.headers["developer-id"] = "tests"
            answers = [await http.get("/cashdesk/checks/1/text") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
        assert msgspec.json.decode(answers[-1].content, type=Refusal).code == "too-many-requests"
        assert int(answers[-1].headers["Retry-After"]) > 90


async def test_nothing_breaks_it(tmp_path: Path) -> None:
    away = _away(tmp_path)
    async with premises(tmp_path, 0, prro=away) as place, place.client(place.token("admin")) as admin:
        assert (await admin.post("/api/v1/prro", json={"desk": DESK, "key_id": "shop/none"})).status_code == 201
        token = await _cashier(place)
        async with place.client(token) as http:
            program = Counter(http)
            http.headers["developer-id"] = "tests"
            for path, body in BODIES.items():
                _must_be_in_form(await program.ask(path, body), body)
                for said in spoilt(body):
                    _must_be_in_form(await program.ask(path, said), said)
        assert (await admin.get("/api/v1/prro/1/documents")).json()["documents"] == []
