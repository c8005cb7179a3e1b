"""Numbers and addresses as they stand on a command line, for every command and simulated device alike.

Each takes a word and gives its value, or says in one sentence what is needed: argparse puts the option before it.
"""

import argparse
from urllib.parse import urlsplit


def natural(text: str) -> int:
    """0, 1, 2, …"""
    if not _has_digits_only(text):
        raise argparse.ArgumentTypeError("a whole number that is not negative is needed")
    return int(text)


def count(text: str) -> int:
    """1, 2, 3, …"""
    if not (_has_digits_only(text) and int(text) > 0):
        raise argparse.ArgumentTypeError("a whole number above 0 is needed")
    return int(text)


def whole(text: str) -> int:
    """Any whole number."""
    if not _has_digits_only(text.removeprefix("-")):
        raise argparse.ArgumentTypeError("a whole number is needed")
    return int(text)


def port(text: str) -> int:
    """A port that can be named beforehand."""
    if not (_has_digits_only(text) and 0 < int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def port_or_any(text: str) -> int:
    """A port; 0 is for whichever is free."""
    if not (_has_digits_only(text) and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def amount(text: str) -> float:
    """Seconds, or so many a second: never negative, never endless."""
    if not 0 <= (given := _number(text)) < 1e6:
        raise argparse.ArgumentTypeError("a number that is not negative is needed")
    return given


def part(text: str) -> float:
    """A chance."""
    if not 0 <= (given := _number(text)) <= 1:
        raise argparse.ArgumentTypeError("a number from 0 to 1 is needed")
    return given


def web_address(text: str) -> str:
    """Where something is asked over HTTP."""
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range
        right = False
    if not right:
        raise argparse.ArgumentTypeError("an address like http://127.0.0.1:8080/… is needed")
    return text


def _has_digits_only(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
