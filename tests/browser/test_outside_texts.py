"""Texts from outside are never markup: names, numbers and titles that try, wherever they are shown."""

from typing import Any

from tests.browser.conftest import Opened
from tests.browser.estate import INN, Estate, until

IMAGE = '<img src=x onerror="window.caught=1">'
SCRIPT = "<script>window.caught=2</script><b>чай</b>"
TITLE = "<svg onload=window.caught=3>"


def test_markup_from_outside_stays_text(estate: Estate, opened: Opened) -> None:
    circuit = int(estate.call("POST", "/fcircuit", {"inn": INN, "title": TITLE})["id"])
    estate.call("POST", f"/fcircuit/{circuit}/int", {"type": TITLE[:32], "param1": IMAGE})
    number = estate.post(estate.circuit, external_id=IMAGE, name=SCRIPT)
    until(lambda: estate.call("GET", f"/api/v1/receipts/{number}")["status"] == "fiscalized", "the receipt")
    page = opened("/#/receipts")
    page.get_by_text(IMAGE).first.click()
    page.wait_for_selector(".slip .qr")
    assert SCRIPT in page.locator(".slip").text_content()
    assert page.locator(".slip img:not(.qr), .slip script, .slip b").count() == 0
    page.keyboard.press("Escape")
    page.locator("nav").get_by_role("link", name="Circuits").click()
    card = page.locator(".card", has_text=TITLE)
    card.locator("summary").click()
    card.get_by_text(IMAGE).wait_for()
    page.locator("nav").get_by_role("link", name="Registers").click()
    page.wait_for_selector(".tile")
    page.get_by_label("Circuit", exact=True).select_option(str(circuit))
    assert page.evaluate("window.caught") is None


def test_the_policy_forbids_what_is_not_ours(estate: Estate, chromium: Any) -> None:  # noqa: ANN401 - a browser
    page = chromium.new_page()
    answer = page.goto(estate.url)
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.wait_for_selector("#token")
    refused = page.evaluate(
        """() => { try { document.body.insertAdjacentHTML('beforeend', '<i>x</i>'); return 'taken'; }
                   catch (error) { return error.name; } }"""
    )
    assert refused == "TypeError"  # trusted types: no text becomes markup, not even by mistake
    assert page.locator("script:not([src]), style").count() == 0
    page.close()
