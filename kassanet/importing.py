"""``kassanet import`` and ``kassanet routes explain``: a running service asked from the command line.

The service takes the file and decides; here it is only sent, and told line by line, with a bar that says how far it is.
A file whose sending breaks off is sent again: the service takes nothing twice.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from kassanet.client.errors import problem_in
from kassanet.statements.selection import WORDS

PIECE = 262_144
PATIENCE = 600.0


class Refused(Exception):
    """The service refused; one line that says what to do."""


def bring(url: str, token: str, files: list[Path], said: Mapping[str, str], *, dry_run: bool, every: bool) -> bool:
    """Send each file and tell what became of its lines; whether all of them were taken whole.

    ``every`` tells of payments too, not only of what is passed over. Raises :class:`Refused` and ``OSError``.
    """
    console = Console(stderr=True)
    whole = True
    with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
        for file in files:
            query = {**said, "name": file.name, "dry_run": "true" if dry_run else "false"}
            whole &= _bring_one(client, token, file, query, console, every=every or dry_run)
    return whole


def explain(url: str, token: str, said: Mapping[str, str]) -> str:
    """Which route would take a payment, as JSON; raises :class:`Refused`."""
    with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
        answer = _asked(client, "GET", "/api/v1/routes/explain", token, params=dict(said))
        return msgspec.json.format(answer.content, indent=2).decode()


def _bring_one(
    client: httpx.Client, token: str, file: Path, query: Mapping[str, str], console: Console, *, every: bool
) -> bool:
    columns = (TextColumn(file.name), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        content = _read(file, progress)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            with client.stream("POST", "/api/v1/imports", params=query, content=content, headers=headers) as answer:
                _must_be_good(answer, file.name)
                return _told(_counted(answer.iter_lines(), progress), every=every)
        except httpx.TransportError as error:
            raise Refused(
                f"{file.name}: {str(error) or type(error).__name__}; is the service running? send it again"
            ) from None


def _read(file: Path, progress: Progress) -> Iterator[bytes]:
    task = progress.add_task("sent", total=file.stat().st_size)
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece
            progress.update(task, advance=len(piece))
    progress.remove_task(task)


def _counted(lines: Iterator[str], progress: Progress) -> Iterator[dict[str, Any]]:
    """What the service says, with the bar moved on by each line of the file that it has done with."""
    task = progress.add_task("read", total=None)
    done = 0
    for line in lines:
        said: dict[str, Any] = msgspec.json.decode(line)
        if "survey" in said:
            progress.update(task, total=said["survey"]["lines"])
        else:
            done += 1
            progress.update(task, completed=done, description=f"line {done}")
        yield said


def _told(messages: Iterator[dict[str, Any]], *, every: bool) -> bool:
    """Print what the service says; whether it came to its end."""
    for said in messages:
        if "survey" in said:
            survey = said["survey"]
            print(f"{survey['format']} {survey.get('profile') or ''} {survey['encoding']}, {survey['lines']} lines")
            for reason in survey.get("reasons", ()):
                print(f"  {reason}")
            for one in survey.get("tolerated", ()):
                print(f"  line {one['line']}: {one['what']} (tolerated)")
        elif "total" in said:
            _print_total(said["total"])
            return True
        elif "error" in said:
            raise Refused(said["error"])
        elif every or said["what"] != "paid":
            print(_line(said))
    raise Refused("the answer broke off; send the file again, nothing is taken twice")


def _line(said: Mapping[str, Any]) -> str:
    amount = f"{said['sum'] // 100}.{said['sum'] % 100:02d}"
    if said["what"] == "paid":
        return f"line {said['line']}: {amount} to {said['account']}, route {said['route']}"
    return (
        f"line {said['line']}: {amount} {'needs a person' if said['what'] == 'ask' else 'passed over'}: {said['why']}"
    )


def _print_total(total: Mapping[str, Any]) -> None:
    would = "would be paid" if total["dry_run"] else "paid"
    print(f"{total['paid']} of {total['lines']} lines {would}, {total['paid_sum']} of {total['received']} kopecks")
    for reason, count in sorted(total["skipped"].items()):
        print(f"  {count}: {WORDS.get(reason, reason)}")


def _asked(client: httpx.Client, method: str, path: str, token: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
    try:
        answer = client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)
    except httpx.TransportError as error:
        raise Refused(f"{str(error) or type(error).__name__}: is the service running at {client.base_url}?") from None
    _must_be_good(answer, path)
    return answer


def _must_be_good(answer: httpx.Response, what: str) -> None:
    if answer.is_success:
        return
    answer.read()
    problem = problem_in(answer.content)
    if problem is None:
        raise Refused(f"{what}: answered {answer.status_code}")
    errors = "; ".join(error.in_words() for error in problem.errors)
    raise Refused(f"{what}: {problem.detail or problem.title} {errors}".rstrip())


def fail(error: Exception) -> int:
    """One line on stderr."""
    print(f"kassanet: {error}", file=sys.stderr)
    return 1
