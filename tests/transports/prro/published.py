"""The tax service's published schemas and samples, where this machine has them; they are not part of the repository."""

import os
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

FOLDER = Path(os.environ.get("KASSANET_TESTDATA", Path(__file__).parents[4] / "shared" / "testdata")) / "prro"
needs_schemas = pytest.mark.skipif(not (FOLDER / "xsd").is_dir(), reason=f"no schemas in {FOLDER}/xsd")


@cache
def schema(name: str) -> etree.XMLSchema:
    """``check``, ``zrep`` or ``ticket``."""
    return etree.XMLSchema(etree.parse(str(FOLDER / "xsd" / f"{name}01.xsd")))


def complaints(xml: bytes) -> list[str]:
    """What the schema of the document's root has against it; nothing where the schemas are not here."""
    if not (FOLDER / "xsd").is_dir():
        return []
    root = etree.fromstring(xml)
    judge = schema(str(root.tag).lower())
    judge.validate(root)
    return [str(error) for error in judge.error_log]  # type: ignore[attr-defined]  # the stubs know no lists of errors


def samples() -> list[Path]:
    """The published sample documents."""
    return sorted((FOLDER / "examples").glob("*.xml")) if FOLDER.is_dir() else []
