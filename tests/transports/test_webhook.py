"""Notices over real sockets: what arrives, what is refused, and that a name cannot lead somewhere else."""

import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from transports.webhook import Undelivered, Webhook, may_reach

LOOPBACK = (ip_network("127.0.0.0/8"),)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Resolver(trio.abc.HostnameResolver):
    """Names as a test wants them; a list of answers is given one after another."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = names
        self.asked = 0

    async def getaddrinfo(self, host: Any, port: Any, *_: Any, **__: Any) -> Any:  # noqa: ANN401 - as the socket module's
        self.asked += 1
        answers = self.names[host.decode() if isinstance(host, bytes) else host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    async def getnameinfo(self, sockaddr: Any, flags: int) -> tuple[str, str]:  # noqa: ANN401 - as above
        raise NotImplementedError


class Receiver:
    """An integrator's server, as far as one answer goes."""

    def __init__(self, answer: bytes = OK, context: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.context = context
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, task_status: trio.TaskStatus[None]) -> None:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listeners[0].socket.getsockname()[1]
        task_status.started()
        await trio.serve_listeners(self._handle, listeners)

    async def _handle(self, plain: trio.SocketStream) -> None:
        stream: trio.abc.Stream = plain
        if self.context is not None:
            stream = trio.SSLStream(plain, self.context, server_side=True, https_compatible=True)
        try:
            await self._answer(stream)
        except trio.BrokenResourceError:
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async def _answer(self, stream: trio.abc.Stream) -> None:
        got = b""
        while b"\r\n\r\n" not in got or not got.endswith(b"}"):
            got += await stream.receive_some(65536)
        self.requests.append(got)
        if not self.answer:
            await trio.sleep_forever()
        await stream.send_all(self.answer)


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    async with trio.open_nursery() as nursery:
        await nursery.start(receiver.serve)
        yield receiver
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def webhook(
    allow: Sequence[Any] = LOOPBACK, timeout: float = 2.0, trust: ssl.SSLContext | None = None
) -> AsyncIterator[Webhook]:
    hook = Webhook(allow, timeout, trust)
    try:
        yield hook
    finally:
        await hook.aclose()


async def refusal(hook: Webhook, url: str) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await hook.post(url, b"{}", {})
    return caught.value


async def test_a_notice_arrives_as_it_was_written() -> None:
    async with receiving(Receiver()) as receiver, webhook() as hook:
        url = f"http://127.0.0.1:{receiver.port}/done?order=1"
        await hook.post(url, b'{"id":1}', {"X-Kassanet-Timestamp": "17", "Content-Type": "application/json"})
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /done?order=1 HTTP/1.1\r\n")
    assert b"\r\nHost: 127.0.0.1:%d\r\n" % receiver.port in head + b"\r\n"
    assert b"X-Kassanet-Timestamp: 17" in head
    assert body == b'{"id":1}'


@pytest.mark.parametrize("status", ["201 Created", "204 No Content"])
async def test_any_success_is_success(status: str) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    async with receiving(Receiver(answer)) as receiver, webhook() as hook:
        await hook.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})


@pytest.mark.parametrize("status", ["301 Moved", "307 Again", "400 Bad", "404 Not Found", "500 Oops", "503 Later"])
async def test_everything_else_is_not_and_no_redirect_is_followed(status: str) -> None:
    async with receiving(Receiver()) as trap:
        location = f"Location: http://127.0.0.1:{trap.port}/"
        answer = f"HTTP/1.1 {status}\r\n{location}\r\nContent-Length: 0\r\n\r\n".encode()
        async with receiving(Receiver(answer)) as receiver, webhook() as hook:
            refused = await refusal(hook, f"http://127.0.0.1:{receiver.port}/")
            assert str(refused) == f"answered {status[:3]}"
            assert not refused.unanswered
        assert not trap.requests


async def test_who_does_not_answer_is_given_up() -> None:
    async with receiving(Receiver(b"")) as receiver, webhook(timeout=0.2) as hook:
        refused = await refusal(hook, f"http://127.0.0.1:{receiver.port}/")
        assert refused.unanswered
        assert "0.2 s" in str(refused)


async def test_who_is_not_there_is_named() -> None:
    async with webhook() as hook:
        refused = await refusal(hook, "http://127.0.0.1:1/")
        assert refused.unanswered


