"""A watched folder: a bank file that is put there is brought, and moved to where its outcome can be seen.

``taken/`` holds files that were brought whole, ``refused/`` those that were refused, each with a ``.why`` beside it. A
file is looked at when it has not changed between two looks, so one that is still being copied is left alone; names that
begin with a point or end in ``.part`` are never looked at. What is cut off halfway is found again, and nothing is taken
twice.
"""

import os
import stat
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
import structlog
import trio
from msgspec import Struct

from actors.journal import StoreUnavailable
from actors.runtime import Actor, ActorError, Ref
from kassanet.channels.kinds import file_settings
from kassanet.channels.mediator import Mediator
from kassanet.statements.line import FileRefused
from kassanet.statements.opened import BankFile
from kassanet.statements.profile import Profile
from schemas.payment_records import BeginFile, EndFile
from schemas.routes import ChannelSpec

TAKEN, REFUSED = "taken", "refused"
log = structlog.get_logger("kassanet.payments")
_encode = msgspec.json.Encoder().encode

Seen = tuple[int, int]
"""Size and time of the last change."""


class LookAtFolder(Struct, frozen=True):
    """Told to itself at every turn."""


class FolderWatch(Actor):
    """``every`` in seconds; ``channel`` names the channel of kind ``file`` that takes what is found."""

    def __init__(
        self, mediator: Mediator, journal: Ref, folder: Path, channel: str, profiles: Sequence[Profile], every: float
    ) -> None:
        self._mediator = mediator
        self._journal = journal
        self._folder = folder
        self._channel = channel
        self._profiles = profiles
        self._every = every
        self._seen: dict[str, Seen] = {}

    async def started(self) -> None:
        self.context.tell_later(0.0, LookAtFolder(), control=True)

    async def receive(self, message: object) -> None:
        try:
            for name in await trio.to_thread.run_sync(self.unchanged):
                await self._one(self._folder / name)
        except OSError as error:
            log.error("folder_unreadable", folder=str(self._folder), reason=str(error))
        finally:
            self.context.tell_later(self._every, LookAtFolder(), control=True)

    def describe(self) -> dict[str, object]:
        return {"folder": str(self._folder), "channel": self._channel}

    def unchanged(self) -> list[str]:
        """Names of files that are as they were at the last look, in the order of their names."""
        found: dict[str, Seen] = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                said = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(said.st_mode) and not entry.name.startswith(".") and not entry.name.endswith(".part"):
                    found[entry.name] = (said.st_size, said.st_mtime_ns)
        ready = [name for name, seen in found.items() if self._seen.get(name) == seen]
        self._seen = found
        return sorted(ready)

    async def _one(self, path: Path) -> None:
        """A file that cannot be brought, whatever the reason, keeps no other from being brought."""
        try:
            await self._bring(path)
        except OSError as error:
            log.error("file_unreadable", file=readable(path.name), reason=readable(str(error)))
        except Exception:
            log.exception("file_failed", file=readable(path.name))

    async def _bring(self, path: Path) -> None:
        channel = self._mediator.setup.parts.channels.get(self._channel)
        if channel is None or channel.kind != "file" or not channel.is_active:
            log.error("no_channel_for_folder", folder=str(self._folder), channel=self._channel)
            return
        try:
            with path.open("rb") as file:
                make = partial(BankFile, file, self._profiles, file_settings(channel).profile)
                why = await self._taken(await trio.to_thread.run_sync(make), channel, readable(path.name))
        except FileRefused as refused:
            log.warning("file_refused", file=readable(path.name), reason=str(refused))
            await trio.to_thread.run_sync(self._put, path, REFUSED, str(refused))
        except (StoreUnavailable, ActorError) as trouble:
            log.warning("file_put_off", file=readable(path.name), reason=str(trouble))
        else:
            await trio.to_thread.run_sync(self._put, path, TAKEN, why)

    async def _taken(self, file: BankFile, channel: ChannelSpec, name: str) -> str:
        began = BeginFile(file.survey.sha256, channel.name, name, f"folder {self._folder}"[:255], time.time())
        number = await self._journal.ask(began)
        bringing = self._mediator.bringing(channel)
        async for _ in bringing.bring(file, dry_run=False):
            pass
        report = _encode(bringing.tally.total(file, dry_run=False))
        await self._journal.ask(EndFile(number, report, time.time()))
        log.info("file_taken", file=name, paid=bringing.tally.paid, lines=bringing.tally.lines)
        return report.decode()

    def _put(self, path: Path, where: str, why: str) -> None:
        """Out of the way, under a name that nothing there has yet."""
        target = self._folder / where
        target.mkdir(exist_ok=True)
        name, number = path.name, 0
        while (target / name).exists():
            number += 1
            name = f"{path.name}.{number}"
        path.replace(target / name)
        told = target / f".{name}.why"
        told.write_text(why + "\n", "utf-8")
        told.replace(target / f"{name}.why")  # whole, or not there yet


def readable(name: str) -> str:
    """A name as it can be kept and printed: old programs write Russian names in bytes that are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
