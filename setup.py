"""The one thing that pyproject.toml cannot say: whether dstu-core has a wheel for this system.

It has wheels for some systems and no sources, and on Linux only for a 64-bit Python over glibc. No environment marker
tells glibc from musl, or a 32-bit Python on a 64-bit kernel: pip would find nothing there and give up. The wheel of
kassanet is of one system in any case, because of its part in C; it asks for dstu-core only where that is to be had.
"""

import platform
import sys
from typing import Any

from setuptools import Distribution, setup


def core_is_to_be_had() -> bool:
    """On a system that the marker in pyproject.toml lets through."""
    return sys.maxsize > 2**32 and (sys.platform != "linux" or platform.libc_ver()[0] == "glibc")


class Anywhere(Distribution):
    """What pyproject.toml asks for, without dstu-core where there is none."""

    def parse_config_files(self, *words: Any, **options: Any) -> None:  # noqa: ANN401 - as setuptools calls it
        super().parse_config_files(*words, **options)
        if not core_is_to_be_had():
            wanted = [each for each in self.install_requires if not each.startswith("dstu-core")]
            self.install_requires = self.metadata.install_requires = wanted


setup(distclass=Anywhere)
