"""A key imported in a process of its own: a container decides how long its password takes, and may be made to harm.

``python -m transports.dstu.apart`` reads one :class:`Attempt` from stdin and writes one :class:`Answer` to stdout. The
process has bounds on memory and processor time, leaves no core dump and ends with its secrets. Who waits how is the
caller's choice: :func:`import_apart` blocks; an actor runs ``WORDS`` itself, with :func:`encode` and :func:`decode`.
"""

import resource
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import msgspec

from transports.dstu import errors
from transports.dstu.errors import SignatureProblem, TooSlow
from transports.dstu.imports import KeyMaterial, import_key

WORDS: Final = (sys.executable, "-m", "transports.dstu.apart")
SECONDS: Final = 60.0
"""A usual container takes 0.1 s, and some 10 s without the compiled part."""

_MEMORY = 1 << 30
_PROBLEMS = {
    kind.__name__: kind
    for kind in (
        errors.Malformed,
        errors.Unsupported,
        errors.WrongPassword,
        errors.NoSigningKey,
        errors.KeyMismatch,
        errors.NotValid,
    )
}


class Attempt(msgspec.Struct):
    """What is to be opened."""

    container: bytes
    password: str
    certificates: list[bytes] = []

    def __repr__(self) -> str:
        return "Attempt(…)"


class Answer(msgspec.Struct):
    """Material, or the name and the words of a problem."""

    material: KeyMaterial | None = None
    problem: str = ""
    told: str = ""


def import_apart(
    container: bytes, password: str, certificates: Sequence[bytes] = (), *, seconds: float = SECONDS
) -> KeyMaterial:
    """:func:`~transports.dstu.imports.import_key`, in another process, for at most so long; TooSlow after that."""
    request = encode(container, password, certificates)
    try:
        done = subprocess.run(WORDS, input=request, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        raise TooSlow(f"opening the container took longer than {seconds:g} s") from late
    return decode(done.stdout)


def encode(container: bytes, password: str, certificates: Sequence[bytes] = ()) -> bytes:
    """What the process reads."""
    return msgspec.msgpack.encode(Attempt(container, password, list(certificates)))


def decode(output: bytes) -> KeyMaterial:
    """What the process wrote: material, or the problem raised. TooSlow when it died: it has bounds, and met one."""
    try:
        answer = msgspec.msgpack.decode(output, type=Answer)
    except msgspec.DecodeError as nothing:
        raise TooSlow("opening the container went over the bounds of memory or time") from nothing
    if answer.material is None:
        raise _PROBLEMS.get(answer.problem, SignatureProblem)(answer.told)
    return answer.material


def attempt(request: bytes) -> bytes:
    """The work of the process."""
    asked = msgspec.msgpack.decode(request, type=Attempt)
    try:
        answer = Answer(import_key(asked.container, asked.password, asked.certificates))
    except SignatureProblem as problem:
        answer = Answer(problem=type(problem).__name__, told=str(problem))
    return msgspec.msgpack.encode(answer)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    sys.stdout.buffer.write(attempt(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
