"""HTTPS, and clients that must show a certificate beside their token."""

import ssl
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from kassanet.cli import run
from kassanet.config import Config, ConfigError
from kassanet.prro_config import AgentSection, LocalAgentSection, PrroSection
from kassanet.prro_wiring import PrroParts
from schemas.problems import ProblemError
from tests.kassanet.agent.office import serving, settings, token
from tests.kassanet.edge.certificates import trusting, write_certificate


async def test_clients_need_a_certificate_and_a_token(tmp_path: Path) -> None:
    bearer = token(tmp_path / "data")
    chain, key = write_certificate(tmp_path)
    known, stranger = write_certificate(tmp_path, "client"), write_certificate(tmp_path, "stranger")
    said = {"tls_certificate": str(chain), "tls_key": str(key), "tls_clients": str(known[0])}

    async def status(shown: tuple[Path, Path] | None, token: str) -> int:
        context: ssl.SSLContext = trusting(chain)
        if shown is not None:
            context.load_cert_chain(*shown)
        async with httpx.AsyncClient(base_url=running.addresses[0], verify=context, timeout=60) as http:
            return (await http.get("/api/v1/keys", headers={"Authorization": f"Bearer {token}"})).status_code

    async with serving(settings(tmp_path / "data", **said), passphrase=None) as running:
        assert await status(known, bearer) == 200
        assert await status(known, "kassa_other") == 401
        for shown in (None, stranger):
            with pytest.raises(httpx.TransportError):
                await status(shown, bearer)


async def test_a_cash_desk_shows_its_certificate(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token(tmp_path / "data"))
    chain, key = write_certificate(tmp_path)
    known, stranger = write_certificate(tmp_path, "client"), write_certificate(tmp_path, "stranger")
    said = {"tls_certificate": str(chain), "tls_key": str(key), "tls_clients": str(known[0])}
    async with serving(settings(tmp_path / "data", **said), passphrase=None) as running:

        async def asked(**more: str) -> str:
            section = replace(AgentSection(running.addresses[0], str(tmp_path / "token")), **more)
            async with PrroParts(_desk(section, tmp_path)) as parts:
                try:
                    return str(await parts.agents.one("shop").keys())
                except ProblemError as refusal:
                    return refusal.problem.type.rpartition(":")[2]

        ours = {"certificate": str(known[0]), "key": str(known[1])}
        assert await asked(ca_file=str(chain), **ours) == "()"
        assert await asked(**ours) == "agent-away", "nobody has issued its certificate"
        assert await asked(ca_file=str(chain)) == "agent-away"
        shown = {"certificate": str(stranger[0]), "key": str(stranger[1])}
        assert await asked(ca_file=str(chain), **shown) == "agent-away"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"certificate": "{chain}"}, "prro.agents.shop.key"),
        ({"ca_file": "nowhere.pem"}, "prro.agents.shop.ca_file"),
        ({"ca_file": "{key}"}, "cannot be used"),
        ({"certificate": "{chain}", "key": "{other}"}, "cannot be used"),
    ],
)
def test_what_a_cash_desk_cannot_use(tmp_path: Path, said: dict[str, str], told: str) -> None:
    (tmp_path / "token").write_text("kassa_x")
    (chain, key), (_, other) = write_certificate(tmp_path), write_certificate(tmp_path, "other")
    files = {name: text.format(chain=chain, key=key, other=other) for name, text in said.items()}
    with pytest.raises(ConfigError) as refused:
        PrroParts(_desk(replace(AgentSection("https://127.0.0.1:1", str(tmp_path / "token")), **files), tmp_path))
    assert told in str(refused.value)


def _desk(agent: AgentSection, folder: Path) -> Config:
    local = LocalAgentSection(enabled=False)
    section = PrroSection(tax_server="http://127.0.0.1:1/fs", agents={"shop": agent}, local=local)
    return Config(data=str(folder / "desk"), prro=section)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tls_clients = 'a.pem'", "needs tls_certificate"),
        ("tls_certificate = 'no.pem'\ntls_key = 'no.key'", "tls_certificate cannot be read"),
        ("tls_certificate = '{chain}'\ntls_key = '{key}'\ntls_clients = '{key}'", "tls_clients holds no certificates"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    chain, key = write_certificate(tmp_path)
    (tmp_path / "agent.toml").write_text(text.format(chain=chain, key=key))
    assert run(["agent", "--config", str(tmp_path / "agent.toml"), "--data", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err.replace("`", "").replace(":", "")
