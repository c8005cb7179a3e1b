"""How fast a registry of payments is taken in by the real service, beside a bare parse of the same file.

From the first byte of the upload to the last line of the answer: received, surveyed, every line matched with its route,
its receipt made and both durable, and said. The same file is then brought again, and must make nothing. Memory is that
of the service's process at its highest.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import msgspec

from bench.estate import Estate
from bench.floor_import import lines_a_second
from bench.payment_setup import make
from bench.result import NotReal, Result, rounded
from kassanet.sandbox.billing.registries import registry
from kassanet.statements.opened import open_bank_file
from kassanet.statements.selection import SelectionRules


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=100_000)


def run(options: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="kassanet-bench-") as name:
        folder = Path(name)
        path = folder / "registry.txt"
        path.write_bytes(b"".join(registry("eps", options.lines)))
        floor = max(lines_a_second(path) for _ in range(3))
        estate = Estate(folder)
        with estate.service() as process:
            estate.build()
            make(estate, "channels", {"name": "files", "kind": "file"})
            make(estate, "routes", {"name": "files", "channel": "files", "policy": "fiscalize_only"})
            before = _peak(process)
            rate = _bring(estate, path, options.lines, paid=options.lines)
            after = _peak(process)
            again = _bring(estate, path, options.lines, paid=0)
        return Result(
            name="import",
            value=rate,
            unit="lines/s",
            floor=floor,
            details={
                "lines": options.lines,
                "again_lines_s": rounded(again),
                "read_and_chosen_lines_s": rounded(_read(path)),
                "peak_mib_before": rounded(before),
                "peak_mib_after": rounded(after),
                "file_mib": rounded(path.stat().st_size / 2**20),
            },
        )


def _bring(estate: Estate, path: Path, lines: int, paid: int) -> float:
    begun = time.perf_counter()
    count, last = 0, b""
    with estate.client() as client, path.open("rb") as file:
        client.timeout = 600.0
        with client.stream("POST", "/api/v1/imports?channel=files", content=file) as answer:
            for line in answer.iter_lines():
                count, last = count + 1, line.encode()
    taken = time.perf_counter() - begun
    said = msgspec.json.decode(last)
    if "total" not in said or said["total"]["paid"] != paid or count != lines + 2:
        raise NotReal(f"{count} lines, the last of them {last[:300]!r}")
    return lines / taken


def _read(path: Path) -> float:
    """Surveyed and chosen, without a journal."""
    begun = time.perf_counter()
    with open_bank_file(path) as file:
        count = sum(1 for _ in file.choices(SelectionRules()))
    return count / (time.perf_counter() - begun)


def _peak(process: "subprocess.Popen[bytes]") -> float:
    """MiB."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise NotReal("the kernel does not tell the process's memory")
