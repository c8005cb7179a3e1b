"""One signing key under a real supervisor and a real store, on the virtual clock; time stamps from the sandbox."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import trio

from actors.runtime import Actor, ChildSpec, Envelope, Ref, Supervisor
from actors.signing.key import KeyTools, Sign, SigningKey
from actors.signing.rules import Allowance, Refused
from actors.store import StoreUnavailable
from kassanet.agent.store import AgentStore
from kassanet.sandbox.keys.authority import Authority
from kassanet.sandbox.keys.certificates import Owner, Terms
from kassanet.sandbox.keys.timestamps import TimeStampAuthority
from schemas.signing import Agreement, DocumentKind, KeyPolicy, SignDocument, SignedDocument
from schemas.signing_records import AddKey, StoredKey
from transports.dstu.certificates import TIME_STAMPING, Certificate
from transports.dstu.curves import M257
from transports.dstu.imports import KeyMaterial, secret_of
from transports.dstu.keys import new_key

START = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
TIN, REGISTER = "3012345678", "4000123456"
AGREEMENT = Agreement("7", date(2026, 1, 1), "Касир", date(2026, 12, 31))


def wall() -> float:
    return START.timestamp() + trio.current_time()


def check(number: int = 1, tin: str = TIN, register: str = REGISTER) -> bytes:
    head = f"<TIN>{tin}</TIN><ORDERNUM>{number}</ORDERNUM><CASHREGISTERNUM>{register}</CASHREGISTERNUM>"
    text = f'<?xml version="1.0" encoding="windows-1251"?><CHECK><CHECKHEAD>{head}</CHECKHEAD></CHECK>'
    return text.encode("cp1251")


@cache
def issued() -> tuple[KeyMaterial, Certificate, TimeStampAuthority]:
    """A cashier's key and its certificate; a clock that stands at START."""
    authority, key, clock = Authority.founded(START - YEAR), new_key(M257), new_key(M257)
    owner = Owner("Касир", edrpou=TIN, drfo=TIN)
    certificate = authority.certify(owner, key, Terms(START - YEAR, START + YEAR, time_stamp_url="http://tsp"))
    terms = Terms(START - YEAR, START + YEAR, purposes=(TIME_STAMPING,))
    stamps = TimeStampAuthority(clock, authority.certify(Owner("Годинник", number="2"), clock, terms), lambda: START)
    return KeyMaterial(secret_of(key), certificate.encoded), certificate, stamps


class InlineJournal(Actor):
    """The journal without a thread, which a virtual clock would not wait for; ``away`` makes the disk fail."""

    drains: ClassVar[bool] = True

    def __init__(self, store: AgentStore) -> None:
        self.store, self.away = store, False

    async def receive_batch(self, envelopes: Sequence[Envelope]) -> None:
        await trio.lowlevel.checkpoint()
        if self.away:
            for envelope in envelopes:
                envelope.fail(StoreUnavailable("disk full"))
            return
        writes: list[Any] = [envelope.message for envelope in envelopes]
        for envelope, answer in zip(envelopes, self.store.commit(writes), strict=True):
            if isinstance(answer, Exception):
                envelope.fail(answer)
            else:
                envelope.answer(answer)


class Rig:
    """``unsealed`` counts how often the secret was unwrapped, ``stamp_trouble`` makes the authority fail."""

    def __init__(self, store: AgentStore, key: StoredKey) -> None:
        self.store, self.key = store, key
        self.journal = InlineJournal(store)
        self.unsealed = 0
        self.locked = False
        self.stamp_trouble: Refused | None = None
        self.stamp_answer: Callable[[bytes], bytes] = issued()[2].respond
        self.tree: Supervisor

    @property
    def ref(self) -> Ref:
        return self.tree.ref("key")

    def unseal(self, key: StoredKey) -> KeyMaterial:
        if self.locked:
            raise Refused("locked", "locked")
        self.unsealed += 1
        return issued()[0]

    async def stamp(self, certificate: Certificate, request: bytes) -> bytes:
        await trio.sleep(0.2)
        if self.stamp_trouble is not None:
            raise self.stamp_trouble
        return self.stamp_answer(request)

    async def sign(
        self, document_id: str, data: bytes | None = None, kind: DocumentKind = "check", *, stamped: bool = False
    ) -> SignedDocument:
        document = SignDocument(document_id, kind, check() if data is None else data, stamped)
        return await self.ref.ask(Sign(document, "token 1"))


@asynccontextmanager
async def standing(
    folder: Path,
    policy: KeyPolicy | None = None,
    agreement: Agreement | None = AGREEMENT,
    tenant_a_minute: int | None = None,
) -> AsyncIterator[Rig]:
    """A key at work; the file under ``folder`` may be one of an earlier life."""
    material, certificate, _ = issued()
    key = StoredKey(
        "k1", TIN, material.certificate, b"sealed", False, agreement, policy or KeyPolicy(), START.timestamp()
    )
    store = AgentStore.open(folder)
    store.commit([AddKey(key, certificate.subject_key_id or "", "test")])
    rig = Rig(store, key)
    allowance = Allowance(tenant_a_minute, wall)

    def made() -> SigningKey:
        return SigningKey(rig.key, KeyTools(rig.tree.ref("journal"), rig.unseal, rig.stamp, wall, 60.0), allowance)

    rig.tree = Supervisor("root", children=(ChildSpec("journal", lambda: rig.journal), ChildSpec("key", made)))
    async with trio.open_nursery() as nursery:
        await nursery.start(rig.tree.run)
        yield rig
        rig.tree.stop()
    store.close()


def changed(key: StoredKey, **fields: object) -> StoredKey:
    return msgspec.structs.replace(key, **fields)
