"""What people do on the page, one of each kind; what came of it is read from the API, never from the page."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import Opened
from tests.browser.estate import INN, OTHER_INN, POISONED, Estate, until


def agree(page: Any, verb: str) -> None:  # noqa: ANN401 - a playwright page
    page.locator("dialog.box").get_by_role("button", name=verb).click()


def told(page: Any, words: str) -> None:  # noqa: ANN401 - a playwright page
    expect(page.locator(".toasts")).to_contain_text(re.compile(words))


def test_shifts_and_reports_of_a_register(estate: Estate, opened: Opened) -> None:
    page = opened(f"/#/registers?open={estate.eip(0)}")
    drawer = page.locator(".drawer")
    drawer.get_by_role("button", name="X report").click()
    told(page, "Done")
    drawer.get_by_role("button", name="Z report").click()
    agree(page, "Z report")
    told(page, "document FD [0-9]+")
    until(lambda: estate.state(0)["fn"]["shift_is_open"] is False, "the shift to be closed")
    drawer.get_by_role("button", name="Open shift").click()
    until(lambda: estate.state(0)["fn"]["shift_is_open"] is True, "the shift to be open")
    journal = drawer.locator(".lines").last
    expect(journal).to_contain_text("open_shift")
    expect(journal).to_contain_text("x_report")


def test_a_register_leaves_rotation_and_comes_back(estate: Estate, opened: Opened) -> None:
    page = opened(f"/#/registers?open={estate.eip(1)}", role="operator")
    page.get_by_role("button", name="Deactivate").click()
    agree(page, "Deactivate")
    until(lambda: estate.state(1)["condition"] == "inactive", "the register to be off")
    page.locator(".drawer").get_by_role("button", name="Activate", exact=True).click()
    until(lambda: estate.state(1)["condition"] in ("ready", "busy"), "the register to be back")


def test_a_circuit_with_a_register_and_an_integration(estate: Estate, opened: Opened) -> None:
    page = opened("/#/circuits")
    page.get_by_role("button", name="New circuit").click()
    box = page.locator("dialog.box")
    box.get_by_label("INN").fill(OTHER_INN)
    box.get_by_label("Title").fill("Made by hand")
    box.get_by_role("button", name="New circuit").click()
    card = page.locator(".card", has_text="Made by hand")
    card.locator("summary").click()
    [made] = [each for each in estate.call("GET", f"/fcircuit/{OTHER_INN}") if each["title"] == "Made by hand"]

    card.get_by_role("button", name="Add a register").click()
    box.get_by_label("Address").fill("nonsense")
    box.get_by_role("button", name="Add a register").click()
    expect(box.locator(".refusal")).to_contain_text("eip")
    box.get_by_label("Address").fill("10.99.0.1:7777")
    box.get_by_role("button", name="Add a register").click()
    told(page, "is added")
    eips = [each["eip"] for each in estate.call("GET", f"/fcircuit/{made['sinn']}")[0]["frs"]]
    assert eips == ["10.99.0.1:7777"]

    card.get_by_role("button", name="Add an integration").click()
    box.get_by_role("button", name="Add an integration").click()
    token = box.get_by_label("Token").input_value()
    assert token.startswith("kassa_")
    page.keyboard.press("Escape")
    card.get_by_role("switch").click()

    def switched() -> bool:
        [each] = estate.call("GET", f"/fcircuit/{made['sinn']}")[0]["integrations"]
        return bool(each["is_active"] == 1)

    until(switched, "the integration to be on")
    expect(card.get_by_role("switch")).to_have_attribute("aria-checked", "true")

    page.goto(f"{estate.url}/#/registers?open=10.99.0.1:7777")
    page.locator(".drawer").get_by_role("button", name="Remove").click()
    agree(page, "Remove")
    until(lambda: estate.call("GET", f"/fcircuit/{made['sinn']}")[0]["frs"] == [], "the register to be gone")


def test_a_queued_receipt_is_cancelled(estate: Estate, opened: Opened) -> None:
    estate.post(estate.idle, external_id="order-unwanted")
    page = opened("/#/receipts?external_id=order-unwanted")
    page.get_by_text("order-unwanted").first.click()
    page.get_by_role("button", name="Cancel the receipt").click()
    agree(page, "Cancel the receipt")
    until(lambda: estate.receipt("order-unwanted")["status"] == "cancelled", "the receipt to be cancelled")


def test_an_alarm_is_taken_on_and_its_receipt_settled(estate: Estate, opened: Opened) -> None:
    page = opened("/#/alarms", bypass_csp=True)
    alarm = page.locator(".alarm", has_text="awaits a person's verdict").first
    alarm.get_by_role("button", name="Take it on").click()
    page.locator("dialog.box").get_by_label("Note for others").fill("looking at the tape")
    agree(page, "Take it on")
    key = f"receipt/{estate.receipt(POISONED)['id']}/receipt_manual"

    def taken() -> bool:
        [found] = [each for each in estate.call("GET", "/api/v1/alarms") if each["key"] == key]
        return bool(found.get("acknowledged", {}).get("note") == "looking at the tape")

    until(taken, "the alarm to be taken on")
    expect(alarm.locator(".taken")).to_contain_text("looking at the tape")
    alarm.locator(".about a").click()
    page.get_by_label("The document exists").check()
    assert serious(page) == []
    settling = page.locator(".settling")
    settling.get_by_label("FD").fill("999")
    settling.get_by_label("FN").fill(estate.state(0)["identity"]["fn"])
    page.get_by_label("Reason").fill("a try")
    page.get_by_role("button", name="Settle").click()
    told(page, "holds no document 999|is not this receipt")  # a claim is checked against the archive
    page.get_by_label("There is no document").check()
    page.get_by_label("Reason").fill("the tape is empty")
    page.get_by_role("button", name="Settle").click()
    until(lambda: estate.receipt(POISONED)["status"] == "fiscalized", "the receipt to be made again")
    expect(page.locator(".life")).to_contain_text("the tape is empty")
    until(lambda: key not in {each["key"] for each in estate.call("GET", "/api/v1/alarms")}, "the alarm to be over")


def test_a_receipt_shows_its_slip_its_life_and_its_bytes(estate: Estate, opened: Opened) -> None:
    number = estate.post(estate.circuit, external_id="order-seen", name="Чай «Эрл Грей»")
    until(lambda: estate.receipt("order-seen")["status"] == "fiscalized", "the receipt")
    page = opened(f"/#/receipts?open={number}")
    fiscal = estate.receipt("order-seen")["fiscal"]
    slip = page.locator(".slip")
    expect(slip).to_contain_text("Чай «Эрл Грей»")
    expect(slip).to_contain_text(str(fiscal["fpd"]))
    assert page.locator(".qr").evaluate("async image => { await image.decode(); return image.naturalWidth > 0; }")
    life = page.locator(".life")
    expect(life).to_contain_text("Accepted: on disk")
    life.locator("summary").click()
    expect(life.locator(".exchange code").first).to_contain_text("b6 29")  # a frame of the protocol begins so


def test_searching_and_the_table_for_a_spreadsheet(estate: Estate, opened: Opened, tmp_path: Path) -> None:
    estate.post(estate.idle, external_id="=cmd|formula", payments={"cashless": 50000})
    page = opened("/#/receipts")
    page.get_by_label("Total").fill("500")
    page.get_by_label("Status").select_option("queued")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("=cmd|formula").first.wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    file = tmp_path / "receipts.csv"
    waiting.value.save_as(file)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert {row["status"] for row in rows} == {"queued"}
    assert "'=cmd|formula" in {row["external_id"] for row in rows}
    assert {row["total"] for row in rows} == {"500.00"}


def test_a_viewer_is_not_offered_what_a_viewer_may_not(estate: Estate, opened: Opened) -> None:
    page = opened(f"/#/registers?open={estate.eip(0)}", role="viewer")
    page.wait_for_selector(".drawer .hours")
    assert page.locator(".drawer .actions button").count() == 0
    page.keyboard.press("Escape")
    names = page.locator("nav a").all_inner_texts()
    assert not [name for name in names if name.startswith("Actors")]
    page.locator("nav").get_by_role("link", name="Circuits").click()
    page.wait_for_selector(".card")
    assert page.get_by_role("button", name="New circuit").count() == 0


def test_a_link_with_a_token_signs_in_and_forgets_it(estate: Estate, chromium: Any) -> None:  # noqa: ANN401 - a browser
    page = chromium.new_context().new_page()
    page.goto(f"{estate.url}/#token={estate.tokens['viewer']}")
    page.wait_for_selector(".tile")
    assert "token" not in page.url
    page.context.close()


def test_signing_in_and_out(estate: Estate, chromium: Any) -> None:  # noqa: ANN401 - a browser
    page = chromium.new_context(locale="en").new_page()
    page.goto(estate.url)
    page.get_by_label("Token").fill("kassa_" + "x" * 43)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    page.get_by_label("Token").fill(estate.tokens["viewer"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".tile")
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert page.evaluate("document.cookie + JSON.stringify(localStorage)").find("kassa_") == -1
    page.reload()
    page.wait_for_selector(".tile")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("#token")
    assert page.context.cookies() == []
    page.context.close()


def test_another_origins_page_can_do_nothing_with_the_cookie(estate: Estate, opened: Opened) -> None:
    """Another port is the same site for a browser, so the cookie comes along: what is asked is refused all the same."""
    page = opened()
    [cookie] = page.context.cookies()
    said = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    foreign: tuple[dict[str, str], ...] = (
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    )
    for where in foreign:
        answer = httpx.post(
            f"{estate.url}/fcircuit", json={"inn": INN, "title": "x"}, headers={**said, **where}, trust_env=False
        )
        assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[1]) == (403, "cross-origin"), where
    own = httpx.post(f"{estate.url}/fcircuit", json={}, headers={**said, "Origin": estate.url}, trust_env=False)
    assert own.status_code == 422


def test_a_pinpad_is_added_and_switched_on(estate: Estate, opened: Opened) -> None:
    page = opened("/#/pinpads", role="operator")
    page.get_by_role("button", name="Add a pinpad").click()
    box = page.locator("dialog.box")
    box.get_by_label("Address").fill("10.99.0.2:7000")
    box.get_by_role("button", name="Add a pinpad").click()
    told(page, "is added")
    [made] = [each for each in estate.call("GET", "/api/v1/pinpads") if each["spec"]["address"] == "10.99.0.2:7000"]
    page.locator(".pinpad", has_text="10.99.0.2").click()
    page.locator(".drawer").get_by_role("button", name="Activate", exact=True).click()
    until(lambda: estate.call("GET", f"/api/v1/pinpads/{made['id']}")["is_active"] == 1, "the pinpad to be on")
    page.locator(".drawer").get_by_role("button", name="Deactivate").click()
    agree(page, "Deactivate")
    until(lambda: estate.call("GET", f"/api/v1/pinpads/{made['id']}")["is_active"] == 0, "the pinpad to be off")


def test_a_payment_that_no_billing_decides_is_decided_by_hand(estate: Estate, opened: Opened) -> None:
    template = {"tax_system": "usn_income", "items": [{"name": "Услуги связи", "vat": "none"}]}
    way = {"name": "desk", "channel": "desk", "inn": INN, "billing": "away", "circuit": estate.circuit}
    estate.call("POST", "/api/v1/channels", {"name": "desk", "kind": "api", "inn": INN})
    estate.call("POST", "/api/v1/billings", {"name": "away", "kind": "osmp", "url": f"http://{estate.eip(99)}/"})
    estate.call("POST", "/api/v1/routes", {**way, "receipt": template})
    said = {"txn_id": "till-1", "channel": "desk", "account": "100500", "sum": 20_050}
    number = estate.call("POST", "/api/v1/payments", {**said, "payer": {"email": "a@b.example"}})["id"]
    page = opened("/#/payments", role="operator")
    page.get_by_role("link", name="till-1").click()
    page.locator(".drawer").get_by_label("Reason").fill("seen in the billing's cabinet")
    page.locator(".drawer").get_by_role("button", name="The billing has credited it").click()
    until(lambda: estate.call("GET", f"/api/v1/payments/{number}")["receipt"] == "fiscalized", "its receipt")
    assert estate.call("GET", f"/api/v1/payments/{number}")["credit"] == "done"
    expect(page.locator(".drawer .life")).to_contain_text("seen in the billing's cabinet")
