"""Every text can be read on every ground it stands on: WCAG AA, in light and in dark, also where no test has looked."""

import re
from pathlib import Path

import pytest

from kassanet.edge import dashboard

TOKENS = (Path(dashboard.__file__).parent / "page" / "style" / "1-tokens.css").read_text(encoding="utf-8")
COLOURS = {name: both for name, *both in re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS)}
TEXTS = ("ink", "quiet", "accent", "good", "busy", "warn", "bad")
GROUNDS = ("paper", "ground", "raised")
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    *((text, ground) for text in ("ink", "quiet", "bad") for ground in ("bad-ground",)),
    *((text, ground) for text in ("ink", "quiet", "warn") for ground in ("warn-ground",)),
    ("ink", "accent-ground"),
    ("ink", "sunk"),
    ("on-accent", "accent"),
    ("paper", "bad"),  # a badge
    ("paper", "warn"),
]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("pair", PAIRS, ids=" on ".join)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast(theme: int, pair: tuple[str, str]) -> None:
    text, ground = (COLOURS[name][theme] for name in pair)
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_of_fields_can_be_seen(theme: int) -> None:
    for ground in GROUNDS:
        assert contrast(COLOURS["line-strong"][theme], COLOURS[ground][theme]) >= 3
