"""XML that wants to hurt, and XML that is only unusual."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.channels.xml import MOST_OF_A_DOCUMENT, BadXml, labelled, read_element, write_element

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<response><result>&c;</result></response>"""


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (BOMB, "document type"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "document type"),
        (b"<!DOCTYPE r><r/>", "document type"),
        (b"<r>" + b"x" * MOST_OF_A_DOCUMENT + b"</r>", "longer"),
        (b"<a>" * 30 + b"</a>" * 30, "deeper"),
        (b"<r><result>0</result><result>1</result></r>", "twice"),
        (b"<r><result>0</r>", "not well formed"),
        (b"", "not well formed"),
        (b"not xml", "not well formed"),
        ('<?xml version="1.0" encoding="UTF-8"?><r>ж</r>'.encode("cp1251"), "not well formed"),
        ("<r>ж</r>".encode("cp1251"), "not well formed"),
        (b'<?xml version="1.0" encoding="KOI8-R"?><r/>', "encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?><r/>', "encoding"),
        ("<r/>".encode("utf-16"), "UTF-16"),
        (b"<r>&unknown;</r>", "not well formed"),
    ],
    ids=str,
)
def test_refused(document: bytes, why: str) -> None:
    with pytest.raises(BadXml, match=why):
        read_element(document)


def test_encodings_that_are_met() -> None:
    told = '<?xml version="1.0" encoding="{}"?><response><COMMENT> Иванов &amp; Ко </COMMENT></response>'
    for encoding in ("UTF-8", "windows-1251"):
        element = read_element(told.format(encoding).encode(encoding))
        assert (element.name, dict(element.texts)) == ("response", {"comment": "Иванов & Ко"})


def test_fields_of_an_account() -> None:
    pairs = [("fio", "Петров <П>"), ("a\"b'", "1 & 2")]
    element = read_element(write_element("response", [("result", "0"), ("fields", labelled(pairs, "disp"))]))
    assert element.nested == (("fields", "fio", "Петров <П>"), ("fields", "a\"b'", "1 & 2"))


@given(st.text(max_size=60))
def test_any_text_goes_through(text: str) -> None:
    told = read_element(write_element("r", [("c", text)])).texts["c"]
    assert set(told) <= set(text) | {"\n"}


@given(st.binary(max_size=200))
def test_garbage_never_raises_anything_else(document: bytes) -> None:
    with contextlib.suppress(BadXml):
        read_element(document)
