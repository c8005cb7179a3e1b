"""The audit log of the command line: tokens leave lines, secrets do not, and the export is whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from kassanet import audit
from kassanet.cli import DONE, FAILED, run


def exported(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["audit", "export", f"--data={folder}"]) == DONE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_tokens_leave_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["token", "create", "--role", "viewer", "--inn", "5190114620", f"--data={tmp_path}"])
    secret = capsys.readouterr().out.strip()
    assert run(["token", "revoke", "1", f"--data={tmp_path}"]) == DONE
    assert run(["token", "revoke", "9", f"--data={tmp_path}"]) == FAILED
    lines = exported(tmp_path, capsys)
    assert [(line["route"], line["target"], line["status"]) for line in lines] == [
        ("token create", "token", 200),
        ("token revoke", "token 1", 200),
        ("token revoke", "token 9", 404),
    ]
    assert lines[0]["after"] == {"id": 1, "role": "viewer", "inn": "5190114620"}
    assert all(line["by"].startswith("user ") and line["method"] == "CLI" for line in lines)
    assert secret not in json.dumps(lines)


def test_the_export_goes_over_many_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE", 2)
    for _ in range(5):
        run(["token", "create", "--role", "viewer", f"--data={tmp_path}"])
    assert [line["id"] for line in exported(tmp_path, capsys)] == [1, 2, 3, 4, 5]


def test_without_a_journal_there_is_nothing_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "export", f"--data={tmp_path}"]) == FAILED
    assert "--data" in capsys.readouterr().err
