"""A bank file as one thing: detected, surveyed, and then read line by line as often as needed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kassanet.statements import bank, registry
from kassanet.statements.detect import Found, detect
from kassanet.statements.line import Line, Survey
from kassanet.statements.profile import Profile, ready_profiles
from kassanet.statements.selection import Choice, Selection, SelectionRules


class BankFile:
    """An open file that has been surveyed: it holds together and its totals agree.

    Making one reads the whole file and raises :class:`kassanet.statements.line.FileRefused`. The file must be seekable
    and stay as it is; whoever opened it closes it.
    """

    def __init__(self, file: BinaryIO, profiles: Sequence[Profile] | None = None, wanted: str | None = None) -> None:
        self._file = file
        self._found: Found = detect(file, ready_profiles() if profiles is None else profiles, wanted)
        self.survey: Survey = self._survey()

    def lines(self) -> Iterator[Line]:
        """All lines, from the beginning, in the file's order."""
        self._file.seek(0)
        if self._found.profile is None:
            return bank.lines(self._file, self._found.encoding)
        return registry.lines(self._file, self._found.profile, self._found.encoding)

    def choices(self, rules: SelectionRules) -> Iterator[Choice]:
        """Every line with what it becomes; one that stands in the file twice is a duplicate from the second on.

        Remembers a few dozen bytes for each line.
        """
        selection = Selection(rules, self.survey.accounts, registry=self._found.profile is not None)
        seen: set[bytes] = set()
        for line in self.lines():
            identity = bytes.fromhex(line.key[:24])
            choice = selection.choose(line)
            if choice.reason is None and identity in seen:
                choice = Choice(line, None, "duplicate")
            seen.add(identity)
            yield choice

    def _survey(self) -> Survey:
        self._file.seek(0)
        found = self._found
        if found.profile is None:
            return bank.survey(self._file, found.encoding, found.reasons)
        return registry.survey(self._file, found.profile, found.encoding, found.reasons)


@contextmanager
def open_bank_file(
    path: Path, profiles: Sequence[Profile] | None = None, wanted: str | None = None
) -> Iterator[BankFile]:
    """For as long as it is read; raises ``OSError`` and :class:`kassanet.statements.line.FileRefused`."""
    with path.open("rb") as file:
        yield BankFile(file, profiles, wanted)
