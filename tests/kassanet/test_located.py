"""Every wrong field of a document is named, with what was expected, whatever the document is."""

import datetime
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from kassanet.located import MOST, locate
from schemas.problems import FieldError


class Leg(Struct, forbid_unknown_fields=True):
    length: Annotated[int, Meta(ge=1, le=9)]
    tags: tuple[str, ...] = ()


class Table(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=2, max_length=4, pattern=r"^[a-z]+\Z")]
    legs: Annotated[tuple[Leg, ...], Meta(min_length=1, max_length=4)]
    kind: Literal["round", "square"] = "round"
    since: datetime.date | None = None
    weight: Annotated[float, Meta(gt=0)] | None = None
    folded: bool = False
    marks: dict[Annotated[str, Meta(max_length=2)], int] = {}


def paths(raw: object) -> dict[str, str]:
    return {error.path: error.message for error in locate(Table, raw)}


def test_a_good_document_has_nothing_wrong() -> None:
    assert locate(Table, {"name": "abc", "legs": [{"length": 3}], "since": "2026-11-01", "weight": 2}) == []


def test_every_wrong_field_is_named_with_its_place() -> None:
    raw = {
        "name": "toolong",
        "legs": [{"length": 1}, {"length": 10, "tags": [3]}, {"lenght": 2}, "leg"],
        "kind": "oval",
        "since": "yesterday",
        "weight": 0,
        "folded": "no",
        "marks": {"abc": 1, "a": "x"},
        "colour": "red",
    }
    assert paths(raw) == {
        "name": "is 7 characters long",
        "legs[1].length": "is out of range",
        "legs[1].tags[0]": "is a whole number",
        "legs[2].lenght": "unknown field",
        "legs[2].length": "missing",
        "legs[3]": "is text",
        "kind": "is not one of the known values",
        "since": "is not of the right form",
        "weight": "is out of range",
        "folded": "is not of the right form",
        "marks.abc": "unknown name",
        "marks.a": "is text",
        "colour": "unknown field",
    }


def test_what_was_expected_is_said_in_words() -> None:
    raw = {"name": 3, "legs": [], "kind": True, "since": 1, "colour": "red", "folde": True}
    expected = {error.path: error.expected for error in locate(Table, raw)}
    assert expected["name"] == "text of 2 to 4 characters matching [a-z]+"
    assert expected["legs"] == "a list of 1 to 4 entries"
    assert expected["kind"] == "one of round, square"
    assert expected["since"] == "a date, YYYY-MM-DD"
    assert expected["folde"] == "perhaps folded"
    assert expected["colour"].startswith("one of name, legs")


def test_a_truth_value_is_no_number_and_null_no_value() -> None:
    assert paths({"name": None, "legs": [{"length": True}]}) == {
        "name": "is null",
        "legs[0].length": "is a truth value",
    }


def test_a_document_of_nothing_but_mistakes_is_cut_short() -> None:
    assert len(locate(Table, {"name": "abc", "legs": [{"length": 0}] * 1000})) == MOST


def test_keys_from_outside_are_cut() -> None:
    [error] = locate(Table, {"name": "abc", "legs": [{"length": 1}], "x" * 10_000: 1})
    assert len(error.path) == 64


def test_a_rule_that_the_walk_does_not_know_is_told_in_msgspecs_words() -> None:
    assert locate(Annotated[int, Meta(multiple_of=3)], 4) == [FieldError("", "Expected `int` that's a multiple of 3")]


class Cat(msgspec.Struct, tag="cat", tag_field="is", forbid_unknown_fields=True):
    lives: Annotated[int, Meta(ge=0)]


class Dog(msgspec.Struct, tag="dog", tag_field="is", forbid_unknown_fields=True):
    name: str


class Pet(msgspec.Struct):
    pet: Cat | Dog | None


@pytest.mark.parametrize(
    ("pet", "errors"),
    [
        ({"is": "cat", "lives": -1}, {"pet.lives": "is out of range"}),
        ({"is": "dog", "lives": 9}, {"pet.name": "missing", "pet.lives": "unknown field"}),
        ({"is": "fox"}, {"pet.is": "is not one of the known values"}),
        ({"is": []}, {"pet.is": "is not one of the known values"}),
        ({}, {"pet.is": "missing"}),
        ("cat", {"pet": "is text"}),
        ({"is": "cat", "lives": 9}, {}),
        (None, {}),
    ],
)
def test_what_names_itself_is_judged_as_what_it_says(pet: object, errors: dict[str, str]) -> None:
    assert {error.path: error.message for error in locate(Pet, {"pet": pet})} == errors


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 20) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "legs", "length", "kind", "tags", "marks", "q"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(JSON)
def test_locate_and_msgspec_agree(raw: object) -> None:
    try:
        msgspec.convert(raw, Table)
    except msgspec.ValidationError:
        good = False
    else:
        good = True
    assert (locate(Table, raw) == []) == good


def test_bytes_are_asked_for_as_they_are_written() -> None:
    class Container(Struct):
        container: bytes

    said = {"missing": {}, "is not of the right form": {"container": "AAA"}}
    for message, document in said.items():
        assert locate(Container, document) == [FieldError("container", message, "bytes in Base64")]
    assert locate(Container, {"container": "AAAA"}) == []


def test_a_wrong_field_in_words() -> None:
    assert FieldError("name", "missing", "text").in_words() == "name missing (expected text)"
    assert FieldError("", "is a list").in_words() == "is a list"
