"""Containers opened in processes of their own, a few at a time, each within its time."""

import subprocess
from collections.abc import Sequence

import trio

from transports.dstu import apart
from transports.dstu.errors import TooSlow
from transports.dstu.imports import KeyMaterial

AT_ONCE = 2


class Importer:
    """``seconds`` for one container."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = trio.CapacityLimiter(AT_ONCE)

    async def __call__(self, container: bytes, password: str, certificates: Sequence[bytes]) -> KeyMaterial:
        """Raises what :func:`transports.dstu.imports.import_key` raises, and TooSlow."""
        request = apart.encode(container, password, certificates)
        async with self._turn:
            with trio.move_on_after(self._seconds):
                done = await trio.run_process(
                    apart.WORDS, stdin=request, capture_stdout=True, stderr=subprocess.DEVNULL, check=False
                )
                return apart.decode(done.stdout)
        raise TooSlow(f"opening the container took longer than {self._seconds:g} s")
