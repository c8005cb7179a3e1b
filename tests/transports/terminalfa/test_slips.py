"""A bank's slip in the lines of a register."""

import pytest

from transports.terminalfa.commands import encode_request
from transports.terminalfa.commands.printing import BufferLines
from transports.terminalfa.slips import batches
from transports.terminalfa.text import encode_text


def texts(text: str) -> list[str]:
    return [line.text for group in batches(text) for line in group]


def test_lines_stay_lines_and_long_ones_go_on() -> None:
    assert texts("ОПЛАТА\n\nСУММА 12.00") == ["ОПЛАТА", " ", "СУММА 12.00"]
    assert texts("я" * 130) == ["я" * 124, "я" * 6]
    assert texts("") == []


def test_what_the_register_cannot_print_is_a_question_mark() -> None:
    assert texts("спасибо 😀 ₽") == ["спасибо ? ₽"]


def test_a_long_slip_takes_several_frames_that_each_can_be_sent() -> None:
    groups = batches("\n".join("ё" * 124 for _ in range(40)))
    assert sum(map(len, groups)) == 40
    assert len(groups) > 1
    assert all(encode_request(BufferLines(group)) for group in groups)
    assert all(len(encode_text(line.text)) <= 124 for group in groups for line in group)


def test_more_lines_than_the_register_holds() -> None:
    assert len(texts("\n".join("x" * 255))) == 255
    with pytest.raises(ValueError, match="256 lines"):
        batches("\n".join("x" * 256))
