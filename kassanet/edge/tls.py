"""HTTPS without a proxy: the certificate and its key, checked before anything listens.

The files are loaded anew when they change, so that a renewed certificate needs no restart; one that cannot be loaded
then leaves the old one in force, and the log says so.
"""

import ssl
from pathlib import Path

import structlog
import trio

from schemas.problems import FieldError

LOOK_AGAIN_SECONDS = 10.0

_log = structlog.get_logger("edge.tls")


class CertificateRefused(Exception):
    """Certificate and key cannot be used; ``error`` names the setting and says why."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(f"{error.path} {error.message}")
        self.error = error


class HalfClosing(trio.abc.HalfCloseableStream):
    """The socket below TLS, whose end is only a closed sending side.

    TLS says its last word and then closes what is below it. Were that the socket, unread bytes in it would send a reset
    that can overtake the last answer; so whoever owns the socket closes it, after the client had its moment.
    """

    def __init__(self, below: trio.SocketStream) -> None:
        self.below = below
        self.socket = below.socket

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self.below.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self.below.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        await self.below.send_eof()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return await self.below.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self.below.send_eof()


class Certificate:
    """A certificate chain and its key, PEM. Raises :class:`CertificateRefused`.

    ``clients``: authorities, PEM, one of which must have issued the certificate that a client then has to show; or,
    where that is ``optional``, that it shows if it shows one. One that they did not issue ends the handshake.
    """

    def __init__(self, chain: Path, key: Path, clients: Path | None = None, *, optional: bool = False) -> None:
        self._optional = optional
        self._chain = chain
        self._key = key
        self._clients = clients
        self._loaded = self._stamp()
        self._context = self._load()
        self._looked_at = 0.0

    def wrap(self, stream: trio.SocketStream) -> "trio.SSLStream[HalfClosing]":
        """The server's side of TLS over a connection; the handshake is still to come."""
        now = trio.current_time()
        if now - self._looked_at >= LOOK_AGAIN_SECONDS:
            self._looked_at = now
            self._refresh()
        return trio.SSLStream(HalfClosing(stream), self._context, server_side=True)

    def _refresh(self) -> None:
        stamp = self._stamp()
        if stamp == self._loaded:
            return
        self._loaded = stamp
        try:
            self._context = self._load()
        except CertificateRefused as refused:
            _log.error("certificate_not_renewed", error=str(refused))
        else:
            _log.info("certificate_renewed", file=str(self._chain))

    def _stamp(self) -> list[tuple[int, int] | None]:
        return [_changed(path) for path in (self._chain, self._key, self._clients) if path is not None]

    def _load(self) -> ssl.SSLContext:
        for name, path in (("tls.certificate", self._chain), ("tls.key", self._key)):
            _check_readable(name, path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Not h2: in hypercorn 0.18 one body that outlives its refusal ends every request of its connection (KeyError).
        context.set_alpn_protocols(["http/1.1"])
        try:
            # A password is given so that an encrypted key fails here and does not ask on a terminal nobody watches.
            context.load_cert_chain(self._chain, self._key, password="")
        except (ssl.SSLError, ValueError, OSError) as error:
            wanted = "a PEM chain, and the PEM key of its first certificate, not encrypted"
            said = f"cannot be used with the key ({_reason(error)})"
            raise CertificateRefused(FieldError("tls.certificate", said, wanted)) from None
        if self._clients is not None:
            _ask_clients(context, self._clients, ssl.CERT_OPTIONAL if self._optional else ssl.CERT_REQUIRED)
        return context


def _ask_clients(context: ssl.SSLContext, authorities: Path, how: ssl.VerifyMode) -> None:
    _check_readable("tls.clients", authorities)
    try:
        context.load_verify_locations(authorities)
    except (ssl.SSLError, ValueError, OSError) as error:
        said = f"holds no certificates ({_reason(error)})"
        raise CertificateRefused(FieldError("tls.clients", said, "certificates of authorities, PEM")) from None
    context.verify_mode = how


def _reason(error: Exception) -> str:
    """OpenSSL's own word, where it has one: ``key values mismatch``."""
    word = error.reason if isinstance(error, ssl.SSLError) else None
    return word.lower().replace("_", " ") if word else "one of them is not what it should be"


def _check_readable(name: str, path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise CertificateRefused(FieldError(name, f"cannot be read: {error.strerror}", "a PEM file")) from None


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
