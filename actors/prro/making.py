"""Making one document: composed, signed, on disk, and only then sent.

The local number belongs to the document from the moment it is on disk. What cannot be signed has taken none.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from actors.prro.desk import PrroDesk
from schemas.prro import CloseShift, OfflineBegin, OfflineEnd, OpenShift, Operation, ZReport
from schemas.prro_check import Check
from schemas.prro_records import FREED, BeginOffline, SetAside, StoredDocument, StoreDocument, StoredPrro
from schemas.prro_zrep import ZRep, ZRepHead
from transports.prro.chain import Link, carries_hash, is_link, link_hash
from transports.prro.composing import Heading, compose, made_offline
from transports.prro.documents import Document, decode, encode
from transports.prro.totals import shift_totals

_ENCODE = msgspec.json.Encoder(order="deterministic").encode
_DECODE = msgspec.json.Decoder(Operation).decode
SHIFT_KINDS = frozenset({"open_shift", "close_shift", "z_report"})
_MESSAGES = (OpenShift, CloseShift, OfflineBegin, OfflineEnd)


def kind_of(operation: Operation) -> str:
    """How the operation names itself."""
    return str(type(operation).__struct_config__.tag)


def operation_of(document: StoredDocument) -> Operation:
    """What was asked."""
    operation: Operation = _DECODE(document.operation)
    return operation


def content(operation: Operation) -> bytes:
    """The operation in one form only: equal operations are equal bytes."""
    return _ENCODE(operation)


def moves_money(operation: Operation) -> bool:
    """Only such a document can be revoked and made again."""
    return not isinstance(operation, (*_MESSAGES, ZReport))


class Making:
    """Makes documents of one register."""

    def __init__(self, desk: PrroDesk) -> None:
        self._desk = desk

    async def online(
        self, row: StoredPrro, operation: Operation, key: str | None, digest: bytes, cashier: str | None
    ) -> StoredDocument:
        """Sign it with a time stamp and put it on disk; nothing is sent yet."""
        document = await self._composed(row, operation, cashier)
        xml = encode(document)
        signed = await self._desk.signed(xml, offline=False)
        write = self._write(row, operation, key, digest, document, xml, signed)
        return await self._desk.document(await self._desk.durably(write))

    async def offline(
        self, row: StoredPrro, operation: Operation, key: str | None, digest: bytes, cashier: str | None
    ) -> StoredDocument:
        """Sign it as the next of the offline session and put it on disk: with that it is made."""
        write = await self._offline(row, operation, key, digest, cashier)
        return await self._desk.document(await self._desk.durably(write))

    async def beginning(
        self, row: StoredPrro, aside: Sequence[tuple[StoredDocument, SetAside]], *, by_hand: bool
    ) -> list[StoredDocument]:
        """Begin an offline session, in one stroke with what is set aside and made again: all of it is on disk, or
        nothing is. Answers what was made again."""
        kept = any(each.status not in FREED for _, each in aside)
        place = replace(row, next_local=row.next_local + kept)
        begin = OfflineBegin()
        writes = [await self._offline(place, begin, None, content(begin), None)]
        for document, each in aside:
            place = _following(place, writes[-1])
            if each.status != "owed":
                again, cashier = operation_of(document), decode(document.xml).head.cashier
                writes.append(await self._offline(place, again, document.external_id, document.digest, cashier))
        set_aside = tuple(each for _, each in aside)
        write = BeginOffline(row.id, set_aside, tuple(writes), self._desk.clock(), by_hand)
        return [await self._desk.document(each) for each in (await self._desk.durably(write))[1:]]

    async def _offline(
        self, row: StoredPrro, operation: Operation, key: str | None, digest: bytes, cashier: str | None
    ) -> StoreDocument:
        assert row.session is not None
        assert row.seed is not None
        rules = self._desk.settings.chain
        bare = await self._composed(row, operation, cashier)
        previous = row.last_hash if carries_hash(bare, rules) else None
        document = made_offline(bare, row.session, row.next_place, row.seed, previous)
        xml = encode(document)
        signed = await self._desk.signed(xml, offline=True)
        link = link_hash(Link(xml, signed), rules) if is_link(document, rules) else None
        return self._write(row, operation, key, digest, document, xml, signed, link)

    async def revoking(self, begin: StoredDocument) -> tuple[bytes, bytes]:
        """The beginning of a session once more, now taking back the last online document: XML and signed."""
        document = decode(begin.xml)
        assert isinstance(document, Check)
        head = msgspec.structs.replace(document.head, revoke_last_online=True)
        xml = encode(msgspec.structs.replace(document, head=head))
        return xml, await self._desk.signed(xml, offline=True)

    async def totals(self, row: StoredPrro, head: ZRepHead) -> ZRep:
        """What the shift came to so far."""
        documents = await self._desk.reader.call(
            lambda store: store.prro_documents_since(self._desk.id, row.shift_first)
        )
        return shift_totals(_checks(documents), head)

    async def _composed(self, row: StoredPrro, operation: Operation, cashier: str | None) -> Document:
        # Documents show whole seconds, and offline ones must not lie before their predecessor: so never a fraction.
        at = datetime.fromtimestamp(int(self._desk.clock()), UTC)
        heading = Heading(uuid4(), at, row.next_local, cashier or row.cashier)
        if not isinstance(operation, ZReport):
            return compose(operation, self._desk.desk, heading)
        blank = compose(operation, self._desk.desk, heading)
        assert isinstance(blank, ZRep)
        return compose(operation, self._desk.desk, heading, await self.totals(row, blank.head))

    def _write(
        self,
        row: StoredPrro,
        operation: Operation,
        key: str | None,
        digest: bytes,
        document: Document,
        xml: bytes,
        signed: bytes,
        link: str | None = None,
    ) -> StoreDocument:
        offline = bool(document.head.offline)
        return StoreDocument(
            register_id=row.id,
            external_id=key,
            kind=kind_of(operation),
            local_number=document.head.local_number,
            uid=document.head.uid,
            sum=document.sum or 0 if isinstance(document, Check) else 0,
            digest=digest,
            operation=content(operation),
            xml=xml,
            signed=signed,
            at=self._desk.clock(),
            session=row.session if offline else None,
            place=row.next_place if offline else None,
            fiscal_number=document.head.fiscal_number,
            link_hash=link,
            is_money=not isinstance(operation, _MESSAGES),
        )


def _following(row: StoredPrro, write: StoreDocument) -> StoredPrro:
    """The register as it will be once this is on disk."""
    assert write.place is not None
    row = replace(row, next_local=write.local_number + 1, next_place=write.place + 1)
    return replace(row, last_hash=write.link_hash or row.last_hash)


def _checks(documents: Sequence[StoredDocument]) -> list[Check]:
    """The checks among them that count, each with its fiscal number: a storno refers to it."""
    found = []
    for each in documents:
        document = decode(each.xml)
        if isinstance(document, Check) and each.status != "replaced" and not each.revoked:
            head = msgspec.structs.replace(document.head, fiscal_number=each.fiscal_number)
            found.append(msgspec.structs.replace(document, head=head))
    return found
