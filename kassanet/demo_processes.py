"""Processes beside the demonstration: begun in sessions of their own, awaited until they serve, ended by their id.

An interrupt from the keyboard is for the service; the others are stopped after it, in the order opposite to that in
which they began.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from kassanet.failures import DevicesMissing

PATIENCE = 60.0
"""Seconds for a process to begin serving, on the slowest machine."""


@contextmanager
def sandbox(words: Sequence[str], port: int) -> Iterator[None]:
    """``kassanet sandbox`` with these words, which says when it is ready. Raises :class:`DevicesMissing`."""
    with _begun(["sandbox", *words]) as process:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("ready"):
            text = f"the simulated devices did not start: stop what listens at port {port} or after it, then try again"
            raise DevicesMissing(text)
        yield


@contextmanager
def serving(words: Sequence[str], url: str) -> Iterator[None]:
    """``kassanet`` with these words, once ``url`` answers that it is ready. Raises :class:`DevicesMissing`."""
    with _begun(words) as process:
        until = time.monotonic() + PATIENCE
        while not _is_ready(url):
            if process.poll() is not None or time.monotonic() > until:
                text = f"kassanet {words[0]} did not start: stop what listens at {url.rpartition('/')[0]}"
                raise DevicesMissing(f"{text}, then try again")
            time.sleep(0.05)
        yield


@contextmanager
def _begun(words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "kassanet", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5.0, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
