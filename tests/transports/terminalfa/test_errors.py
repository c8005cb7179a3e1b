"""Error codes: all of them are listed, and the dangerous ones are never taken for proof."""

import pytest

from transports.terminalfa.errors import ERRORS, refusal

SPECIFIED = (
    "01 02 03 04 05 06 07 08 09 10 12 14 15 16 17 1F 20 25 26 27 28 30 31 32 33 34 35 36 37 38 39 3A 3B 3C 3D 3E 3F "
    "40 42 43 44 45 46 47 50 51 52 53 54 55 56 57 58 59 5A 5B 5C 5D 5E 5F 60 70 71 7F DD E0 F3 F4 F5"
)


def test_every_code_of_the_protocol_is_listed() -> None:
    assert {f"{code:02X}" for code in ERRORS} == set(SPECIFIED.split())


@pytest.mark.parametrize("code", sorted(set(range(256)) - set(ERRORS)))
def test_a_code_that_is_not_listed_must_be_checked(code: int) -> None:
    assert refusal(code).verdict == "check"


@pytest.mark.parametrize("code", [0x02, 0x03, 0x04, 0x35, 0x40, 0x5B, 0x60, 0x7F])
def test_codes_that_may_come_after_the_document_was_made(code: int) -> None:
    assert refusal(code).verdict == "check"


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(0x16, "shift_expired"), (0x37, "receipt"), (0x15, "register"), (0x25, "transient"), (0x01, "register")],
)
def test_verdicts(code: int, verdict: str) -> None:
    assert refusal(code).verdict == verdict


def test_the_text_names_the_code() -> None:
    assert str(refusal(0x16)) == "the shift is older than 24 hours (code 16)"
    assert str(refusal(0xAB)) == "unknown error (code AB)"


def test_only_one_code_is_nobodys_fault() -> None:
    assert [code for code, error in ERRORS.items() if error.verdict == "shift_expired"] == [0x16]