async def test_an_endless_answer_is_not_heard_out() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 300_000
    async with receiving(Receiver(endless)) as receiver, webhook() as hook:
        with trio.fail_after(60):
            await hook.post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})


async def test_garbage_for_an_answer_is_no_answer() -> None:
    async with receiving(Receiver(b"\x00\x01 nonsense\r\n\r\n")) as receiver, webhook() as hook:
        assert (await refusal(hook, f"http://127.0.0.1:{receiver.port}/")).unanswered


@pytest.mark.parametrize(
    "url", ["ftp://shop.example/", "http://", "http:///x", "shop.example", "http://[::1/", "http://x:99999/"]
)
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    async with webhook() as hook:
        assert not (await refusal(hook, url)).unanswered


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.5", "[::1]", "169.254.169.254", "0.0.0.0", "[::ffff:10.0.0.1]"])
async def test_our_own_network_is_out_of_reach(host: str) -> None:
    async with webhook(allow=()) as hook:
        refused = await refusal(hook, f"http://{host}/")
        assert "not public" in str(refused)
        assert not refused.unanswered


async def test_a_name_is_judged_by_its_addresses_and_connected_to_the_judged_one() -> None:
    """The second look at the name would answer otherwise; nobody looks a second time."""
    async with (
        receiving(Receiver()) as receiver,
        receiving(Receiver()) as inner,
        webhook((ip_network("127.0.0.1/32"),)) as hook,
    ):
        resolver = Resolver(**{"shop.example": [["127.0.0.1"], ["127.0.0.2"]]})
        trio.socket.set_custom_hostname_resolver(resolver)
        await hook.post(f"http://shop.example:{receiver.port}/", b"{}", {})
        assert b"Host: shop.example:%d" % receiver.port in receiver.requests[0]
        assert resolver.asked == 1
        assert not inner.requests
        refused = await refusal(hook, f"http://shop.example:{inner.port}/")
        assert "127.0.0.2" in str(refused)


async def test_an_address_that_may_not_be_reached_is_passed_over() -> None:
    async with receiving(Receiver()) as receiver, webhook((ip_network("127.0.0.1/32"),)) as hook:
        trio.socket.set_custom_hostname_resolver(Resolver(**{"shop.example": [["10.0.0.1", "127.0.0.1"]]}))
        await hook.post(f"http://shop.example:{receiver.port}/", b"{}", {})


async def test_the_next_address_is_tried_when_one_does_not_take_connections() -> None:
    async with receiving(Receiver()) as receiver, webhook() as hook:
        trio.socket.set_custom_hostname_resolver(Resolver(**{"shop.example": [["127.0.0.9", "127.0.0.1"]]}))
        await hook.post(f"http://shop.example:{receiver.port}/", b"{}", {})
        assert len(receiver.requests) == 1


async def test_a_name_that_is_unknown_is_unanswered() -> None:
    async with webhook() as hook:
        names: dict[str, list[list[str]]] = {"nowhere.example": [[]]}
        trio.socket.set_custom_hostname_resolver(Resolver(**names))
        refused = await refusal(hook, "http://nowhere.example/")
        assert refused.unanswered
        assert "resolved" in str(refused)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for ``name``, and a client's that trusts it."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_the_certificate_is_checked_against_the_name_not_the_address(tmp_path: Path) -> None:
    server, trust = certificate(tmp_path, "shop.example")
    async with receiving(Receiver(context=server)) as receiver, webhook(trust=trust) as hook:
        names = {"shop.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]}
        trio.socket.set_custom_hostname_resolver(Resolver(**names))
        await hook.post(f"https://shop.example:{receiver.port}/", b"{}", {})
        refused = await refusal(hook, f"https://other.example:{receiver.port}/")
        assert "certificate" in str(refused).lower()
        assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert may_reach(address, ()) is public


def test_listed_networks_may_be_reached() -> None:
    assert may_reach("10.1.2.3", (ip_network("10.0.0.0/8"),))
    assert may_reach("::ffff:10.1.2.3", (ip_network("10.0.0.0/8"),))
    assert not may_reach("10.1.2.3", (ip_network("10.2.0.0/16"),))
