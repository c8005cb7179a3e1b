"""How fault plans may name a command: by its code in hex, by its name in words, or as the codec spells it."""

import re

from transports.terminalfa.commands import COMMANDS


def _spellings(code: int, name: str) -> tuple[str, str, str]:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])", "_", name).lower()
    return f"{code:02x}", words, name.lower()


_NAMES = {code: _spellings(code, request.__name__) for code, request in COMMANDS.items()}
_ALL = frozenset(name for names in _NAMES.values() for name in names)
_CODE = re.compile(r"[0-9a-fA-F]{2}")


def names_of(code: int) -> tuple[str, ...]:
    """Every name of a command, in lower case; a code that the protocol does not know has only itself."""
    return _NAMES.get(code) or (f"{code:02x}",)


def is_command(name: str) -> bool:
    """Whether a plan may name a command so; any code will do, known or not."""
    return name.lower() in _ALL or _CODE.fullmatch(name) is not None
