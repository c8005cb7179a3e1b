"""What the tax service holds of a register, read from its files: unbroken numbers, and offline sessions tied by hashes.

The control numbers and hashes are counted here once more from the text of the service, by nobody else's code.
"""

import hashlib
import json
import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OPEN, CLOSE, BEGIN, END = 100, 101, 102, 103
_TAG = re.compile(rb"<(\w+)>([^<]*)</\1>")


@dataclass
class Archive:
    """Of one register. ``lines`` are those of its book that count, by local number; ``sessions`` of offline work."""

    register: int
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    sessions: int = 0

    def sales(self) -> list[int]:
        """Totals of the sales that count."""
        kept = [line for line in self.lines.values() if line["num_fiscal"] not in self.revoked]
        return [line["sum"] for line in kept if (line["doctype"], line["subtype"]) == (0, 0)]


def archives(folder: Path) -> list[Archive]:
    """Of all registers; fails where a book has a gap, a number twice, or a chain that does not hold."""
    found = [_archive(path) for path in sorted(folder.glob("register-*.jsonl"))]
    numbers = [line["num_fiscal"] for each in found for line in each.lines.values()]
    assert len(numbers) == len(set(numbers)), "a fiscal number was given twice"
    return found


def _archive(book: Path) -> Archive:
    archive = Archive(int(book.stem.removeprefix("register-")))
    for line in _lines(book):
        _note(archive, line)
    uids = [line["uid"].upper() for line in archive.lines.values()]
    assert len(uids) == len(set(uids)), "a document was registered twice"
    _check_shifts(archive)
    _check_sessions(archive, book.parent / "memory" / book.name)
    return archive


def _note(archive: Archive, line: dict[str, Any]) -> None:
    number = line["num_local"]
    if line.get("rolled_back"):
        assert number == len(archive.lines), "something else was taken back than the last document"
        del archive.lines[number]
        return
    assert number == len(archive.lines) + 1, f"{archive.register}: {number} after {len(archive.lines)}"
    archive.lines[number] = line
    if line.get("revoked"):
        archive.revoked.add(line["revoked"])


def _check_shifts(archive: Archive) -> None:
    """Opened, worked in, reported, closed: in no other order."""
    state = CLOSE
    for number, line in archive.lines.items():
        kind = line["doctype"]
        if kind in (BEGIN, END):
            continue
        assert (kind == OPEN) == (state == CLOSE), f"{archive.register}: document {number} is outside of a shift"
        assert (kind == CLOSE) == (state is None), f"{archive.register}: document {number} comes after a Z report"
        state = kind


def _check_sessions(archive: Archive, memory: Path) -> None:
    seeds, documents = _memory(memory)
    session, place, last = "", 0, None
    for number, line in archive.lines.items():
        if not line["offline"]:
            assert not session, f"{archive.register}: document {number} was made online within a session"
            continue
        xml, signed = documents[line["num_fiscal"]]
        named, offered, control = line["num_fiscal"].split(".")
        if line["doctype"] == BEGIN:
            session, place, last = named, 0, None
            archive.sessions += 1
        place += 1
        assert (named, int(offered)) == (session, place), f"{archive.register}: {line['num_fiscal']} is out of place"
        tags = dict(_TAG.findall(xml))
        bound = line["doctype"] in (BEGIN, END)
        previous = tags.get(b"PREVDOCHASH", b"").decode()
        assert previous == ("" if bound or last is None else last), f"{archive.register}: the chain breaks at {number}"
        assert int(control) == _control(tags, seeds[named], line["class"] == "Check"), f"control number of {number}"
        last = last if bound else hashlib.sha256(signed).hexdigest()
        session = "" if line["doctype"] == END else session
    assert not session, f"{archive.register}: an offline session was not delivered to its end"


def _control(tags: dict[bytes, bytes], seed: int, is_check: bool) -> int:
    """Of the text, 7.3: seed, date, time, both numbers of the register, total of a check, hash."""
    names = (b"ORDERDATE", b"ORDERTIME", b"ORDERNUM", b"CASHREGISTERNUM", b"CASHDESKNUM")
    parts = [str(seed).encode(), *(tags[name] for name in names)]
    optional = ((b"TOTAL", is_check), (b"PREVDOCHASH", True))
    parts += [tags[name] for name, wanted in optional if wanted and name in tags]
    crc = zlib.crc32(b",".join(parts))
    return int.from_bytes(crc.to_bytes(4, "little"), "big") % 10_000 or 1


def _memory(path: Path) -> tuple[dict[str, int], dict[str, tuple[bytes, bytes]]]:
    """Seeds by session; XML and signed message by fiscal number."""
    seeds: dict[str, int] = {}
    documents: dict[str, tuple[bytes, bytes]] = {}
    for record in _lines(path):
        given = record.get("session")
        if given:
            seeds[str(given["OfflineSessionId"])] = given["OfflineSeed"]
        for entry in record.get("entries", ()):
            xml = b64decode(entry["xml"])
            total = re.search(rb"<CHECKTOTAL>\s*<SUM>([^<]*)</SUM>", xml)
            marked = xml + (b"<TOTAL>" + total[1] + b"</TOTAL>" if total else b"")
            documents[entry["num_fiscal"]] = marked, b64decode(entry["signed"])
    return seeds, documents


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines."""
    for line in path.read_bytes().rpartition(b"\n")[0].splitlines():
        yield json.loads(line)
