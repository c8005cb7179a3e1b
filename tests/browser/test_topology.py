"""The topology with what flows over it, and payments as they move: judged by the API, in a browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import Opened
from tests.browser.estate import Estate, until

HEADS = {
    "en": ("CHANNELS", "BILLINGS", "CIRCUITS", "REGISTERS"),
    "ru": ("КАНАЛЫ", "БИЛЛИНГИ", "КОНТУРЫ", "КАССЫ"),
    "uk": ("КАНАЛИ", "БІЛІНГИ", "КОНТУРИ", "КАСИ"),
}
XSS = '<img src=x onerror="window.caught=1">'


@pytest.mark.parametrize("language", HEADS)
def test_the_graph_in_each_language(estate: Estate, opened: Opened, language: str) -> None:
    page = opened("/#/topology", language=language)
    page.locator(".place", has_text="counter").wait_for()
    assert tuple(each.upper() for each in page.locator(".column-name").all_inner_texts()) == HEADS[language]
    nodes = estate.call("GET", "/api/v1/topology")["nodes"]
    assert page.locator(".place").count() == len(nodes)
    assert page.locator(".ways tbody tr").count() == page.locator(".way").count()


def test_what_flows_is_seen_on_its_way(estate: Estate, opened: Opened) -> None:
    page = opened("/#/topology")
    way = page.locator(".ways tbody tr", has_text="Channels: counter")
    expect(way).to_contain_text("receipt only")
    estate.pay("counter", "flow-first")
    expect(way.locator("td").nth(3)).to_contain_text("1 · ")
    for number in range(3):
        estate.pay("counter", f"flow-{number}")
    expect(way.locator("td").nth(2)).to_have_text(re.compile("[34] a minute"))
    expect(page.locator('.way[data-flows="true"]').first).to_be_attached()
    expect(page.locator(".pulse:visible", has_text=re.compile("[34]/min"))).to_be_visible()
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate("getComputedStyle(document.querySelector('.way[data-flows=true] .dots')).animationName")
    assert moving == "none"


def test_a_billing_that_is_away_and_what_waits_for_it(estate: Estate, opened: Opened) -> None:
    for number in range(2):
        estate.pay("web", f"gone-{number}")

    def waits() -> bool:
        found = estate.call("GET", "/api/v1/billings/gone/state")["backlog"]
        return bool(found and found["payments"] >= 2)

    until(waits, "payments to wait for the billing")
    page = opened("/#/topology")
    place = page.locator(".place", has_text="gone")
    expect(place).to_contain_text("waiting for it: ")
    place.click()
    page.wait_for_selector(".payments .row a.name")
    expect(page.get_by_label("Billing", exact=True)).to_have_value("gone")
    expect(page.locator(".billings li", has_text="gone")).to_contain_text("waiting for it: ")
    assert page.locator(".payments .row a.name", has_text="flow-0").count() == 0


def test_payments_move_without_being_asked_for(estate: Estate, opened: Opened) -> None:
    page = opened("/#/payments?channel=counter")
    page.locator(".payments .row.head").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/v1/payments" in request.url else None)
    number = estate.pay("counter", "seen-live", account=XSS[:36])
    row = page.locator(".payments .row", has_text="seen-live")
    expect(row).to_contain_text("Fiscalized")
    assert estate.call("GET", f"/api/v1/payments/{number}")["receipt"] == "fiscalized"
    expect(row).to_contain_text(XSS[:36])
    assert page.evaluate("window.caught") is None
    estate.pay("web", "of-another-channel")
    estate.pay("counter", "after-it")
    page.locator(".payments .row", has_text="after-it").wait_for()
    assert page.locator(".payments .row", has_text="of-another-channel").count() == 0
    assert asked == [], "the list was read again"


def test_what_is_owed_is_found_by_its_chip_and_given_back(estate: Estate, opened: Opened) -> None:
    number = estate.pay("web", "to-be-refused")
    estate.call("POST", f"/api/v1/payments/{number}/resolve", {"verdict": "refused", "reason": "no such account"})
    page = opened("/#/payments", role="operator")
    page.get_by_role("button", name="Owed to the payer").click()
    page.get_by_role("link", name="to-be-refused").click()
    drawer = page.locator(".drawer")
    drawer.get_by_label("Reason").fill("by card")
    drawer.get_by_role("button", name="It was given back").click()
    until(lambda: estate.call("GET", f"/api/v1/payments/{number}")["give_back"] == "done", "the money to be back")
    page.keyboard.press("Escape")
    expect(page.locator(".payments .row", has_text="to-be-refused")).to_have_count(0)


def test_a_circuit_with_many_registers_is_one_place(estate: Estate, opened: Opened) -> None:
    page = opened("/#/registers")
    many = [f"10.9.0.{number}:7777" for number in range(40)]

    def answer(route: Any) -> None:  # noqa: ANN401 - a playwright route
        told = estate.call("GET", "/api/v1/topology")
        circuit = f"circuit/{estate.circuit}"
        told["nodes"] += [{"id": f"register/{eip}", "kind": "register", "title": eip} for eip in many]
        told["edges"] += [{"source": circuit, "target": f"register/{eip}"} for eip in many]
        route.fulfill(json=told)

    page.route("**/api/v1/topology", answer)
    page.locator("nav").get_by_role("link", name="Topology").click()
    expect(page.locator(".place", has_text="45 registers")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_and_the_keyboard(estate: Estate, opened: Opened, theme: str) -> None:
    estate.pay("counter", f"axe-{theme}")
    page = opened("/#/topology", bypass_csp=True, color_scheme=theme, language="ru")
    page.locator(".place", has_text="counter").focus()
    assert serious(page) == []
    page.keyboard.press("Enter")
    page.wait_for_selector(".payments .row a.name")
    assert serious(page) == []
