"""Text in CP866: what stays, what is substituted, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.terminalfa.strategies import LETTERS
from transports.terminalfa.text import SUBSTITUTES, NotEncodable, decode_text, encode_text, printed


@pytest.mark.parametrize("text", ["Вода ёЁ", "Київ Єє Її", "Ўў № ° · √ ¤ ■", "a\u00a0b", "╢)", ""])
def test_what_the_code_page_has_stays(text: str) -> None:
    assert printed(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("«Вода» — 5 ₽…", '"Вода" - 5 руб....'),
        ("“a” ‘b’ – −1", "\"a\" 'b' - -1"),
        ("100 €", "100 EUR"),
        ("Ірпінь, ґанок", "Iрпiнь, ганок"),
        ("café Ærø ½", "cafe AEro 1/2"),
        ("Қазақстан", "Казакстан"),
        ("и\u0306од", "йод"),  # й taken apart, as some systems write it
        ("a\tb\nc\u200bd\ufeff", "a b cd"),
        ("①ﬁ", "1fi"),
    ],
)
def test_substitutes(text: str, expected: str) -> None:
    assert printed(text) == expected


@pytest.mark.parametrize("character", sorted(SUBSTITUTES))
def test_the_table_replaces_only_what_is_missing_by_what_is_there(character: str) -> None:
    assert printed(character) == SUBSTITUTES[character]
    if character.isprintable():
        assert character.encode("cp866", "ignore") == b"", "the code page has it: no substitute needed"


@pytest.mark.parametrize("character", ["漢", "😀", "\x00", "\x1b", "\x7f", "\u0301", "\ud800"])
def test_what_has_no_substitute_is_named(character: str) -> None:
    with pytest.raises(NotEncodable) as refused:
        encode_text(f"вода {character}{character} 1")
    assert refused.value.characters == character


@given(st.text(LETTERS))
def test_the_code_page_there_and_back(text: str) -> None:
    assert decode_text(encode_text(text)) == text


@given(st.text())
def test_any_text_is_encoded_or_refused_and_printing_twice_changes_nothing(text: str) -> None:
    try:
        once = printed(text)
    except NotEncodable:
        return
    assert printed(once) == once


@given(st.binary())
def test_every_byte_is_readable(data: bytes) -> None:
    assert len(decode_text(data)) == len(data)
