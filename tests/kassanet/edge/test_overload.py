"""More than the service can take: refused at once with 503 and the time to wait, and nothing else is hurt."""

from collections import Counter
from pathlib import Path

import httpx
import pytest
import trio

from kassanet import app as service
from kassanet.config import Config
from kassanet.edge.secrets import new_token, token_hash
from schemas.records import AddToken
from tests.kassanet.edge.posted import receipt

POSTS = 200


async def test_a_full_journal_answers_503_and_what_it_took_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "JOURNAL_CAPACITY", 2)
    answers: list[httpx.Response] = []
    async with trio.open_nursery() as nursery:
        running: service.Service = await nursery.start(service.serve, Config(data=str(tmp_path), port=0))
        token = new_token()
        await running.journal.ask(AddToken(token_hash(token), "admin", None, None, 0.0))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=running.addresses[0], headers=headers, trust_env=False) as http:
            made = await http.post("/fcircuit", json={"inn": "7801234564", "title": "Busy"})
            path = f"/api/v1/circuits/{made.json()['id']}/receipts"

            async def post(number: int) -> None:
                answers.append(await http.post(path, json=receipt(external_id=f"order-{number}"), timeout=60))

            async with trio.open_nursery() as crowd:
                for number in range(POSTS):
                    crowd.start_soon(post, number)
            listed = (await http.get(path, params={"limit": 500})).json()["receipts"]
            await post(POSTS)
        running.stop.set()
    told = Counter(each.status_code for each in answers)
    assert set(told) == {202, 503}, told
    for each in answers:
        if each.status_code == 503:
            assert each.json()["type"] == "urn:kassanet:problem:overloaded"
            assert int(each.headers["Retry-After"]) >= 1
    assert answers[-1].status_code == 202
    accepted = {each.json()["external_id"] for each in answers[:-1] if each.status_code == 202}
    assert accepted == {each["external_id"] for each in listed}
