"""Patterns of accounts: ``*`` any characters, ``?`` one. Simple enough that two of them can be compared for good.

A regular expression could say more, but whether two of those meet is nothing that a program tells its operator quickly.
"""

import re
from functools import lru_cache


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern takes the text."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    words = {"*": ".*", "?": "."}
    return re.compile("".join(words.get(letter) or re.escape(letter) for letter in pattern), re.DOTALL)


@lru_cache(4096)
def meet(one: str, other: str) -> bool:
    """Whether some account is taken by both."""
    return _meet(one, other)


def _meet(one: str, other: str) -> bool:
    """A table over both: which prefixes of the one can be which prefixes of the other."""
    row = [True] + [False] * len(other)
    for place, letter in enumerate(other, 1):
        row[place] = row[place - 1] and letter == "*"
    for letter in one:
        above, row = row, [row[0] and letter == "*"]
        for place, facing in enumerate(other, 1):
            if "*" in (letter, facing):
                meets = above[place] or row[place - 1] or above[place - 1]
            else:
                meets = above[place - 1] and (letter == facing or "?" in (letter, facing))
            row.append(meets)
    return row[-1]
