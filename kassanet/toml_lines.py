"""Where in a TOML text a key stands; the standard library's parser does not tell."""

import re

_TABLE = re.compile(r"\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"' -]+?)\s*=")


def line_of(text: str, path: str) -> int | None:
    """The line (from 1) that sets ``path`` (``shifts.max_age``), or the nearest line around it; None if none is."""
    lines = _lines(text)
    while path:
        if path in lines:
            return lines[path]
        path = re.sub(r"(\.[^.\[]*|\[\d+\]|^[^.\[]*)$", "", path)
    return None


def _lines(text: str) -> dict[str, int]:
    """Each key and table by its dotted path, with the line where it first stands."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _TABLE.match(line), _KEY.match(line)
        if header is not None:
            table = _plain(header[1])
            found.setdefault(table, number)
        elif key is not None:
            found.setdefault(f"{table}.{_plain(key[1])}" if table else _plain(key[1]), number)
    return found


def _plain(key: str) -> str:
    """A dotted key without its quotes and blanks."""
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
