"""The running agent, driven from its own description: nothing undocumented is answered, and nothing breaks."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis

from kassanet.agent.master import VARIABLE
from kassanet.agent.openapi import OPERATIONS
from kassanet.edge.openapi.operation import Operation
from tests.kassanet.agent.office import AGREEMENT, base64_of, token
from tests.kassanet.edge.openapi.driving import drive, schema_of
from tests.kassanet.edge.openapi.service import Running, begun, until_ready
from tests.ports import free_ports

LAST = ("dropKey", "lock", "unlock")
"""Those that take away what the others need."""

AWAY = frozenset({"signDocument", "signDocuments", "uploadKey"})
"""Those that may say 503: there is no time-stamp authority here."""

IN_ORDER = sorted(OPERATIONS, key=lambda said: LAST.index(said.name) + 1 if said.name in LAST else 0)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, key_folder: Path) -> Iterator[Running]:
    folder, port = tmp_path_factory.mktemp("agent"), free_ports()
    bearer = token(folder / "data")
    words = ["agent", f"--data={folder / 'data'}", f"--port={port}"]
    environment = {**os.environ, VARIABLE: bytes(range(32)).hex()}
    with begun(words, folder / "agent.log", environment):
        url = f"http://127.0.0.1:{port}"
        until_ready(url)
        container = base64_of((key_folder / "one" / "key.pfx").read_bytes())
        upload = {"container": container, "password": "sandbox-password", "agreement": AGREEMENT}
        headers = {"Authorization": f"Bearer {bearer}"}
        given = httpx.post(f"{url}/api/v1/keys", json=upload, headers=headers, timeout=60, trust_env=False)
        assert given.status_code == 201, given.text
        yield Running(url, bearer, {"key_id": given.json()["id"]})


@pytest.fixture(scope="module")
def schema(agent: Running) -> schemathesis.BaseSchema:
    return schema_of(agent)


@pytest.mark.parametrize("said", IN_ORDER, ids=lambda said: said.name)
def test_every_answer_is_described(said: Operation, agent: Running, schema: schemathesis.BaseSchema) -> None:
    drive(said, agent, schema, away=said.name in AWAY)
