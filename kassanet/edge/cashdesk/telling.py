"""Documents found and told: what every view that makes or shows a check has in common."""

from collections.abc import Collection, Sequence

from actors.journal import Reader
from kassanet.edge.prro_documents import MOST_ID, Painter
from kassanet.prros import shown
from schemas.cashdesk import Asked
from schemas.cashdesk_answers import CheckAnswer, ReportAnswer
from schemas.prro_records import DocumentStatus, StoredDocument
from schemas.prro_zrep import ZRep
from transports.cashdesk.answers import check_answer, report_answer
from transports.prro.documents import Document
from transports.prro.paper import link_of
from transports.prro.text import receipt_text

PAGE = 100
COUNTED: frozenset[DocumentStatus] = frozenset({"registered", "offline", "owed"})
"""Documents that are made for certain."""

MADE: frozenset[DocumentStatus] = COUNTED | {"stored"}
"""Those as well whose outcome is being found out: they are no reason to make another."""


class Telling:
    """``reader`` is the journal's."""

    def __init__(self, reader: Reader, painter: Painter) -> None:
        self._reader = reader
        self._painter = painter

    async def check(self, made: StoredDocument, register: int, asked: Asked) -> CheckAnswer:
        """As much of it as was asked for."""
        document = shown(made)
        link = link_of(document)
        qr = None if link is None or asked.no_qr else await self._painter.code(link)
        return check_answer(made, register, link, text_of(document, asked), qr)

    async def report(self, made: StoredDocument, asked: Asked, *, is_open: bool) -> ReportAnswer:
        """A Z report."""
        document = shown(made)
        assert isinstance(document, ZRep)
        check = check_answer(made, document.head.register, None)
        return report_answer(document, is_open=is_open, text=text_of(document, asked), check=check)

    async def latest(
        self,
        register_id: int,
        kinds: Collection[str],
        before: int = MOST_ID,
        until: Collection[str] = (),
        statuses: Collection[DocumentStatus] = COUNTED,
    ) -> StoredDocument | None:
        """The last document of these kinds and statuses, before a local number; none beyond ``until``."""
        while True:
            page = await self._page(register_id, before)
            for each in page:
                if each.kind in kinds and each.status in statuses and not each.revoked:
                    return each
                if each.kind in until:
                    return None
            if len(page) < PAGE:
                return None
            before = page[-1].local_number

    async def _page(self, register_id: int, before: int) -> Sequence[StoredDocument]:
        return await self._reader.call(lambda store: store.prro_documents_before(register_id, before, PAGE))


def text_of(document: Document, asked: Asked, *, draft: bool = False) -> str | None:
    return None if asked.no_text_print else receipt_text(document, asked.width, draft=draft)
