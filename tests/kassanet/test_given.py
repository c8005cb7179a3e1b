"""Words of a command line: what is taken, and that each refusal is a sentence of ours."""

import argparse
from collections.abc import Callable

import pytest

from kassanet import given
from kassanet.cli import run

LEFT_BY_USAGE = 2


@pytest.mark.parametrize(
    ("read", "word", "value"),
    [
        (given.natural, "0", 0),
        (given.count, "8", 8),
        (given.whole, "-3", -3),
        (given.port, "65535", 65535),
        (given.port_or_any, "0", 0),
        (given.amount, "2.5", 2.5),
        (given.part, "1", 1.0),
        (given.web_address, "http://[::1]:8080/channels/a", "http://[::1]:8080/channels/a"),
    ],
)
def test_taken(read: Callable[[str], object], word: str, value: object) -> None:
    assert read(word) == value


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (given.natural, ("-1", "x", "", "٣", "9" * 5000)),
        (given.count, ("0", "1.5")),
        (given.whole, ("--1", "1e3")),
        (given.port, ("0", "65536")),
        (given.port_or_any, ("65536", "-1")),
        (given.amount, ("-1", "nan", "inf", "x")),
        (given.part, ("1.1", "-0.1", "nan")),
        (given.web_address, ("x", "127.0.0.1:80", "ftp://a/", "http://", "http://a:99999/")),
    ],
)
def test_refused(read: Callable[[str], object], words: tuple[str, ...]) -> None:
    for word in words:
        with pytest.raises(argparse.ArgumentTypeError, match=r"needed|a port is"):
            read(word)


@pytest.mark.parametrize(
    "line",
    [
        "token revoke x",
        "sandbox channel --kind osmp --url x",
        "sandbox channel --kind osmp --url http://a/ --count -1",
        "sandbox billing --kind osmp --state s --port 80999",
        "sandbox statement --lines -1",
        "sandbox fiscal-server --state s --port 0",
    ],
)
def test_commands_refuse_on_one_line(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(line.split())
    said = capsys.readouterr().err
    assert left.value.code == LEFT_BY_USAGE
    assert said.count("\n") == 1
    assert "argument " in said
    assert "invalid int" not in said
