"""The engines under test. Another one joins by a class here; the acceptance suite then runs against it too."""

from pathlib import Path
from typing import Protocol

from actors.store import Store, StoreReader
from kassanet.store.sqlite import Opening, SqliteReader, SqliteStore


class Engine(Protocol):
    """Opens stores and readers over the journal that lies in (or is named by) a folder."""

    def store(self, folder: Path) -> Store: ...

    def reader(self, folder: Path) -> StoreReader: ...


class Sqlite:
    """One file in the folder."""

    def store(self, folder: Path) -> Store:
        return SqliteStore.open(Opening(folder, busy_timeout=0.05))

    def reader(self, folder: Path) -> StoreReader:
        return SqliteReader(Opening(folder, busy_timeout=0.05))


ENGINES: dict[str, Engine] = {"sqlite": Sqlite()}
