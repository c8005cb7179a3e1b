"""The journal: the one place where state becomes durable.

Nothing is acknowledged before it is on disk. Writes from everywhere meet in one mailbox; whatever has gathered
there is committed as one transaction (group commit), and only then is each asker answered.
"""

from actors.store import Store, StoreReader, StoreRefused, StoreUnavailable

__all__ = ["Store", "StoreReader", "StoreRefused", "StoreUnavailable"]
