"""Exactly once under SIGKILL: receipts that have just their one document, of all that were accepted.

``--kills 200`` is the long form. The figure is not a speed; a run in which no kill landed between a document and its
answer is not the real thing.
"""

import argparse
import tempfile
from pathlib import Path

import trio

from bench.result import NotReal, Result
from tests.crash.scenes import CUTS, Scene, play


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kills", type=int, default=10, help="SIGKILLs of the service")
    parser.add_argument("--faults", type=int, default=20, help="cut links, lost and damaged answers at least")
    parser.add_argument("--seed", type=int, default=1, help="other moments")


def run(options: argparse.Namespace) -> Result:
    scene = Scene("bench", {}, total=50_000, sandbox_options=("--archive-mark=off",), lines=CUTS)
    with tempfile.TemporaryDirectory() as folder:
        verdict = trio.run(play, scene, Path(folder), options.kills, options.faults, options.seed)
    in_window = verdict.kills_in_window + verdict.faults_in_window
    if not in_window:
        raise NotReal("no fault landed between a document and its answer")
    return Result(
        name="crash",
        value=verdict.receipts - verdict.manual,
        unit="receipts",
        floor=verdict.receipts,
        details={
            "kills": verdict.kills,
            "answers lost by kills in the window": verdict.kills_in_window,
            "faults": verdict.faults,
            "faults in the window": verdict.faults_in_window,
            "manual": verdict.manual,
            "repeated posts": verdict.repeats,
        },
    )
