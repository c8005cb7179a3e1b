"""The command line: exit codes, one line for each failure, and tokens before and during the service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kassanet import logs
from kassanet.cli import BAD_USAGE, DONE, FAILED, build_parser, run
from kassanet.edge.auth import token_hash
from kassanet.store.lock import DirectoryLock
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore
from schemas.rows import AuditFilter, StoredToken

Captured = pytest.CaptureFixture[str]


def tokens(folder: Path) -> list[StoredToken]:
    reader = SqliteReader(Opening(folder))
    try:
        return list(reader.tokens())
    finally:
        reader.close()


def code_of(*words: str) -> int:
    """The exit code, however it leaves."""
    try:
        return run(words)
    except SystemExit as left:
        return int(left.code or 0)


def test_a_token_is_printed_alone_and_stored_as_a_hash(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "data"
    assert run(["token", "create", "--role", "operator", "--inn", "5190114620", f"--data={folder}"]) == DONE
    printed = capsys.readouterr()
    assert printed.err == ""
    [row] = tokens(folder)
    assert printed.out == printed.out.strip() + "\n"
    assert row.token_hash == token_hash(printed.out.strip())
    assert (row.role, row.inn, row.revoked_at) == ("operator", "5190114620", None)


def test_tokens_work_beside_whoever_holds_the_directory(tmp_path: Path, capsys: Captured) -> None:
    opening = Opening(tmp_path)
    with DirectoryLock(tmp_path):
        service = SqliteStore.open(opening)
        assert run(["token", "create", "--role", "admin", f"--data={tmp_path}"]) == DONE
        assert run(["token", "revoke", "1", f"--data={tmp_path}"]) == DONE
        service.close()
    assert tokens(tmp_path)[0].revoked_at is not None


def test_the_list_shows_everything_but_the_tokens(tmp_path: Path, capsys: Captured) -> None:
    run(["token", "create", "--role", "admin", f"--data={tmp_path}"])
    run(["token", "create", "--role", "viewer", "--inn", "519011462012", f"--data={tmp_path}"])
    secrets = capsys.readouterr().out.split()
    assert run(["token", "list", f"--data={tmp_path}"]) == DONE
    shown = capsys.readouterr().out
    assert [line.split()[:2] for line in shown.splitlines()[1:]] == [["1", "admin"], ["2", "viewer"]]
    assert "519011462012" in shown
    assert not any(secret in shown for secret in secrets)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ([], BAD_USAGE, "COMMAND"),
        (["dance"], BAD_USAGE, "dance"),
        (["token", "create"], BAD_USAGE, "--role"),
        (["token", "create", "--role", "king"], BAD_USAGE, "king"),
        (["token", "create", "--role", "admin", "--inn", "12"], BAD_USAGE, "10 or 12 digits"),
        (["token", "revoke", "x"], BAD_USAGE, "above 0"),
        (["serve", "--port", "65536"], BAD_USAGE, "65535"),
        (["demo", "--kkts", "0"], BAD_USAGE, "above 0"),
        (["demo", "--rate", "-1"], BAD_USAGE, "not negative"),
        (["token", "list"], FAILED, "there is no journal"),
        (["token", "revoke", "1"], FAILED, "there is no journal"),
        (["backup", "copy.db"], FAILED, "there is no journal"),
        (["restore", "copy.db"], FAILED, "there is no file"),
        (["serve", "--config", "nowhere.toml"], BAD_USAGE, "nowhere.toml"),
    ],
)
def test_every_failure_is_one_line(
    words: list[str], code: int, text: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert code_of(*words) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("kassanet")
    assert printed.err.count("\n") == 1
    assert text in printed.err


def test_a_site_is_made_without_a_service(tmp_path: Path, capsys: Captured) -> None:
    add = ["site", "add", "shop-1", "--inn", "5190114620", f"--data={tmp_path}"]
    assert run(add) == DONE
    token = capsys.readouterr().out.strip()
    reader = SqliteReader(Opening(tmp_path))
    try:
        [row] = reader.sites()
        [line] = reader.audit(AuditFilter())
    finally:
        reader.close()
    assert (row.name, row.inn, row.token_hash) == ("shop-1", "5190114620", token_hash(token))
    assert (line.route, line.target, line.status) == ("site add", "site shop-1", 200)
    assert run(add) == FAILED
    assert "there is a site shop-1" in capsys.readouterr().err
    assert run(["site", "add", "Shop", f"--data={tmp_path}"]) == BAD_USAGE


def test_an_unknown_token_is_named(tmp_path: Path, capsys: Captured) -> None:
    run(["token", "create", "--role", "admin", f"--data={tmp_path}"])
    capsys.readouterr()
    assert run(["token", "revoke", "7", f"--data={tmp_path}"]) == FAILED
    assert "there is no token 7" in capsys.readouterr().err


def test_a_directory_that_is_held_says_by_whom(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "configure", lambda level: None)  # it would outlive the test
    with DirectoryLock(tmp_path):
        assert run(["serve", "--port=0", f"--data={tmp_path}"]) == FAILED
    assert f"process {os.getpid()}" in capsys.readouterr().err


def test_the_configuration_names_the_directory_unless_the_command_line_does(tmp_path: Path, capsys: Captured) -> None:
    config = tmp_path / "kassanet.toml"
    config.write_text(f'data = "{tmp_path / "one"}"')
    run(["token", "create", "--role", "admin", f"--config={config}"])
    run(["token", "create", "--role", "admin", f"--config={config}", f"--data={tmp_path / 'two'}"])
    assert len(tokens(tmp_path / "one")) == 1
    assert len(tokens(tmp_path / "two")) == 1


def test_a_copy_goes_out_and_comes_back(tmp_path: Path, capsys: Captured) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    run(["token", "create", "--role", "admin", f"--data={data}"])
    assert run(["backup", str(copy), f"--data={data}"]) == DONE
    run(["token", "revoke", "1", f"--data={data}"])
    assert run(["restore", str(copy), f"--data={data}"]) == DONE
    assert "kept in" in capsys.readouterr().out
    assert tokens(data)[0].revoked_at is None
    assert run(["backup", str(copy), f"--data={data}"]) == FAILED
    assert "name another file" in capsys.readouterr().err


def test_the_module_runs_as_a_program_and_does_not_load_a_server_for_it() -> None:
    script = (
        "import sys, kassanet.__main__ as m; sys.argv = ['kassanet', '--version']\n"
        "try: m.main()\n"
        "except SystemExit as left: assert left.code == 0\n"
        "assert not {'quart', 'hypercorn', 'httpx'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("kassanet ")
    wrong = subprocess.run([sys.executable, "-m", "kassanet", "dance"], capture_output=True, check=False)
    assert wrong.returncode == BAD_USAGE


@pytest.mark.parametrize("how", [KeyboardInterrupt(), BaseExceptionGroup("nursery", [KeyboardInterrupt()])])
def test_being_interrupted_needs_no_words(
    how: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def interrupted(_: object) -> None:
        raise how

    monkeypatch.setattr("kassanet.cli._token_list", interrupted)
    assert run(["token", "list", f"--data={tmp_path}"]) == FAILED
    assert capsys.readouterr() == ("", "")


def test_a_token_may_be_of_a_ukrainian_organisation() -> None:
    arguments = build_parser().parse_args(["token", "create", "--role", "admin", "--inn", "40000001"])
    assert arguments.inn == "40000001"
