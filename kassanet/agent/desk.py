"""Keys taken in, shown, changed and dropped; each becomes an actor while it is here. The master key lives here too.

While there is no master key nothing can be unwrapped: keys are shown, but neither taken in nor used.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from secrets import token_hex
from typing import TypeVar

import msgspec
import trio

from actors.runtime import Branch, ChildSpec, Ref
from actors.signing.key import Forget, KeyTools, Replace, Sign, SigningKey
from actors.signing.rules import Allowance, Refused, check_certificate, warnings
from kassanet.agent.licensing import Licensing
from kassanet.agent.master import Keyring, MasterKey, new_keyring, unlocked
from kassanet.agent.vault import Damaged, material, sealed
from kassanet.finishing import to_the_end
from schemas.messages import Request
from schemas.records import NotFound
from schemas.signing import AgentStatus, ChangeKey, KeyShown, SignDocument, SignedDocument, UploadKey
from schemas.signing_records import AddKey, AllKeys, AlterKey, DropKey, KeepKeyring, NoteEvent, ReadKeyring, StoredKey
from transports.dstu.backend import backend
from transports.dstu.certificates import read_certificate
from transports.dstu.imports import KeyMaterial

SIGN_SECONDS = 60.0
Answer = TypeVar("Answer")
_in_thread = trio.to_thread.run_sync  # scrypt takes its time on purpose; nobody else has to wait for it
Import = Callable[[bytes, str, Sequence[bytes]], Awaitable[KeyMaterial]]


class Desk:
    """``branch`` is where the keys' actors live. Call :meth:`start` before anything else."""

    def __init__(
        self,
        tools: KeyTools,
        branch: Branch,
        importer: Import,
        tenant_a_minute: int | None,
        licensing: Licensing,
    ) -> None:
        self._tools = msgspec.structs.replace(tools, unseal=self._unseal)
        self._branch, self._import, self._licensing = branch, importer, licensing
        self._tenant_a_minute = tenant_a_minute
        self._allowances: dict[str, Allowance] = {}
        self._keys: dict[str, StoredKey] = {}
        self._refs: dict[str, Ref] = {}
        self._master: MasterKey | None = None
        self._started = False
        self._turn = trio.Lock()
        """Whoever changes keys or master key has it: what is on disk and what is here change together."""

    @property
    def why_not_ready(self) -> str | None:
        """None once keys can be used."""
        if not self._started:
            return "the keys are being read"
        return "the agent is locked: give it its master key" if self._master is None else None

    @property
    def keys(self) -> Sequence[StoredKey]:
        return list(self._keys.values())

    @to_the_end
    async def start(self) -> None:
        """Read the keys and start their actors. A second call goes on where the first one failed."""
        for key in await self._ask(AllKeys()):
            if key.id not in self._refs:
                await self._begin(key)
        self._started = True

    async def unlock(self, passphrase: str | None, given: bytes | None, by: str) -> None:
        """Take the master key into use; the first one ever given becomes the master key. Raises MasterKeyProblem."""
        async with self._turn:
            await self._unlock(passphrase, given, by)

    @to_the_end
    async def _unlock(self, passphrase: str | None, given: bytes | None, by: str) -> None:
        stored = await self._ask(ReadKeyring())
        if stored is None:
            keyring, master = await _in_thread(new_keyring, passphrase, given)
            await self._ask(KeepKeyring(msgspec.msgpack.encode(keyring), {}, by, self._tools.clock()))
        else:
            master = await _in_thread(unlocked, msgspec.msgpack.decode(stored, type=Keyring), passphrase, given)
            await self._note("unlocked", "master key", by)
        if self._master is not None:
            self._master.wipe()
        self._master = master

    async def lock(self, by: str) -> None:
        """Forget the master key and every open secret."""
        async with self._turn:
            await self._lock(by)

    @to_the_end
    async def _lock(self, by: str) -> None:
        if self._master is not None:
            self._master.wipe()
            self._master = None
        for ref in self._refs.values():
            await ref.ask(Forget(), control=True)
        await self._note("locked", "master key", by)

    async def take_in(self, upload: UploadKey, tenant: str | None, by: str) -> StoredKey:
        """Open a container and keep its signing key. Raises Refused, Conflict, and the problems of containers."""
        self._must_have_room()
        opened = await self._import(upload.container, upload.password, upload.certificates)
        async with self._turn:
            return await self._keep(upload, opened, tenant, by)

    @to_the_end
    async def _keep(self, upload: UploadKey, opened: KeyMaterial, tenant: str | None, by: str) -> StoredKey:
        """Opening took its time: licence and master key may be others than before."""
        master = self._must_have_room()
        certificate = read_certificate(opened.certificate)
        check_certificate(certificate, self._now())
        owner = tenant or upload.tenant or certificate.edrpou or certificate.drfo or ""
        if owner not in certificate.tins:
            raise Refused(
                "foreign-tin", f"the certificate of {certificate.owner} does not vouch for {owner or 'anyone'}"
            )
        key_id = token_hex(8)
        key = StoredKey(
            key_id,
            owner,
            opened.certificate,
            sealed(master, key_id, owner, opened.secret),
            upload.kupyna,
            upload.agreement,
            upload.policy,
            self._tools.clock(),
        )
        await self._ask(AddKey(key, certificate.subject_key_id or "", by))
        await self._begin(key)
        return key

    def _must_have_room(self) -> MasterKey:
        """What a key that is taken in is wrapped with. Raises Refused."""
        master = self._unlocked()
        self._licensing.check_room(len(self._keys), self._today())
        return master

    async def change(self, key_id: str, change: ChangeKey, by: str) -> StoredKey:
        """Raises NotFound."""
        async with self._turn:
            return await self._change(key_id, change, by)

    @to_the_end
    async def _change(self, key_id: str, change: ChangeKey, by: str) -> StoredKey:
        key = await self._ask(AlterKey(key_id, change.agreement, change.policy, by, self._tools.clock()))
        self._keys[key_id] = key
        await self._refs[key_id].ask(Replace(key), control=True)
        return key

    async def drop(self, key_id: str, by: str) -> None:
        """Raises NotFound."""
        async with self._turn:
            await self._drop(key_id, by)

    @to_the_end
    async def _drop(self, key_id: str, by: str) -> None:
        """Its actor first, so that nothing is signed with a key that is going."""
        self.key(key_id)
        await self._refs[key_id].ask(Forget(), control=True)
        await self._ask(DropKey(key_id, by, self._tools.clock()))
        del self._keys[key_id], self._refs[key_id]
        await self._branch.stop_child(f"key/{key_id}")

    async def sign(self, key_id: str, document: SignDocument, by: str) -> SignedDocument:
        """Raises Refused, Conflict, NotFound, and what an actor that cannot answer raises."""
        self.key(key_id)
        self._licensing.check(self._today())
        return await self._refs[key_id].ask(Sign(document, by), timeout=SIGN_SECONDS)

    def warnings(self) -> tuple[str, ...]:
        """What concerns the agent as a whole."""
        return self._licensing.warnings(self._today())

    def status(self, keys: Sequence[StoredKey]) -> AgentStatus:
        """What people look at, as far as it concerns these keys."""
        shown, used = [self.shown(key) for key in keys], backend()
        found = [f"{key.owner}: {warning}" for key in shown for warning in key.warnings]
        return AgentStatus(
            locked=self.why_not_ready is not None,
            keys=len(shown),
            signing_keys=sum(key.signs for key in shown),
            backend=used.name,
            fallback=used.is_fallback,
            licence=self._licensing.shown,
            warnings=(*self.warnings(), *found),
        )

    def key(self, key_id: str) -> StoredKey:
        """Raises NotFound."""
        if (key := self._keys.get(key_id)) is None:
            raise NotFound(f"key {key_id[:64]}")
        return key

    def shown(self, key: StoredKey) -> KeyShown:
        """As it is now, with what soon will not work."""
        certificate, now = read_certificate(key.certificate), self._now()
        found = warnings(certificate, key.agreement, now)
        return KeyShown(
            id=key.id,
            tenant=key.tenant,
            owner=certificate.owner,
            role=certificate.role,
            edrpou=certificate.edrpou,
            drfo=certificate.drfo,
            subject_key_id=certificate.subject_key_id,
            public_key=certificate.public_key,
            serial=f"{certificate.serial:X}",
            issuer=certificate.issuer_name,
            valid_from=certificate.not_before,
            valid_until=certificate.not_after,
            scheme="kupyna256" if key.kupyna else "gost34311",
            agreement=key.agreement,
            policy=key.policy,
            created_at=datetime.fromtimestamp(key.created_at, UTC),
            signs=self._signs(key),
            warnings=found,
        )

    def _signs(self, key: StoredKey) -> bool:
        """Whether it would sign an allowed document now."""
        if self._master is None or key.agreement is None:
            return False
        today, certificate = self._today(), read_certificate(key.certificate)
        in_force = key.agreement.signed <= today <= key.agreement.until
        return in_force and certificate.not_before <= self._now() <= certificate.not_after

    async def _begin(self, key: StoredKey) -> None:
        allowance = self._allowances.setdefault(key.tenant, Allowance(self._tenant_a_minute, self._tools.clock))
        spec = ChildSpec(
            f"key/{key.id}",
            lambda: SigningKey(self._keys[key.id], self._tools, allowance),
            kind="signing key",
        )
        self._keys[key.id] = key
        self._refs[key.id] = await self._branch.start_child(spec)

    def _unseal(self, key: StoredKey) -> KeyMaterial:
        try:
            return material(self._unlocked(), key.id, key.tenant, key.sealed, key.certificate)
        except Damaged as reason:
            raise Refused("secret-damaged", str(reason)) from None

    def _unlocked(self) -> MasterKey:
        if self._master is None:
            raise Refused("locked", "the agent is locked: give it its master key", after=5.0)
        return self._master

    async def _note(self, event: str, subject: str, by: str) -> None:
        await self._ask(NoteEvent(event, subject, "", by, self._tools.clock()))

    async def _ask(self, write: Request[Answer]) -> Answer:
        return await self._tools.journal.ask(write, timeout=30.0)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._tools.clock(), UTC)

    def _today(self) -> date:
        return self._now().date()
