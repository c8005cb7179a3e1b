"""Registries by profile: every line fits or the file is refused; totals are the trailer's; profiles are told apart."""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from kassanet.sandbox.billing.registries import LAYOUTS, registry, rows
from kassanet.statements.line import FileRefused
from kassanet.statements.opened import BankFile, open_bank_file
from kassanet.statements.profile import BadProfile, load_profile, load_profiles, ready_profiles
from kassanet.statements.selection import SelectionRules


def made(layout: str, count: int = 20, seed: int = 0, encoding: str = "cp1251", newline: str = "\r\n") -> bytes:
    return b"".join(registry(layout, count, seed, encoding=encoding, newline=newline))


def opened(content: bytes, wanted: str | None = None) -> BankFile:
    return BankFile(BytesIO(content), wanted=wanted)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r", "utf-8"])
def test_layouts_are_told_apart_and_read(layout: str, encoding: str) -> None:
    file = opened(made(layout, encoding=encoding, newline="\n"))
    assert (file.survey.profile, file.survey.encoding, file.survey.lines) == (layout, encoding, 20)
    chosen = list(file.choices(SelectionRules()))
    written = list(rows(20))
    assert [(choice.account, choice.line.sum) for choice in chosen] == [(row.account, row.sum) for row in written]
    assert file.survey.received == sum(row.sum for row in written)


def test_reasons_name_every_profile() -> None:
    reasons = "; ".join(opened(made("eps")).survey.reasons)
    for profile in ready_profiles():
        assert f"{profile.name}: " in reasons


def test_eps_in_full() -> None:
    file = opened(made("eps", 3))
    line = next(file.lines())
    assert (line.number, line.date, line.at) == (
        "0000000000000001",
        date(2026, 11, 22),
        datetime(2026, 11, 22, 8, 0, 1),
    )
    assert file.survey.controlled


def test_the_same_file_and_the_same_line_elsewhere_have_the_same_keys() -> None:
    first = [line.key for line in opened(made("eps", 10)).lines()]
    longer = [line.key for line in opened(made("eps", 12, encoding="cp866")).lines()]
    assert longer[:10] == first
    assert len(set(longer)) == 12


def test_equal_lines_without_a_number_are_two_payments_but_the_same_two_in_each_file() -> None:
    line = "Иванов л/с 5;22.11.2026;10.00;\n"
    twice = ("# x\n" + 2 * line).encode()
    keys = [one.key for one in opened(twice).lines()]
    assert len(set(keys)) == 2
    assert [one.key for one in opened(("# y\n" + 2 * line).encode("cp866")).lines()] == keys


Change = Callable[[list[str]], list[str]]
BROKEN: list[tuple[Change, str]] = [
    (lambda lines: [*lines[:4], *lines[5:]], "totals disagree: the trailer's count is 20 payments, the lines make 19"),
    (lambda lines: [*lines[:4], lines[3], *lines[4:]], "totals disagree"),
    (lambda lines: lines[:-1], "no trailer"),
    (lambda lines: [*lines, lines[0]], "a payment after the trailer"),
    (lambda lines: [*lines, lines[-1]], "a second trailer"),
    (lambda lines: [*lines[:4], lines[4].replace(",", ",0", 2), *lines[5:]], "line 5: "),
    (lambda lines: [*lines[:4], "only;three;columns", *lines[5:]], "line 5: 3 columns, 10 are needed"),
    (lambda lines: [*lines[:4], lines[4].replace("22-11-2026", "2026.11.22"), *lines[5:]], "line 5: .*is not a date"),
    (lambda lines: [*lines[:4], lines[4].replace("08-00-05", "25-00-05"), *lines[5:]], "line 5: .*is not a time"),
    (lambda lines: [*lines[:-1], "=many;1,00;1,00;0,00;77;22-11-2026"], "count is 'many'"),
    (lambda lines: [*lines[:-1], lines[-1].replace("=20", "=21")], "totals disagree"),
]


@pytest.mark.parametrize(("change", "why"), BROKEN, ids=[why for _, why in BROKEN])
def test_one_wrong_line_refuses_the_file(change: Change, why: str) -> None:
    lines = made("eps").decode("cp1251").splitlines()
    content = "\r\n".join([*change(lines), ""]).encode("cp1251")
    with pytest.raises(FileRefused, match=why):
        opened(content)


def test_a_wrong_sum_of_the_trailer() -> None:
    head, _, trailer = made("eps").decode("cp1251").rstrip().rpartition("\r\n")
    count, total, *rest = trailer.split(";")
    roubles, kopecks = total.split(",")
    changed = f"{head}\r\n{';'.join([count, f'{int(roubles) + 1},{kopecks}', *rest])}"
    with pytest.raises(FileRefused, match="trailer's sum"):
        opened(changed.encode("cp1251"))


def test_no_profile_fits() -> None:
    with pytest.raises(FileRefused, match=r"no profile fits: clientno: .*; eps: .*"):
        opened("это не реестр\nсовсем\n".encode())


def test_a_profile_can_be_named_and_a_wrong_name_tells_the_others() -> None:
    assert opened(made("lanbilling"), "lanbilling").survey.reasons == ("the profile lanbilling was asked for",)
    with pytest.raises(FileRefused, match="known are clientno, eps, lanbilling, sber-txt"):
        opened(made("eps"), "sberbank")
    with pytest.raises(FileRefused, match="line 2"):
        opened(made("eps"), "lanbilling")


def test_two_profiles_that_explain_a_file_equally_are_a_question() -> None:
    eps = next(profile for profile in ready_profiles() if profile.name == "eps")
    twin = msgspec.structs.replace(eps, name="twin")
    with pytest.raises(FileRefused, match="eps and twin fit equally well"):
        BankFile(BytesIO(made("eps")), [eps, twin])


OWN_PROFILE = """
name = "ours"
title = "Наш банк"
separator = "|"
decimal = ","
exactly = 3
[columns]
account = 1
sum = 2
date = 3
"""


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OWN_PROFILE)
    (tmp_path / "file.txt").write_text("77|200,50|22.11.2026\n")
    profiles = (*ready_profiles(), *load_profiles(tmp_path))
    with open_bank_file(tmp_path / "file.txt", profiles) as file:
        (line,) = file.lines()
        assert (file.survey.profile, line.account, line.sum) == ("ours", "77", 20050)
    (tmp_path / "file.txt").write_text("77|200.50|22.11.2026\n")
    with pytest.raises(FileRefused, match="a comma is expected"), open_bank_file(tmp_path / "file.txt", profiles):
        pass


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("exactly = 3", "exactly = 2", "a column beyond"),
        ('decimal = ","', 'decimal = "|"', "decimal"),
        ("sum = 2", "", "sum"),
        ("sum = 2", "sum = 0", "count from 1"),
        ("sum = 2", "summ = 2", "summ"),
        ('separator = "|"', 'separator = "||"', "separator"),
        ('separator = "|"', 'separator = ","', "same character"),
        ("exactly = 3", 'encoding = "ebcdic"', "ebcdic"),
        ("exactly = 3", "[", "ours.toml"),
    ],
)
def test_a_profile_that_cannot_be_used(tmp_path: Path, old: str, new: str, why: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(OWN_PROFILE.replace(old, new))
    with pytest.raises(BadProfile, match=why):
        load_profile(path)
