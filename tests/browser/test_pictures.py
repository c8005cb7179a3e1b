"""The pictures of the README's tour: made anew with ``--pictures``, and proved to show something without it."""

import shutil
import struct
from pathlib import Path

import pytest

from kassanet.edge import dashboard
from tests.browser.conftest import Opened
from tests.browser.estate import Estate

FOLDER = Path(dashboard.__file__).parent / "pictures"
DESK = {"width": 1040, "height": 600}
SHOWN = {
    "registers": ("/#/registers", "light", ".tile"),
    "registers-table": ("/#/registers?view=table&sort=trouble", "dark", ".row .eip"),
    "receipt": ("/#/receipts?open={receipt}", "light", ".slip .qr"),
    "alarms": ("/#/alarms", "light", ".page"),
    "topology": ("/#/topology", "dark", ".pulse:not([hidden])"),
    "prro": ("/#/prro?open={prro}", "light", ".drawer .documents summary"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_picture(estate: Estate, opened: Opened, tmp_path: Path, request: pytest.FixtureRequest, name: str) -> None:
    path, theme, there = SHOWN[name]
    where = path.format(receipt=estate.receipt("first-1")["id"], prro=estate.prro)
    page = opened(where, color_scheme=theme, viewport=DESK)
    for number in range(8 if name == "topology" else 0):
        page.wait_for_selector(".place")
        estate.pay("web" if number % 3 else "counter", f"picture-{number}")
    page.wait_for_selector(there)
    page.wait_for_load_state("networkidle")
    file = tmp_path / f"{name}.png"
    page.screenshot(path=file, animations="disabled", scale="css")
    header = file.read_bytes()[:24]
    assert struct.unpack(">II", header[16:24]) == (DESK["width"], DESK["height"])
    assert file.stat().st_size > 8000, "an empty page"
    if request.config.getoption("--pictures"):
        shutil.copy(file, FOLDER / file.name)
