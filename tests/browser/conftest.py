"""One estate and one Chromium for all; each test gets a fresh profile that is signed in as it wants.

Where there is no browser the tests are skipped and say what to install.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from kassanet.edge.cookies import cookie_name
from tests.browser.estate import PATIENCE, Estate

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install -e '.[test]'")

MISSING = "no Chromium: apt-get install chromium, then run this again"
DESK = {"width": 1280, "height": 800}


class Opened(Protocol):
    """Opens a page, signed in."""

    def __call__(self, path: str = "", *, role: str = "admin", language: str = "en", **options: Any) -> Any:  # noqa: ANN401
        """A playwright page; ``path`` is the part behind the host, ``options`` are of the browser's context."""


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    if shutil.which("chromium") is None:
        pytest.skip(MISSING)
    found = Estate(Path(tmp_path_factory.mktemp("estate")))
    with found.sandbox(), found.tax_office():
        try:
            found.start()
            found.build()
            yield found
        finally:
            found.stop()


@pytest.fixture(scope="session")
def chromium(estate: Estate) -> Iterator[Any]:
    playwright.expect.set_options(timeout=PATIENCE * 1000)
    with playwright.sync_playwright() as started:
        options = ["--no-sandbox", "--disable-dev-shm-usage"]  # a container's root has neither
        program = shutil.which("chromium")
        browser = started.chromium.launch(executable_path=program, args=options, timeout=2000 * PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def opened(estate: Estate, chromium: Any) -> Iterator[Opened]:  # noqa: ANN401 - a playwright browser
    """What goes wrong inside the page fails the test, whatever it looks at."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(path: str = "", *, role: str = "admin", language: str = "en", **options: Any) -> Any:  # noqa: ANN401
        context = chromium.new_context(**{"viewport": DESK, "locale": language, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: _complaint(wrong, said))
        cookie = {"name": cookie_name(estate.url.partition("//")[2]), "value": estate.tokens[role]}
        context.add_cookies([{**cookie, "url": estate.url, "httpOnly": True, "sameSite": "Strict"}])
        page.goto(estate.url + path)
        page.wait_for_selector("html[data-live=live]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def _complaint(wrong: list[str], said: Any) -> None:  # noqa: ANN401 - a playwright message
    """The policy's refusals come as errors; a cut connection is no mistake of the page."""
    if said.type == "error" and "Failed to load resource" not in said.text and "WebSocket" not in said.text:
        wrong.append(said.text)
