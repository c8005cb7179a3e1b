"""The journal in one SQLite file. Whoever opens it needs an :class:`Opening`, and then a store or a reader.

Nothing of SQLite is seen outside of this folder: in and out go records, rows, and ``actors.store``'s exceptions.
"""

from kassanet.store.sqlite.opening import Opening
from kassanet.store.sqlite.reader import SqliteReader
from kassanet.store.sqlite.store import SqliteStore

__all__ = ["Opening", "SqliteReader", "SqliteStore"]
