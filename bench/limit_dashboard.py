"""What an open page costs: 2,000 registers that change once a second, in a real Chromium, next to a bare page.

``value`` is the main thread's work in milliseconds for each second of watching the wall of tiles. The frames are what a
person notices: how long the slowest took. Synthetic registers (``bench/dashboard_service.py``), the real page.
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.floor_dashboard import SCRIPT
from bench.processes import last_line, running
from bench.result import NotReal, Result
from bench.stream_service import TOKEN

SETTLE = 3.0
"""Seconds until the snapshot is drawn and the browser has compiled what it runs."""

FRAMES = """seconds => new Promise(done => {
  const frames = [];
  let shown = 0;
  const observer = new MutationObserver(changes => { shown += changes.length; });
  observer.observe(document.body, { subtree: true, characterData: true, childList: true });
  let last = performance.now();
  const end = last + seconds * 1000;
  const note = now => {
    frames.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(note); else { observer.disconnect(); done({ frames, shown }); }
  };
  requestAnimationFrame(note);
})"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registers", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=0.0, help="changes a second; 0: each register once")
    parser.add_argument("--seconds", type=float, default=10.0)


def run(options: argparse.Namespace) -> Result:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NotReal("playwright is missing: pip install -e '.[test]'") from None
    chromium = shutil.which("chromium")
    if chromium is None:
        raise NotReal("there is no Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        found = _measure_all(browser, options, Path(folder) / "log")
        browser.close()
    wall, table, floor = found["wall"], found["table"], found["bare_page"]
    return Result(
        name="dashboard",
        value=wall["main_thread_ms_a_second"],
        floor=floor["main_thread_ms_a_second"],
        unit="ms/s of the main thread",
        direction="cost",
        limits={
            "frame_p99_ms_wall": (wall["frame_p99_ms"], 50.0),
            "frame_p99_ms_table": (table["frame_p99_ms"], 50.0),
        },
        details=found,
    )


def _measure_all(browser: Any, options: argparse.Namespace, log: Path) -> dict[str, dict[str, float]]:  # noqa: ANN401
    rate = options.rate or float(options.registers)
    with running(["bench.dashboard_service", str(options.registers), str(rate)], log) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotReal(f"the service did not start: {last_line(log)}")
        host = f"127.0.0.1:{int(line)}"
        wall = _measure(browser, host, f"/#token={TOKEN}", options.seconds)
        table = _measure(browser, host, f"/?table#token={TOKEN}", options.seconds, "#/registers?view=table")
        floor = _measure_floor(browser, host, int(wall["registers_seen"]), options.seconds)
    return {"wall": wall, "table": table, "bare_page": floor}


def _measure(browser: Any, host: str, path: str, seconds: float, then: str = "") -> dict[str, float]:  # noqa: ANN401
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.goto(f"http://{host}{path}")
    page.wait_for_selector("html[data-live=live]")
    if then:
        page.evaluate("there => { location.hash = there }", then)
    page.wait_for_selector(".eip")
    seen = page.locator(".eip").count()
    found = _watch(page, seconds, seen)
    found["registers_seen"] = seen
    page.close()
    return found


def _measure_floor(browser: Any, host: str, seen: int, seconds: float) -> dict[str, float]:  # noqa: ANN401
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.goto(f"http://{host}/healthz")
    page.evaluate(SCRIPT, [f"ws://{host}/api/v1/stream", TOKEN, seen])
    found = _watch(page, seconds, seen)
    found["registers_seen"] = seen
    page.close()
    return found


def _watch(page: Any, seconds: float, seen: int) -> dict[str, float]:  # noqa: ANN401
    """Frames, work and bytes while somebody looks at ``seen`` registers; each must change, or nothing was shown."""
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda said: sizes.append(len(said["response"]["payloadData"])))
    page.wait_for_timeout(SETTLE * 1000)
    before = _metrics(session)
    sizes.clear()
    found = page.evaluate(FRAMES, seconds)
    frames, after = found["frames"], _metrics(session)
    if not sizes or found["shown"] < seen * seconds / 2:
        raise NotReal(f"{len(sizes)} messages came, and {found['shown']} changes were shown")
    elapsed = after["Timestamp"] - before["Timestamp"]
    spent = {name: (after[name] - before[name]) / elapsed * 1000 for name in ("TaskDuration", "ScriptDuration")}
    frames.sort()
    return {
        "main_thread_ms_a_second": round(spent["TaskDuration"], 1),
        "script_ms_a_second": round(spent["ScriptDuration"], 1),
        "frame_p50_ms": round(statistics.median(frames), 1),
        "frame_p99_ms": round(frames[int(len(frames) * 0.99)], 1),
        "frame_longest_ms": round(frames[-1], 1),
        "frames_a_second": round(len(frames) / elapsed, 1),
        "kilobytes_a_second": round(sum(sizes) / elapsed / 1000),
        "heap_megabytes": round(after["JSHeapUsedSize"] / 1e6, 1),
    }


def _metrics(session: Any) -> dict[str, float]:  # noqa: ANN401
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
