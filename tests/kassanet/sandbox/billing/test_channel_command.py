"""A channel that is shut out says so and ends, instead of repeating for ever; one that is not heard says that."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kassanet.cli import run

PROBLEM = b'{"type":"urn:kassanet:problem:not-found","title":"Not found","status":404}'
PAID = b"<response><osmp_txn_id>1</osmp_txn_id><result>0</result></response>"


class Shut(BaseHTTPRequestHandler):
    """Refuses as kassanet does where there is no channel; ``/hangs-up`` answers nothing at first."""

    hung_up = False

    def do_GET(self) -> None:
        if self.path.startswith("/hangs-up"):
            if not Shut.hung_up:
                Shut.hung_up = True
                return
            self._answer(200, PAID)
            return
        self._answer(404, PROBLEM)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        """Nothing into the tests' output."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Shut) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def play(url: str) -> int:
    quiet = [f"--{name}=0" for name in ("checks", "deaf", "echoes")]
    return run(["sandbox", "channel", "--kind=osmp", "--count=1", f"--url={url}", *quiet])


def test_where_there_is_no_channel_it_ends(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(f"{url}/channels/nosuch") == 1
    assert f"{url}/channels/nosuch answers 404" in capsys.readouterr().err


def test_who_does_not_answer_is_told_of_once(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(f"{url}/hangs-up") == 0
    printed = capsys.readouterr()
    assert printed.err.count("no answer") == 1
    assert printed.out.endswith("paid\n")
