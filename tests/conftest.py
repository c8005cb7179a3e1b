"""Options of the whole suite."""

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-counts",
        choices=("short", "full"),
        default="short",
        help="how often the crash tests kill and cut: short with everything else, full in `make crash`",
    )
    parser.addoption("--pictures", action="store_true", help="make the pictures of the README's tour anew")
