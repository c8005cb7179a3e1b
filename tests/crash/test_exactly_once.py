"""Exactly once, proved from the registers' books: after kills, cuts, power failures, with and without the mark.

A run in which no fault landed between a document and its answer proves nothing, and fails.
"""

from pathlib import Path

import pytest

from tests.crash.scenes import FULL, SCENES, Scene, play

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_one_document_for_each_receipt(
    scene: Scene, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = request.config.getoption("--crash-counts")
    verdict = await play(scene, tmp_path, scene.kills[counts], scene.faults[counts])
    with capsys.disabled():
        print(f"\n{scene.name}: {verdict}")
    in_window = verdict.kills_in_window + verdict.faults_in_window
    assert in_window >= (10 if counts == FULL else 1), "too few faults between a document and its answer"
    assert verdict.faults >= scene.faults[counts]
    assert verdict.manual <= (0 if scene.total is None else verdict.receipts // 10)
