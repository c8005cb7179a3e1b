"""The agent's configuration: one TOML file, none needed; every mistake told at once, as the service does it."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from kassanet.config import ConfigError
from kassanet.edge.settings import ServerSettings
from kassanet.edge.tls import Certificate, CertificateRefused
from kassanet.located import locate
from schemas.problems import FieldError

Text = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(gt=0, le=10**7)]
Rate = Annotated[int, Meta(ge=1, le=10**6)]


class AgentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``master_key_file``: 32 bytes that wrap everything; without it, a passphrase or key from the environment.

    ``time_stamp_url`` replaces the address that certificates name. ``idle`` is how long a key stays unwrapped without
    being used, in seconds; ``tenant_a_minute`` bounds the signatures of all keys of a tenant. ``licence`` is a file,
    ``licence_key`` the cash desk's public key in PEM: where it is named, nothing is signed without a good licence.
    ``tls_certificate`` and ``tls_key`` (PEM) make it HTTPS;
    ``tls_clients`` (PEM) are authorities: every client must then show a certificate of theirs beside its token.
    """

    host: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8090
    data: Text = "kassanet-agent"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    master_key_file: Text | None = None
    time_stamp_url: Text | None = None
    time_stamp_seconds: Seconds = 10.0
    import_seconds: Seconds = 60.0
    idle: Seconds = 900.0
    tenant_a_minute: Rate | None = None
    licence: Text | None = None
    licence_key: Text | None = None
    tls_certificate: Text | None = None
    tls_key: Text | None = None
    tls_clients: Text | None = None

    def server(self) -> ServerSettings:
        return ServerSettings(
            host=self.host,
            port=self.port,
            certificate=None if self.tls_certificate is None else Path(self.tls_certificate),
            key=None if self.tls_key is None else Path(self.tls_key),
            clients=None if self.tls_clients is None else Path(self.tls_clients),
        )


def load(path: Path | None) -> AgentSettings:
    """Read and check the file; no path gives the defaults. Raises ``ConfigError``."""
    if path is None:
        return AgentSettings()
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(str(path), "", [FieldError("", f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError(str(path), "", [FieldError("", f"is not TOML: {error}")]) from None
    errors = locate(AgentSettings, raw)
    if not errors:
        settings = msgspec.convert(raw, AgentSettings)
        errors = _contradictions(settings)
        if not errors:
            return settings
    raise ConfigError(str(path), text, errors)


def _contradictions(settings: AgentSettings) -> list[FieldError]:
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        return [FieldError("tls_key", "belongs together with tls_certificate", "both or none")]
    if settings.tls_clients is not None and settings.tls_certificate is None:
        return [FieldError("tls_clients", "needs tls_certificate and tls_key")]
    if settings.tls_certificate is None or settings.tls_key is None:
        return []
    server = settings.server()
    try:
        Certificate(Path(settings.tls_certificate), Path(settings.tls_key), server.clients)
    except CertificateRefused as refused:
        found = refused.error
        return [FieldError(found.path.replace("tls.", "tls_"), found.message, found.expected)]
    return []
