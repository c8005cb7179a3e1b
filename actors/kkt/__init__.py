"""One register: a single writer for one fiscal storage, and the only one who decides what became of a document."""

from actors.kkt.actor import Kkt
from actors.kkt.settings import KktSettings

__all__ = ["Kkt", "KktSettings"]
