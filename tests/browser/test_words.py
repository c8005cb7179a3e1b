"""Plurals, money, dates and spans of time as each language has them, by the page's own modules."""

from typing import Any

import pytest

from tests.browser.conftest import Opened

MODULE = """async ([module, name, ...said]) => {
  const base = document.querySelector('script[type=module]').src.replace('main.js', '');
  return (await import(base + module))[name](...said);
}"""

PLURALS = {
    "en": {1: "1 register", 2: "2 registers", 5: "5 registers", 21: "21 registers"},
    "ru": {1: "1 касса", 2: "2 кассы", 5: "5 касс", 11: "11 касс", 21: "21 касса", 1002: "1 002 кассы"},
    "uk": {1: "1 каса", 3: "3 каси", 12: "12 кас", 22: "22 каси", 25: "25 кас"},
}
MONEY = {"en": "₽1,234.50", "ru": "1 234,50 ₽", "uk": "1 234,50 ₽"}
DAYS = {"en": "22 November 2026", "ru": "22 ноября 2026 г.", "uk": "22 листопада 2026 р."}
SPANS = {
    "en": ("59 s", "2 h 1 min", "3 days"),
    "ru": ("59 с", "2 ч 1 мин", "3 дня"),
    "uk": ("59 с", "2 год 1 хв", "3 дні"),
}


@pytest.mark.parametrize("language", PLURALS)
def test_a_language_is_itself(opened: Opened, language: str) -> None:
    page = opened(language=language)

    def said(module: str, name: str, *arguments: Any) -> str:  # noqa: ANN401 - JSON
        text: str = page.evaluate(MODULE, [f"core/{module}.js", name, *arguments])
        return text.replace("\u202f", " ").replace("\u00a0", " ")  # thin and hard spaces are the browser's choice

    for count, words in PLURALS[language].items():
        assert said("language", "n", "registers", count) == words
    assert said("format", "money", 123450) == MONEY[language]
    assert said("format", "day", "2026-11-22T20:01:00") == DAYS[language]
    assert tuple(said("format", "span", seconds) for seconds in (59, 7260, 3 * 86_400)) == SPANS[language]
