"""Terminal profiles read from TOML: several in a file, each laid over the default one, every mistake located.

A file has one table for each profile::

    [shop-floor]
    partial_void = true
    operations.preauthorisation.code = 61
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from schemas.problems import FieldError
from transports.smartsale.profile import VARIANTS, OperationProfile, TerminalProfile, mistakes

DEFAULT = "default"
_PLACE = re.compile(r"`\$([^`]*)`")  # of msgspec's own words: "… - at `$.timers`", "… - at `key` in `$`"
Table = Mapping[str, Any]


class ProfileError(ValueError):
    """Profiles that cannot be used; ``errors`` name every place by its dotted path, beginning with the profile."""

    def __init__(self, errors: list[FieldError], file: str = "") -> None:
        told = "; ".join(_told(error) for error in errors)
        super().__init__(f"{file}: {told}" if file else told)
        self.errors = tuple(errors)


@lru_cache(maxsize=1)
def default_profile() -> TerminalProfile:
    """What is confirmed, and nothing else."""
    return make_profile({})


def load_profiles(path: Path) -> dict[str, TerminalProfile]:
    """The profiles of a file by name, with the default one unless the file redefines it. Raises ProfileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ProfileError([FieldError("", f"cannot be read: {reason}")], str(path)) from None
    return parse_profiles(text, str(path))


def parse_profiles(text: str, file: str = "profiles") -> dict[str, TerminalProfile]:
    """The same from the text of a file called ``file``."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError([FieldError("", f"is not TOML: {error}")], file) from None
    found = {DEFAULT: default_profile()}
    errors: list[FieldError] = []
    for name, table in tables.items():
        try:
            found[name] = make_profile(table, name)
        except ProfileError as error:
            errors += error.errors
    if errors:
        raise ProfileError(errors, file)
    return found


def make_profile(table: Table, path: str = "") -> TerminalProfile:
    """One profile as decoded from TOML or JSON; ``path`` is where it stands. Raises :class:`ProfileError`."""
    if not isinstance(table, Mapping):
        raise ProfileError([FieldError(path, "is no table", "a table of a terminal's settings")])
    merged = _laid_over(_default_table(), table)
    errors = list(_section_errors(merged))
    if not errors:
        profile = msgspec.convert(merged, TerminalProfile)
        errors = list(mistakes(profile))
    if errors:
        raise ProfileError([_under(path, error) for error in errors])
    return profile


@lru_cache(maxsize=1)
def _default_table() -> Table:
    return tomllib.loads(files("transports.smartsale").joinpath("default.toml").read_text(encoding="utf-8"))


def _laid_over(lower: Table, upper: Table, *, numbered: bool = False) -> dict[str, Any]:
    """Tables are merged key by key, everything else is replaced. A field's number may be written as 0 or 00."""
    merged = dict(lower)
    for key, value in upper.items():
        name = str(int(key)) if numbered and key.isascii() and key.isdigit() else key
        below = merged.get(name, {})
        deeper = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[name] = _laid_over(below, value, numbered=name == "fields") if deeper else value
    return merged


def _section_errors(table: Table) -> Iterator[FieldError]:
    """msgspec stops at its first mistake, so each part is looked at by itself."""
    kinds = {each.encode_name: each.type for each in msgspec.structs.fields(TerminalProfile)}
    for key, value in table.items():
        if key == "operations" and isinstance(value, Mapping):
            yield from _operation_errors(value)
        elif key in kinds:
            yield from _errors(kinds[key], value, key)
        else:
            yield FieldError(key, "unknown key", f"one of {', '.join(kinds)}")


def _operation_errors(table: Table) -> Iterator[FieldError]:
    for name, value in table.items():
        if name in VARIANTS:
            yield from _errors(OperationProfile, value, f"operations.{name}")
        else:
            yield FieldError(f"operations.{name}", "unknown operation", f"one of {', '.join(VARIANTS)}")


def _errors(kind: Any, value: object, path: str) -> Iterator[FieldError]:  # noqa: ANN401 - any type of msgspec
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at ")
        found = _PLACE.search(where)
        inner = "" if found is None else found[1].replace("[...]", "")
        yield FieldError(path + inner, message[:1].lower() + message[1:])


def _under(path: str, error: FieldError) -> FieldError:
    return FieldError(f"{path}.{error.path}" if path else error.path, error.message, error.expected)


def _told(error: FieldError) -> str:
    expected = f" (expected {error.expected})" if error.expected else ""
    return f"{error.path}: {error.message}{expected}" if error.path else error.message + expected
