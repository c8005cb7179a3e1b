"""asn1crypto's structures for what it does not know itself. It has no types: its values are :data:`Parsed` here."""

from typing import Any, TypeAlias

from asn1crypto import core

Parsed: TypeAlias = Any
"""A value, or a kind of values, of asn1crypto."""


def structure(name: str, *fields: tuple[object, ...]) -> Parsed:
    """A SEQUENCE of these fields: name, kind, and options such as ``{"optional": True}``."""
    return type(name, (core.Sequence,), {"_fields": list(fields)})


def choice(name: str, *alternatives: tuple[str, object]) -> Parsed:
    """A CHOICE among these."""
    return type(name, (core.Choice,), {"_alternatives": list(alternatives)})


def set_of(name: str, kind: Parsed) -> Parsed:
    """A SET OF this kind."""
    return type(name, (core.SetOf,), {"_child_spec": kind})


def is_absent(value: Parsed) -> bool:
    """Whether an optional field is not there."""
    return isinstance(value, core.Void)
