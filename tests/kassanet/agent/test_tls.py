"""HTTPS, and clients that must show a certificate beside their token."""

import ssl
from pathlib import Path

import httpx
import pytest

from kassanet.cli import run
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
