"""``python -m bench NAME [--json] [--record]``; ``python -m bench all`` runs every limit in a process of its own."""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from bench.record import record
from bench.result import NotReal, Result

HERE = Path(__file__).parent
FAILED, BAD_USAGE = 1, 2
OUTPUT = {"--json", "--record"}


def limits() -> list[str]:
    return sorted(path.stem.removeprefix("limit_") for path in HERE.glob("limit_*.py"))


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in [*limits(), "all"]:
        print(
            f"usage: python -m bench NAME [--json] [--record]; NAME is one of: all, {', '.join(limits())}",
            file=sys.stderr,
        )
        return BAD_USAGE
    if arguments[0] == "all":
        return run_all(arguments[1:])
    return run_one(arguments[0], arguments[1:])


def run_one(name: str, arguments: Sequence[str]) -> int:
    limit = import_module(f"bench.limit_{name}")
    parser = argparse.ArgumentParser(f"python -m bench {name}", description=limit.__doc__)
    parser.add_argument("--json", action="store_true", help="the last line of stdout is one JSON object")
    parser.add_argument("--record", action="store_true", help="write the figure's row into bench/RESULTS.md")
    getattr(limit, "add_arguments", lambda parser: None)(parser)
    options = parser.parse_args(arguments)
    try:
        result: Result = limit.run(options)
    except NotReal as reason:
        print(f"{name}: not the real thing: {reason}", file=sys.stderr)
        return FAILED
    if options.record:
        record(result, " ".join(["python -m bench", name, *(word for word in arguments if word not in OUTPUT)]))
    print(msgspec.json.encode(result.as_json()).decode() if options.json else table([result.as_json()]), flush=True)
    return 0


def run_all(arguments: Sequence[str]) -> int:
    """Each in its own process: one limit's memory and threads are not another's."""
    outcomes = [(name, run_apart(name, arguments)) for name in limits()]
    found = [outcome for _, outcome in outcomes if outcome is not None]
    print(msgspec.json.encode(found).decode() if "--json" in arguments else table(found))
    failed = [name for name, outcome in outcomes if outcome is None]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return FAILED if failed else 0


def run_apart(name: str, arguments: Sequence[str]) -> dict[str, Any] | None:
    words = [*(word for word in arguments if word != "--json"), "--json"]
    done = subprocess.run([sys.executable, "-m", "bench", name, *words], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return None
    outcome: dict[str, Any] = msgspec.json.decode(done.stdout.splitlines()[-1])
    return outcome


def table(results: Sequence[dict[str, Any]]) -> str:
    """For people: the figures in columns, what was missed, then the details."""
    lines = [f"{'bench':<12}{'value':>12}  {'unit':<16}{'floor':>12}{'ratio':>8}{'target':>8}"]
    for each in results:
        target = "" if each["target"] is None else f"{each['target']:g}"
        lines.append(
            f"{each['name']:<12}{each['value']:>12,g}  {each['unit']:<16}{each['floor']:>12,g}"
            f"{each['ratio']:>8.2f}{target:>8}"
        )
        lines += [f"    MISSED: {line}" for line in each["missed"]]
        lines += [f"    {name}: {bounds[0]:g} (≤ {bounds[1]:g})" for name, bounds in each["limits"].items()]
        lines += [f"    {key}: {value}" for key, value in each.items() if key not in FIXED]
    return "\n".join(lines)


FIXED = {"name", "value", "unit", "floor", "ratio", "target", "missed", "limits"}

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # processes and folders are given back then too
    sys.exit(main(sys.argv[1:]))
