"""The part of the read side that is about sites and uplinks."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from kassanet.store.sqlite import archive, site_rows
from kassanet.store.sqlite.transaction import Row
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

Made = TypeVar("Made")


class SiteReading:
    """``actors.site_store.SiteStoreReader`` over whoever can ask a database (:class:`SqliteReader`)."""

    def sites(self) -> Sequence[StoredSite]:
        return self._all(site_rows.site, site_rows.SITES)

    def site_bindings(self) -> Sequence[StoredBinding]:
        return self._all(site_rows.binding, site_rows.BINDINGS)

    def open_forwards(self, site_id: int, after_id: int, limit: int) -> Sequence[OpenForward]:
        return self._all(site_rows.forward, site_rows.FORWARDS, site_id, after_id, limit)

    def owed_by(self, site_id: int) -> int:
        return int(self._rows(site_rows.OWED, site_id)[0][0])

    def site_command(self, command_id: int) -> StoredSiteCommand | None:
        return self._one(site_rows.command, site_rows.COMMAND, command_id)

    def site_commands(self, site_id: int, limit: int) -> Sequence[StoredSiteCommand]:
        return self._all(site_rows.command, site_rows.COMMANDS, site_id, limit)

    def open_site_commands(self, site_id: int) -> Sequence[StoredSiteCommand]:
        return self._all(site_rows.command, site_rows.OPEN_COMMANDS, site_id)

    def archived(self, wanted: ArchiveFilter) -> Sequence[StoredArchived]:
        sql, parameters = archive.query(wanted)
        return self._all(archive.archived, sql, *parameters)

    def outbox(self, after: int, limit: int) -> Sequence[OutboxLine]:
        return self._all(site_rows.outbox_line, site_rows.OUTBOX, after, limit)

    def behind(self) -> int:
        return int(self._rows(site_rows.BEHIND)[0][0])

    def link_command(self, central: str, command_id: int) -> StoredLinkCommand | None:
        return self._one(site_rows.link_command, site_rows.LINK_COMMAND, central, command_id)

    def identity(self) -> str:
        return str(self._rows(site_rows.IDENTITY)[0][0])

    # -- what the connection's owner provides ------------------------------------------------------

    def _one(self, make: Callable[[Row], Made], sql: str, *parameters: object) -> Made | None:
        raise NotImplementedError

    def _all(self, make: Callable[[Row], Made], sql: str, *parameters: object) -> list[Made]:
        raise NotImplementedError

    def _rows(self, sql: str, *parameters: object) -> list[Row]:
        raise NotImplementedError
