"""What a process with secrets asks of the system: no core dumps, and nobody of the same user reading its memory."""

import ctypes
import resource
import sys
from contextlib import suppress

_SET_DUMPABLE = 4  # prctl(2)


def harden() -> None:
    """As far as the system grants it. Swapping is the operator's to switch off or encrypt."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
