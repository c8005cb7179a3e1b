"""The files that other programs read: as far as those programs are here they judge, else only what we rely on."""

import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from kassanet.agent.settings import AgentSettings, load
from kassanet.cli import build_parser
from kassanet.config import Config, parse
from tests.deploy.unit import DEPLOY, PROGRAM, program, read

UNITS = ("kassanet.service", "kassanet-agent.service", "kassanet-backup.service", "kassanet-backup.timer")
SAMPLE = (DEPLOY / "kassanet.toml").read_text()
AGENT_SAMPLE = (DEPLOY / "agent.toml").read_text()
_UNSET = re.compile(r"^# (?=\[|\w+ = )", re.MULTILINE)


def settings(section: type[Struct], prefix: str = "") -> set[str]:
    """Every key that the configuration knows, dotted."""
    found: set[str] = set()
    for field in msgspec.structs.fields(section):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            found |= settings(field.type, f"{prefix}{field.name}.")
        else:
            found.add(prefix + field.name)
    return found


def test_the_sample_says_what_holds_without_it() -> None:
    assert parse(SAMPLE) == Config()


def test_the_sample_names_every_setting() -> None:
    """Also those that are not set by default: they stand there behind a sign."""
    said = {f"{table}{key}" for table, key in _keys(_UNSET.sub("", SAMPLE))}
    assert {name for name in said if not name.startswith("devices.")} == settings(Config) - {"devices"}
    whole = parse(_UNSET.sub("", SAMPLE))
    assert whole.device_types["kiosk"].ffd == "1.2"
    assert None not in (whole.limits.rate, whole.tls.key, whole.shifts.close_at, whole.retention.receipts)


def _keys(text: str) -> list[tuple[str, str]]:
    table, found = "", []
    for line in text.splitlines():
        if header := re.match(r"\[(.+)\]$", line):
            table = f"{header[1]}."
        elif key := re.match(r"(\w+) = ", line):
            found.append((table, key[1]))
    return found


def test_every_matter_of_the_sample_is_explained() -> None:
    for block in re.split(r"\n\n+", f"{SAMPLE}\n\n{AGENT_SAMPLE}".strip()):
        assert "# " in block.splitlines()[0] or "# " in block.splitlines()[1], block


def test_the_agents_sample_says_what_holds_without_it_and_names_every_setting(tmp_path: Path) -> None:
    whole = tmp_path / "whole.toml"
    text = _UNSET.sub("", AGENT_SAMPLE)
    assert {key for _, key in _keys(text)} == settings(AgentSettings)
    assert load(DEPLOY / "agent.toml") == AgentSettings()
    whole.write_text(re.sub("^tls_.*$", "", text, flags=re.MULTILINE))
    assert None not in (load(whole).master_key_file, load(whole).tenant_a_minute, load(whole).licence)


def test_the_agent_speaks_with_nobody_who_is_not_listed() -> None:
    unit = read("kassanet-agent.service")
    assert (unit["Service.IPAddressDeny"], unit["Service.IPAddressAllow"]) == (["any"], ["localhost"])
    assert unit["Service.LimitCORE"] == ["0"]
    hardened = {
        key for key in read("kassanet.service") if re.match(r"Service\.(Protect|Restrict|NoNew|System|Mem)", key)
    }
    assert hardened <= unit.keys()
    assert unit["Service.User"] != read("kassanet.service")["Service.User"]
    users = (DEPLOY / "kassanet.sysusers").read_text()
    assert f"\nu {unit['Service.User'][0]} " in users


@pytest.mark.parametrize("name", ["kassanet.service", "kassanet-agent.service"])
def test_the_service_is_started_again_whatever_ended_it(name: str) -> None:
    unit = read(name)
    assert unit["Service.Restart"] == ["always"]
    assert unit["Unit.StartLimitIntervalSec"] == ["0"]
    assert not [key for key in unit if "RestartPrevent" in key or "SuccessExit" in key]
    assert unit["Service.Type"] == ["notify"]


@pytest.mark.parametrize("name", UNITS)
def test_units_are_what_systemd_understands(name: str, tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    (tmp_path / "true").symlink_to("/bin/true")
    for unit in UNITS:
        text = (DEPLOY / unit).read_text()
        (tmp_path / unit).write_text(re.sub(rf"{PROGRAM}/bin/[\w-]+", "/bin/true", text))
    done = subprocess.run([analyze, "verify", tmp_path / name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("target", ["agent", ""])
def test_the_containers_command_is_one_of_ours(target: str) -> None:
    """The last stage is what is built when none is named."""
    whole = (DEPLOY / "Containerfile").read_text()
    lines = whole[: whole.index("\nFROM base\n")] if target else whole
    assert not target or f" AS {target}\n" in lines
    entry, words = (msgspec.json.decode(_last(lines, key), type=list[str]) for key in ("ENTRYPOINT", "CMD"))
    assert entry == ["kassanet"]
    arguments = build_parser(words).parse_args(words)
    assert (arguments.host, arguments.data) == ("0.0.0.0", _last(lines, "VOLUME"))
    assert _last(lines, "USER").partition(":")[0] not in ("", "0", "root")
    assert f":{arguments.port}/readyz" in lines
    assert _last(lines, "EXPOSE") == str(arguments.port)
    for source in re.findall(r"^COPY (?!--)(.+) \S+$", lines, re.MULTILINE):
        assert all((DEPLOY.parent / name).exists() for name in source.split())


def _last(lines: str, key: str) -> str:
    return str(re.findall(rf"^ *{key} (.+)$", lines, re.MULTILINE)[-1]).strip()


@pytest.mark.parametrize("file", ["kassanet-backup"])
def test_scripts_are_for_any_shell(file: str) -> None:
    subprocess.run([program("sh"), "-n", DEPLOY / file], check=True)
    assert (DEPLOY / file).stat().st_mode & 0o111


def test_what_the_notes_name_is_there() -> None:
    notes = (DEPLOY / "README.md").read_text()
    for name in re.findall(r"\]\(([\w.-]+)\)", notes):
        assert (DEPLOY / name).exists(), name
    shipped = {path.name for path in DEPLOY.iterdir()} - {"README.md", "Containerfile.dockerignore"}
    assert {name for name in shipped if f"({name})" not in notes} == set()
