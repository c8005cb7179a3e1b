"""Bank files over HTTP: a file goes in, a line comes out for each of its lines, and the sums at the end.

The body is the file itself. It goes to a nameless file on disk, so its size is bounded by a limit and not by memory,
and no name that a client sends ever becomes a path.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import msgspec
import structlog
import trio
from quart import Blueprint, Response, request

from actors.journal import Reader
from actors.runtime import Ref
from kassanet.channels.bringing import Bringing
from kassanet.channels.kinds import file_settings
from kassanet.channels.mediator import Mediator
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access
from kassanet.edge.decoding import invalid
from kassanet.edge.visibility import allowed
from kassanet.statements.line import FileRefused
from kassanet.statements.opened import BankFile
from kassanet.statements.profile import Profile
from schemas.payment_records import BeginFile, EndFile
from schemas.payments_shown import Brought
from schemas.problems import FieldError, ProblemError, problem
from schemas.routes import ChannelSpec

NDJSON = "application/x-ndjson"
SHOWN_FILES = 100
log = structlog.get_logger("edge.import")
_encode = msgspec.json.Encoder().encode


class ImportSettings(msgspec.Struct, frozen=True):
    """``folder`` takes the bytes while they are read; ``most`` bounds a file; ``profiles`` are those of registries."""

    folder: Path
    most: int
    profiles: Sequence[Profile]


def imports_blueprint(
    mediator: Mediator, journal: Ref, reader: Reader, settings: ImportSettings, clock: Callable[[], float]
) -> Blueprint:
    """``POST /api/v1/imports`` and the list of files that were brought."""
    blueprint = Blueprint("imports", __name__, url_prefix="/api/v1")
    desk = _Desk(mediator, journal, reader, settings, clock)
    blueprint.post("/imports")(desk.bring)
    blueprint.get("/imports")(desk.listing)
    return blueprint


class _Desk:
    def __init__(
        self, mediator: Mediator, journal: Ref, reader: Reader, settings: ImportSettings, clock: Callable[[], float]
    ) -> None:
        self._mediator = mediator
        self._journal = journal
        self._reader = reader
        self._settings = settings
        self._clock = clock

    async def listing(self) -> Response:
        access = allowed("viewer")
        rows = await self._reader.call(lambda store: store.payment_files(SHOWN_FILES))
        channels = self._mediator.setup.parts.channels
        shown = [
            {**msgspec.structs.asdict(row), "report": None if row.report is None else msgspec.Raw(row.report)}
            for row in rows
            if access.inn is None or (row.channel in channels and access.sees(channels[row.channel].inn))
        ]
        return answer(shown)

    async def bring(self) -> Response:
        access = allowed("operator")
        channel = self._channel(access)
        dry_run = request.args.get("dry_run", "false") not in ("false", "0")
        file = TemporaryFile(dir=self._settings.folder)  # noqa: SIM115 - closed when the answer ends
        try:
            await self._receive(file)
            bank_file = await self._opened(file, channel)
        except BaseException:
            file.close()
            raise
        bringing = self._mediator.bringing(channel)
        name = request.args.get("name", "")[:255]
        lines = self._lines(bringing, file, bank_file, dry_run=dry_run, channel=channel, by=access.name, name=name)
        return Response(lines, content_type=NDJSON)

    async def _receive(self, file: BinaryIO) -> None:
        request.max_content_length = self._settings.most
        async for piece in request.body:
            await trio.to_thread.run_sync(file.write, piece)
        await trio.to_thread.run_sync(file.flush)

    async def _opened(self, file: BinaryIO, channel: ChannelSpec) -> BankFile:
        wanted = request.args.get("profile") or file_settings(channel).profile
        file.seek(0)
        try:
            return await trio.to_thread.run_sync(BankFile, file, self._settings.profiles, wanted)
        except FileRefused as refused:
            path = "" if refused.line is None else f"line {refused.line}"
            raise problem(
                422, "file-refused", "The file is refused as a whole.", (FieldError(path, refused.message),)
            ) from None

    async def _lines(
        self, bringing: Bringing, file: BinaryIO, bank_file: BankFile, *,
        dry_run: bool, channel: ChannelSpec, by: str, name: str,
    ) -> AsyncIterator[bytes]:  # fmt: skip
        """The survey, every line, and what came of all."""
        try:
            survey = bank_file.survey
            yield _encode({"survey": survey}) + b"\n"
            began = BeginFile(survey.sha256, channel.name, name, by, self._clock())
            number = 0 if dry_run else await self._journal.ask(began)
            async for piece in bringing.bring(bank_file, dry_run=dry_run):
                yield _told(piece)
            total = bringing.tally.total(bank_file, dry_run=dry_run)
            if not dry_run:
                await self._journal.ask(EndFile(number, _encode(total), self._clock()))
            yield _encode({"total": total}) + b"\n"
        except Exception as error:
            log.error("import_cut_off", channel=channel.name, reason=str(error))
            yield _encode({"error": f"cut off: {error}; bring the file again, nothing is taken twice"}) + b"\n"
        finally:
            file.close()

    def _channel(self, access: Access) -> ChannelSpec:
        """The one named, or the only one whose routes lead to the circuit named."""
        named, circuit = request.args.get("channel"), request.args.get("circuit")
        channels = [
            one
            for one in self._mediator.setup.parts.channels.values()
            if one.kind == "file" and one.is_active and access.sees(one.inn) and self._fits(one, named, circuit)
        ]
        if len(channels) != 1:
            raise self._unclear([one.name for one in channels])
        return channels[0]

    def _fits(self, channel: ChannelSpec, named: str | None, circuit: str | None) -> bool:
        if named is not None:
            return channel.name == named
        routes = self._mediator.setup.routes_of(channel.name)
        return circuit is None or circuit in {str(route.circuit) for route in routes}

    def _unclear(self, found: list[str]) -> ProblemError:
        if not found:
            expected = "a channel of kind file with a route, made beforehand"
            return invalid([FieldError("channel", "no channel of kind file has a route there", expected)])
        message = f"{len(found)} channels would take it"
        return invalid([FieldError("channel", message, f"one of {', '.join(found)}")])


def _told(piece: Sequence[Brought]) -> bytes:
    return b"".join(_encode(one) + b"\n" for one in piece)
