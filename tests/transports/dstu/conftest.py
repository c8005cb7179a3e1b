"""The fixtures of this folder."""

from tests.transports.dstu.both_ways import native, way

__all__ = ["native", "way"]
