"""What the command line says when something fails: one line, and what to do about it.

A failure that nobody foresaw also says where it came from, because there the reader is a programmer.
"""

import errno
import traceback

from actors.runtime.errors import StartFailed
from actors.store import StoreUnavailable
from kassanet.agent.failures import AgentFailure
from kassanet.config import ConfigError
from kassanet.store.backup import BackupRefused
from kassanet.store.lock import DirectoryHeld
from schemas.records import Conflict, NotFound

_FAILED, _BAD_USAGE = 1, 2


class TokenRefused(Exception):
    """A service does not take the token it was shown: trying again would not help."""


class DevicesMissing(Exception):
    """The demonstration's simulated devices did not come up; says what may be in their way."""


_PLAIN = (DevicesMissing, DirectoryHeld, BackupRefused, Conflict, AgentFailure)


def told(error: Exception) -> tuple[int, str]:
    """The exit code and the line for a failure."""
    cause = _innermost(error)
    if isinstance(cause, ConfigError):
        return _BAD_USAGE, str(cause)
    if isinstance(cause, _PLAIN):
        return _FAILED, str(cause)
    if isinstance(cause, TokenRefused):
        return _FAILED, f"the service does not take the token: {cause}"
    if isinstance(cause, NotFound):
        return _FAILED, f"there is no {cause}"
    if isinstance(cause, StoreUnavailable):
        return _FAILED, f"the journal cannot be used: {cause.reason}"
    if isinstance(cause, OSError):
        return _FAILED, _system(cause)
    return _FAILED, f"{type(cause).__name__}: {cause} ({_place(cause)})".replace("\n", " ")


def _innermost(error: BaseException) -> BaseException:
    """The first real cause inside groups (nurseries) and failed starts (the tree)."""
    while True:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        elif isinstance(error, StartFailed) and error.__cause__ is not None:
            error = error.__cause__
        else:
            return error


def _system(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the address is taken: stop what listens there, or choose another --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine does not have that address: choose another --host"
    if error.errno == errno.EACCES and error.filename is None:
        return "no permission to listen there: choose a --port above 1023"
    return f"{error.filename or 'the system'}: {error.strerror or error}"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
