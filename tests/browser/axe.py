"""What axe-core finds wrong with a page for people who see, hear or move otherwise."""

from typing import Any

import pytest


def serious(page: Any) -> list[str]:  # noqa: ANN401 - a playwright page
    """Every violation that axe calls serious or critical. The page must let scripts from elsewhere in."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is missing: pip install -e '.[test]'"
    )
    page.wait_for_function("document.getAnimations().every(each => each.playState === 'finished')")
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert len(found["passes"]) > 10, "axe did not look"
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
