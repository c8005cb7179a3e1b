"""Software registers on the page: what an operator does with one, through an outage and back; keys; rights."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import Opened
from tests.browser.estate import Estate, until
from tests.browser.test_actions import agree, told
from tests.browser.test_pages import PHONE, WIDER

WORDS = {
    "en": ("Online", "Offline, this month", "168 h left of 168 h", "Next local number"),
    "ru": ("На связи", "Офлайн: месяц", "осталось 168 ч из 168 ч", "Следующий локальный №"),
    "uk": ("На зв'язку", "Офлайн: місяць", "лишилося 168 год з 168 год", "Наступний локальний №"),
}


def kinds(estate: Estate) -> list[str]:
    found = estate.call("GET", f"/api/v1/prro/{estate.prro}/documents?limit=500")["documents"]
    return [each["kind"] for each in found]


@pytest.mark.parametrize("language", WORDS)
def test_a_register_in_each_language(opened: Opened, language: str) -> None:
    page = opened("/#/prro", language=language)
    tile = page.locator(".tile.prro")
    for words in WORDS[language]:
        expect(tile).to_contain_text(words)
    assert "undefined" not in tile.inner_text()


def test_a_shift_by_hand_and_what_a_buyer_reads(estate: Estate, opened: Opened) -> None:
    page = opened(f"/#/prro?open={estate.prro}", role="operator")
    drawer = page.locator(".drawer")
    if not estate.condition().get("shift_is_open"):
        drawer.get_by_role("button", name="Open shift").click()
        told(page, "Document № ")
    drawer.get_by_role("button", name="X report").click()
    expect(page.locator("dialog.box .tape")).to_contain_text("X")
    page.keyboard.press("Escape")
    drawer.get_by_role("button", name="Z report").click()
    agree(page, "Z report")
    until(lambda: kinds(estate)[:2] == ["close_shift", "z_report"], "the shift to be closed")
    assert not estate.condition().get("shift_is_open")
    drawer.get_by_role("button", name="Open shift").click()
    until(lambda: bool(estate.condition().get("shift_is_open")), "the shift to be open")
    sold = estate.sell("order-read")
    line = drawer.locator(".documents li", has_text=f"{sold['local_number']} · Sale")
    expect(line).to_contain_text("registered")
    line.locator("summary").click()
    expect(line.locator(".tape")).to_contain_text("Кава")
    expect(line.locator(".tape")).to_contain_text(sold["fiscal_number"])
    with page.expect_popup() as waiting:
        line.get_by_role("link", name="With its QR code").click()
    assert waiting.value.locator("svg").count() == 1
    later = estate.sell("order-later")
    expect(drawer.locator(".documents li", has_text=f"{later['local_number']} · Sale")).to_be_visible()
    assert line.get_by_role("link", name="At the tax service").get_attribute("href").startswith("https://")


def test_an_outage_and_back(estate: Estate, opened: Opened) -> None:
    estate.sell("before-the-outage")
    page = opened("/#/prro", role="operator")
    tile = page.locator(".tile.prro")
    expect(tile).to_contain_text("Online")
    estate.office.tell("close")
    try:
        assert estate.sell("in-the-outage")["status"] == "offline"
        expect(tile).to_contain_text("Works offline")
        expect(tile).to_contain_text("35 h left of 36 h")
        waiting = tile.locator(".figure", has_text="Documents waiting")
        expect(waiting).to_contain_text(str(estate.condition()["waiting"]))
        page.locator("nav").get_by_role("link", name="Alarms").click()
    finally:
        estate.office.tell("reopen")
    until(lambda: estate.condition()["condition"] == "online", "the register to be back")
    page.locator("nav").get_by_role("link", name="PRRO").click()
    expect(tile).to_contain_text("Online")


def test_offline_by_hand(estate: Estate, opened: Opened) -> None:
    estate.sell("before-by-hand")
    page = opened(f"/#/prro?open={estate.prro}", role="operator")
    drawer = page.locator(".drawer")
    drawer.get_by_role("button", name="Go offline").click()
    agree(page, "Go offline")
    until(lambda: estate.condition()["condition"] == "offline", "the register to be offline")
    expect(drawer.locator(".condition")).to_have_text("Works offline")
    expect(drawer.locator(".documents")).to_contain_text("Offline begins")
    drawer.get_by_role("button", name="Go online").click()
    until(lambda: estate.condition()["condition"] == "online", "the register to be online")
    expect(drawer.locator(".documents")).to_contain_text("Offline ends")


def test_a_viewer_looks_and_does_nothing(estate: Estate, opened: Opened) -> None:
    page = opened(f"/#/prro?open={estate.prro}", role="viewer")
    page.wait_for_selector(".drawer .documents summary")
    names = page.locator(".drawer .actions button").all_inner_texts()
    assert set(names) <= {"X report"}
    assert page.get_by_role("button", name="Add a software register").count() == 0


def test_names_of_registers_are_never_markup(estate: Estate, opened: Opened) -> None:
    image = '<img src=x onerror="window.caught=1">'
    page = opened("/#/prro")
    page.get_by_role("button", name="Add a software register").click()
    box = page.locator("dialog.box")
    for label, text in {
        "Fiscal number of the register": "4000000777",
        "Tax number": "40000001",
        "Organisation": image,
        "Point of sale": image,
        "Taxes": "А 20, Б 7",
        "Signing key": "shop/none",
    }.items():
        box.get_by_label(label, exact=True if label == "Organisation" else None).fill(text)
    box.get_by_role("button", name="Add a software register").click()
    told(page, "4000000777")
    [made] = [each for each in estate.call("GET", "/api/v1/prro") if each["desk"]["register"] == 4000000777]
    try:
        assert [each["percent"] for each in made["desk"]["taxes"]] == [2000, 700]
        tile = page.locator(".tile.prro", has_text="4000000777")
        expect(tile).to_contain_text(image)
        tile.click()
        expect(page.locator(".drawer h2")).to_contain_text(image)
        assert page.locator(".drawer img, .tile img, .section-head img").count() == 0
        assert page.evaluate("window.caught") is None
    finally:
        estate.call("DELETE", f"/api/v1/prro/{made['id']}")
    expect(page.locator(".tile.prro", has_text="4000000777")).to_have_count(0)


def test_keys_with_their_owners_and_ends(estate: Estate, opened: Opened) -> None:
    page = opened("/#/prro")
    page.locator(".views").get_by_role("link", name="Signing keys").click()
    row = page.locator(".keys .rows > .row", has_text=estate.office.key_id.partition("/")[2])
    expect(row).to_contain_text("signs")
    expect(row).to_contain_text(re.compile(r"\d{4} \([\d,]+ days?\)"))
    expect(row).to_contain_text("Магазин")
    expect(page.locator(".agents")).to_contain_text("shop")
    page.go_back()
    expect(page.locator(".tile.prro .key").first).to_contain_text("good until")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_on_an_open_register(estate: Estate, opened: Opened, theme: str) -> None:
    page = opened(f"/#/prro?open={estate.prro}", bypass_csp=True, color_scheme=theme, language="uk")
    page.locator(".drawer .documents summary").first.click()
    page.wait_for_selector(".drawer .tape")
    assert serious(page) == []


def test_a_phone(estate: Estate, opened: Opened) -> None:
    page = opened("/#/prro", **PHONE)
    page.locator(".tile.prro").first.tap()
    page.wait_for_selector(".drawer .documents summary")
    page.locator(".drawer .documents summary").first.tap()
    page.wait_for_selector(".drawer .tape")
    wide: Any = page.evaluate(WIDER.replace(".table,", ".table, .tape,"))
    assert wide == []
