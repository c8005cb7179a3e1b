"""Every page, in each language, light and dark, on a desk and on a phone; axe finds nothing serious on any of them."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import Opened
from tests.browser.estate import Estate

LANGUAGES = {
    "en": ("Registers", "Circuits", "Receipts", "Payments", "Topology", "Pinpads", "PRRO", "Sites", "Alarms", "Actors"),
    "ru": ("Кассы", "Контуры", "Чеки", "Платежи", "Топология", "Пинпады", "ПРРО", "Площадки", "Тревоги", "Акторы"),
    "uk": ("Каси", "Контури", "Чеки", "Платежі", "Топологія", "Пінпади", "ПРРО", "Майданчики", "Тривоги", "Актори"),
}
SEEN = {
    "registers": ".tile",
    "registers?view=table": ".row .eip",
    "circuits": ".card",
    "receipts": ".row a.name",
    "payments": ".payments .row, .payments .empty:not(:empty)",
    "topology": ".place",
    "pinpads": ".pinpad",
    "prro": ".tile.prro",
    "prro?view=keys": ".keys .rows > .row",
    "sites": ".site, .empty:not(:empty)",
    "alarms": ".alarm, .empty.well",
    "actors": ".actors .row .name",
}
PAGES = tuple(where for where in SEEN if "?" not in where)
WIDTH = 390
PHONE: dict[str, Any] = {"viewport": {"width": WIDTH, "height": 800}, "has_touch": True, "is_mobile": True}

WIDER = """() => [...document.querySelectorAll('body *')].filter(each => {
  const box = each.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1 && !each.closest('.table, nav, .chips, .graph-holder, .unseen, svg');
}).map(each => each.outerHTML.slice(0, 120))"""
"""What hangs over the right edge; tables, the graph, the navigation and the chips scroll by themselves."""


def go(page: Any, where: str) -> None:  # noqa: ANN401 - a playwright page
    """By the address, as a link from elsewhere would."""
    page.evaluate("where => { location.hash = '#/' + where }", where)
    page.wait_for_selector(SEEN[where])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_each_language(opened: Opened, language: str) -> None:
    page = opened(language=language)
    assert page.locator("html").get_attribute("lang") == language
    for title, where in zip(LANGUAGES[language], PAGES, strict=True):
        page.locator("nav").get_by_role("link", name=title).click()
        page.wait_for_selector(SEEN[where])
        assert page.get_by_role("heading", level=1).first.text_content().startswith(title)
    texts = page.locator("body").inner_text()
    assert "undefined" not in texts
    assert "{" not in texts


def test_the_language_and_the_theme_are_remembered(opened: Opened) -> None:
    page = opened(language="ru")
    page.get_by_label("Язык").select_option("uk")
    page.wait_for_selector("text=Каси")
    page.get_by_label("Тема").select_option("dark")
    page.reload()
    page.wait_for_selector(".tile")
    assert page.locator("nav a").first.text_content().startswith("Каси")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(estate: Estate, opened: Opened, theme: str) -> None:
    page = opened(bypass_csp=True, color_scheme=theme, language="ru")  # axe itself is a script from elsewhere
    for where in SEEN:
        go(page, where)
        assert serious(page) == [], where
    page.evaluate("eip => { location.hash = '#/registers?open=' + eip }", estate.eip(0))
    page.wait_for_selector(".drawer .hours")
    assert serious(page) == [], "a register"
    page.evaluate("id => { location.hash = '#/receipts?open=' + id }", str(estate.receipt("first-1")["id"]))
    page.wait_for_selector(".slip .qr")
    assert serious(page) == [], "a receipt"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Выйти").click()
    page.wait_for_selector("#token")
    assert serious(page) == [], "the entrance"


def test_the_link_of_the_page_is_in_sight_on_a_phone(opened: Opened) -> None:
    page = opened(**PHONE)
    for where in ("actors", "registers", "prro"):
        go(page, where)
        expect(page.locator("nav a[aria-current=page]")).to_be_in_viewport(ratio=1)


def test_a_phone_shows_everything_in_its_width(opened: Opened) -> None:
    page = opened(**PHONE)
    for where in SEEN:
        go(page, where)
        wide = page.evaluate(WIDER)
        assert wide == [], where
        assert page.locator(SEEN[where]).first.is_visible()
    go(page, "registers")
    page.locator(".tile").first.tap()
    page.wait_for_selector(".drawer .facts")
    expect(page.locator(".drawer")).to_be_in_viewport()
    assert round(page.locator(".drawer").bounding_box()["width"]) == WIDTH


def test_the_keyboard_reaches_what_the_mouse_does(estate: Estate, opened: Opened) -> None:
    page = opened("/#/registers?group=none")
    page.locator(".tile").first.wait_for()
    page.get_by_label("Order").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.querySelector('.eip').textContent")
    assert first == estate.eip(0)
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.querySelector('.eip').textContent") == estate.eip(1)
    page.keyboard.press("Enter")
    page.wait_for_selector(".drawer .actions")
    page.keyboard.press("Escape")
    page.wait_for_selector(".drawer", state="detached")
    assert page.evaluate("document.activeElement.querySelector('.eip').textContent") == estate.eip(1)


def test_filters_live_in_the_address(estate: Estate, opened: Opened) -> None:
    page = opened()
    page.get_by_label("Address, serial number, FN, circuit…").fill(estate.eip(1))
    expect(page.locator(".tile")).to_have_count(1)
    page.reload()
    expect(page.locator(".tile")).to_have_count(1)
    assert page.locator(".eip").text_content() == estate.eip(1)
