"""Lines out of chunks: the same lines however the chunks are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kassanet.edge.ndjson import Line, Splitter


def split(chunks: list[bytes], longest: int = 100) -> list[Line]:
    splitter = Splitter(longest)
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    return lines + list(splitter.finish())


def test_lines_are_numbered_and_blank_ones_count() -> None:
    assert split([b"a\n\n  \r\nb\r\nc"]) == [Line(1, b"a"), Line(4, b"b"), Line(5, b"c")]


def test_a_last_line_needs_no_line_feed() -> None:
    assert split([b"a\nb"]) == split([b"a\nb\n"]) == [Line(1, b"a"), Line(2, b"b")]


def test_nothing_is_no_line() -> None:
    assert split([]) == split([b""]) == split([b"\n\n"]) == []


def test_a_long_line_is_named_and_the_next_ones_are_read() -> None:
    long = b"x" * 101
    assert split([b"a\n" + long + b"\nb\n"]) == [Line(1, b"a"), Line(2, None), Line(3, b"b")]
    assert split([b"x" * 100 + b"\r\n"]) == [Line(1, b"x" * 100)]
    assert split([long]) == [Line(1, None)]


def test_an_endless_line_is_not_kept() -> None:
    splitter = Splitter(10)
    for _ in range(1000):
        assert not list(splitter.feed(b"x" * 1000))
        assert len(splitter._begun) <= 1011
    assert list(splitter.feed(b"\nb\n")) == [Line(1, None), Line(2, b"b")]


@given(
    st.binary(max_size=60).map(lambda noise: noise.replace(b"x", b"\n")),
    st.lists(st.integers(0, 60), max_size=10),
    st.integers(0, 20),
)
def test_cuts_make_no_difference(whole: bytes, cuts: list[int], longest: int) -> None:
    places = sorted({min(cut, len(whole)) for cut in cuts} | {0, len(whole)})
    chunks = [whole[start:end] for start, end in pairwise(places)]
    assert split(chunks, longest) == split([whole], longest)


@given(st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_every_line_comes_out_under_its_number(lines: list[bytes]) -> None:
    expected = [Line(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    assert split([b"\n".join(lines)]) == expected
