"""Which machinery does the arithmetic here: looked for once, named by :func:`backend`.

Two parts may be missing. ``_native`` is our own C (hashing, ciphering, points of curves); it is built at installation
where a compiler is found. ``dstu_core`` is a wheel for x86_64 with scalar multiplication on M257 and Kupyna. Where both
could do something, dstu_core multiplies secret scalars and ``_native`` does the rest; without both, Python does.
"""

from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Literal

from msgspec import Struct


def _load_native() -> ModuleType | None:
    try:
        from transports.dstu import _native
    except ImportError:
        return None
    return _native


def _load_core() -> ModuleType | None:
    """dstu_core, provided that its own self-test passes: a wheel that miscalculates must not meet a key."""
    try:
        import dstu_core
    except ImportError:
        return None
    try:
        dstu_core.selftest()
    except dstu_core.DstuError:
        return None
    loaded: ModuleType = dstu_core
    return loaded


NATIVE = _load_native()
CORE = _load_core()

Part = Literal["native", "dstu-core", "python"]


class Backend(Struct, frozen=True):
    """What does each part of the work. ``python`` is the slow way."""

    hashing: Part
    """GOST 34.311 and GOST 28147."""

    kupyna: Part
    secret_points: Part
    """Multiples of the base point by a secret scalar: signing, public keys."""

    public_points: Part
    """Verification."""

    dstu_core: str | None
    """Its version."""

    @property
    def is_fallback(self) -> bool:
        """Whether something on the way of a usual signature is done the slow way."""
        return "python" in (self.hashing, self.secret_points)

    @property
    def name(self) -> str:
        """For people and logs, such as ``native+dstu-core``."""
        return "+".join(sorted({self.hashing, self.secret_points, self.public_points}, reverse=True))


def backend() -> Backend:
    """What is in use in this process."""
    native: Part = "native" if NATIVE else "python"
    return Backend(
        hashing=native,
        kupyna="dstu-core" if CORE else "python",
        secret_points="dstu-core" if CORE else native,
        public_points=native,
        dstu_core=_core_version() if CORE else None,
    )


def _core_version() -> str | None:
    try:
        return version("dstu-core")
    except PackageNotFoundError:
        return None
