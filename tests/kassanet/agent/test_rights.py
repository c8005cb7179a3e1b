"""Every route of the agent for every kind of token: who may, and who may not."""

from pathlib import Path

import httpx

from kassanet.agent.openapi import OPERATIONS
from schemas.records import Role
from tests.kassanet.agent.office import TIN, serving, settings, token

ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
EVERYONES = ("/api/v1/unlock", "/api/v1/lock", "/metrics")
"""What concerns all organisations: a token of one of them does not do it."""


async def test_who_may_do_what(tmp_path: Path) -> None:
    """With a body that says nothing, whoever may gets as far as its being refused."""
    bearers = {role: token(tmp_path, role) for role in ROLES}
    of_one = token(tmp_path, "admin", TIN)
    async with (
        serving(settings(tmp_path), passphrase=None) as running,
        httpx.AsyncClient(base_url=running.addresses[0], timeout=60.0, trust_env=False) as client,
    ):

        async def asked(method: str, path: str, bearer: str | None) -> int:
            headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
            path = path.replace("{key_id}", "nobody")
            return (await client.request(method.upper(), path, headers=headers)).status_code

        for said in OPERATIONS:
            nobody = await asked(said.method, said.path, None)
            assert (nobody == 401) is (said.role is not None), said.name
            for role, bearer in bearers.items():
                status = await asked(said.method, said.path, bearer)
                may = said.role is None or ROLES.index(role) >= ROLES.index(said.role)
                assert (status == 403) is not may, (said.name, role, status)
                assert status < 500 or said.path == "/readyz", (said.name, role, status)
            if said.path in EVERYONES:
                assert await asked(said.method, said.path, of_one) in (403, 404), said.name
