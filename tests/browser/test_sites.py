"""Sites and their registers on the page, as the stream tells of them; nothing dials in here, the test speaks for it."""

import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import Opened
from tests.browser.estate import INN, Estate
from tests.browser.test_live import spoken

WORDS = {"en": "Away", "ru": "Нет связи", "uk": "Немає зв'язку"}
SITE: dict[str, Any] = {
    "id": 1, "name": "north", "inn": INN, "condition": "connected", "away_since": None, "seen_at": None, "rev": None,
    "lag": 0.4, "registers": 2, "version": "1.0", "receipts": "central", "commands": ["x_report"],
    "address": "10.1.0.2", "reconnects": 1, "owed": 3, "behind": 0, "unknown_commands": 0,
}  # fmt: skip


def site(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a site
    return {"topic": "sites", "key": "north", "state": {**SITE, "connected_since": time.time() - 60, **changes}}


def register(estate: Estate, number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a register
    eip = f"north/10.1.0.{number}:7777"
    state = {**estate.state(0), "eip": eip, "site": "north", "inn": INN, "circuit_id": None, **changes}
    return {"topic": "kkt", "key": eip, "state": state}


@pytest.mark.parametrize("language", WORDS)
def test_a_site_comes_and_goes(estate: Estate, opened: Opened, language: str) -> None:
    page = opened("/#/sites", language=language, bypass_csp=True)
    say = spoken(page)
    page.reload()
    page.wait_for_selector("html[data-live=live]")
    say("delta", [site(), register(estate, 1), register(estate, 2)])
    card = page.locator(".site")
    expect(card).to_have_attribute("data-tone", "good")
    expect(card).to_contain_text("10.1.0.2")
    assert serious(page) == []
    say("delta", [site(condition="away", connected_since=None, away_since=time.time() - 120, lag=None)])
    expect(card).to_have_attribute("data-tone", "bad")
    expect(card.locator(".state")).to_contain_text(WORDS[language])
    assert serious(page) == []
    assert "undefined" not in card.inner_text()


def test_registers_of_a_site_stand_together(estate: Estate, opened: Opened) -> None:
    page = opened("/#/registers?group=site")
    say = spoken(page)
    page.reload()
    page.locator(".tile").first.wait_for()
    away = time.time() - 300
    say("delta", [site(), register(estate, 1), register(estate, 2, stale_since=away)])
    heads = page.locator(".section-head")
    expect(heads.filter(has_text="Site north")).to_contain_text("2")
    expect(heads.filter(has_text="This server")).to_be_visible()
    stale = page.locator(".tile", has_text="north/10.1.0.2:7777")
    expect(stale).to_contain_text("not live since")
    page.locator(".tile", has_text="north/10.1.0.1:7777").click()
    drawer = page.locator(".drawer")
    expect(drawer.get_by_role("button", name="X report")).to_be_visible()
    assert drawer.get_by_role("button", name="Open shift").count() == 0  # the site does not permit it
