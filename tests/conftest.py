"""Options of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-counts",
        choices=("short", "full"),
        default="short",
        help="how often the crash tests kill and cut: short with everything else, full in `make crash`",
    )
    parser.addoption("--pictures", action="store_true", help="make the pictures of the README's tour anew")
