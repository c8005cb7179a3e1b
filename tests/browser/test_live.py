"""The page stays true while things happen: work going on, a restart under it, a slow link, a socket dead in sleep."""

import json
import re
from functools import partial
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Opened
from tests.browser.estate import Estate, until


def test_work_is_seen_as_it_happens(estate: Estate, opened: Opened) -> None:
    page = opened("/#/receipts")
    page.wait_for_selector(".row a.name")
    estate.post(estate.circuit, external_id="order-live")
    row = page.locator(".row", has_text="order-live")
    expect(row).to_have_attribute("data-status", "fiscalized")


def test_a_change_touches_only_what_it_changes(estate: Estate, opened: Opened) -> None:
    page = opened("/#/registers?group=none")
    page.locator(".tile").nth(3).wait_for()
    page.evaluate(
        """() => {
          window.touched = new Set();
          const note = changes => changes.forEach(change => {
            const node = change.target.nodeType === 1 ? change.target : change.target.parentElement;
            window.touched.add(node.closest('.tile')?.querySelector('.eip').textContent ?? 'elsewhere');
          });
          document.querySelectorAll('.condition').forEach(each =>
            new MutationObserver(note).observe(each, { childList: true, characterData: true, subtree: true }));
        }"""
    )
    before = page.evaluate("document.querySelectorAll('.tile').length")
    estate.call("PATCH", f"/frs/{estate.eip(2)}/deactivate")
    expect(page.locator(".tile", has_text=estate.eip(2)).locator(".condition")).to_have_text("Switched off")
    assert page.evaluate("[...window.touched]") == [estate.eip(2)]
    assert page.evaluate("document.querySelectorAll('.tile').length") == before
    estate.call("PATCH", f"/frs/{estate.eip(2)}/activate")


def test_a_restart_under_an_open_page(estate: Estate, opened: Opened) -> None:
    page = opened("/#/registers")
    page.evaluate("window.sameDocument = true")
    freshness = page.locator(".freshness")
    expect(freshness).to_have_text("live")
    estate.stop()
    expect(freshness).to_contain_text("stale since")
    assert page.locator(".tile").count() > 3  # what was known is still shown
    estate.start()
    expect(freshness).to_have_text("live")
    assert page.evaluate("window.sameDocument") is True
    estate.call("PATCH", f"/frs/{estate.eip(3)}/deactivate")
    expect(page.locator(".tile", has_text=estate.eip(3)).locator(".condition")).to_have_text("Switched off")
    estate.call("PATCH", f"/frs/{estate.eip(3)}/activate")
    until(lambda: estate.state(3)["condition"] == "ready", "the register to be back")


def test_a_socket_that_died_asleep_is_noticed(opened: Opened) -> None:
    """After sleep a socket may be dead without a word; silence longer than the service's heartbeat tells."""
    page = opened("/#/registers")
    page.clock.install()
    page.reload()
    expect(page.locator(".freshness")).to_have_text("live")
    sockets: list[Any] = []
    page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108 - playwright marks what it calls
    page.evaluate("WebSocket.prototype.send = WebSocket.prototype.close = () => {}")
    page.clock.fast_forward(60_000)
    until(lambda: page.evaluate("1") and bool(sockets), "another socket")


def test_a_slow_link(estate: Estate, opened: Opened) -> None:
    """100 kB/s and 200 ms: modules are fetched together and packed, so the page is there within a few round trips."""
    page = opened()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    slow = {"offline": False, "latency": 200, "downloadThroughput": 100_000, "uploadThroughput": 20_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.reload(wait_until="commit")
    page.wait_for_selector(".tile")
    sizes = page.evaluate("performance.getEntriesByType('resource').map(each => each.encodedBodySize)")
    assert 0 < sum(sizes) < 150_000
    page.locator("nav").get_by_role("link", name="Receipts").click()
    page.locator(".row a.name").first.click()
    page.wait_for_selector(".slip .qr")


def test_a_new_critical_alarm_rings(opened: Opened) -> None:
    """What is there when the page opens does not ring, nor does what is less than critical."""
    page = opened("/#/registers")
    say = spoken(page)
    page.add_init_script(
        """window.rung = [];
        window.Notification = class { constructor(title) { window.rung.push(title); } };
        window.Notification.permission = 'granted';"""
    )
    page.reload()
    page.wait_for_selector("html[data-live=live]")
    until(partial(_alarming, say, page), "an alarm that is shown")
    assert set(page.evaluate("window.rung")) == {"The register reports a fatal error"}
    assert page.title().startswith("(")


def _alarming(say: Any, page: Any) -> bool:  # noqa: ANN401 - playwright's
    """Say a warning and then worse, and see whether it is shown: a snapshot of the service may come right after."""
    for key, level, code in (("a", "warning", "printer"), ("b", "critical", "fatal_error")):
        state = {"key": key, "code": code, "level": level, "text": "x", "since": 1.0}
        say("delta", [{"topic": "alarms", "key": key, "state": state}])
    page.wait_for_timeout(200)
    return bool(page.locator('.badge[data-tone="bad"]:visible').count())


def test_a_restart_of_an_actor_flashes(estate: Estate, opened: Opened) -> None:
    page = opened("/#/actors")
    say = spoken(page)
    page.reload()
    row = page.locator(".row", has_text="circuits").first
    row.wait_for()
    [branch] = [each for each in estate.call("GET", "/api/v1/actors")["children"] if each["name"] == "circuits"]
    for restarts in (0, 1):
        state = {**branch, "restarts": restarts, "last_error": "OSError: the disk is away"}
        until(partial(_told, say, state, row), "a failure that is shown")
    expect(row).to_have_class(re.compile("restarted"))
    row.locator(".failure").click()
    expect(page.locator(".drawer")).to_contain_text("Nothing yet")  # it never happened: the service knows no failure


def _told(say: Any, state: dict[str, Any], row: Any) -> bool:  # noqa: ANN401 - playwright's
    """Say it, and see whether it is shown: the service speaks too, and may have said otherwise right after."""
    say("delta", [{"topic": "actors", "key": "circuits", "state": state}])
    row.page.wait_for_timeout(200)
    return bool(row.locator(".failure").inner_text() == "OSError: the disk is away")


def test_of_two_thousand_registers_only_those_seen_exist(estate: Estate, opened: Opened) -> None:
    page = opened("/#/registers?group=none")
    say = spoken(page)
    page.reload()
    page.locator(".tile").first.wait_for()
    one = estate.state(0)
    many = [{**one, "eip": f"172.16.{number // 250}.{number % 250}:7777"} for number in range(2000)]
    say("snapshot", [{"topic": "kkt", "key": each["eip"], "state": each} for each in many])
    expect(page.locator('.chip[data-state="working"]')).to_contain_text("2,0")
    assert 10 < page.locator(".tile").count() < 120
    page.locator(".tile").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".tile", has_text="172.16.7.249:7777")).to_be_focused()
    assert page.locator(".tile").count() < 120


def spoken(page: Any) -> Any:  # noqa: ANN401 - playwright's
    """From the next load on: what the service says goes through, and so does what the test puts in its mouth."""
    routes: list[Any] = []

    def beside(route: Any) -> None:  # noqa: ANN401 - a playwright route
        route.connect_to_server()
        routes.append(route)

    def say(kind: str, changes: list[dict[str, Any]]) -> None:
        routes[-1].send(json.dumps({"type": kind, "rev": "0-1", "topics": ["kkt"], "changes": changes}))

    page.route_web_socket("**/stream", beside)
    return say
