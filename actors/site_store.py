"""What is read of a store about sites and uplinks; a part of :class:`actors.store.StoreReader`."""

from collections.abc import Sequence
from typing import Protocol

from schemas.site_records import (
    ArchiveFilter,
    OpenForward,
    OutboxLine,
    StoredArchived,
    StoredBinding,
    StoredLinkCommand,
    StoredSite,
    StoredSiteCommand,
)


class SiteStoreReader(Protocol):
    """As of the store's read side: every method blocks, and raises ``StoreUnavailable`` when it cannot tell."""

    def sites(self) -> Sequence[StoredSite]:
        """Revoked ones too."""

    def site_bindings(self) -> Sequence[StoredBinding]: ...

    def open_forwards(self, site_id: int, after_id: int, limit: int) -> Sequence[OpenForward]:
        """Receipts that a site has or is to get, from a receipt's id on, oldest first."""

    def owed_by(self, site_id: int) -> int:
        """How many those are."""

    def site_command(self, command_id: int) -> StoredSiteCommand | None: ...

    def site_commands(self, site_id: int, limit: int) -> Sequence[StoredSiteCommand]:
        """From new to old."""

    def open_site_commands(self, site_id: int) -> Sequence[StoredSiteCommand]:
        """Those whose outcome is not known, oldest first."""

    def archived(self, wanted: ArchiveFilter) -> Sequence[StoredArchived]:
        """Receipts that other journals told, from new to old."""

    def outbox(self, after: int, limit: int) -> Sequence[OutboxLine]:
        """Receipts that the central server is to hear of, in order."""

    def behind(self) -> int:
        """How many those are."""

    def link_command(self, central: str, command_id: int) -> StoredLinkCommand | None: ...

    def identity(self) -> str:
        """Which journal this is."""
