"""The two kinds of children: an actor with its mailbox, and a supervisor below a supervisor."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from actors.runtime.actor import Down
from actors.runtime.child import Child
from actors.runtime.context import Context
from actors.runtime.envelope import Envelope
from actors.runtime.errors import ActorCrashed, ActorStopped
from actors.runtime.life import Life
from actors.runtime.mailbox import Mailbox
from actors.runtime.ref import Ref
from actors.runtime.specs import ChildSpec, Parked, SupervisorSpec
from schemas.tree import ActorNode, Lane

if TYPE_CHECKING:
    from actors.runtime.overseer import Overseer

DELIVERIES = 3
"""A message that was in hand at so many crashes is failed, whatever its fate: it must not take the tree with it."""


class ActorChild(Child):
    """Owns the mailbox and the messages that were in hand at a crash, so that both survive it."""

    __slots__ = ("expired", "kind", "life", "mailbox", "parked", "ref")

    spec: ChildSpec

    def __init__(self, spec: ChildSpec, owner: "Overseer") -> None:
        super().__init__(spec, owner)
        self.kind = spec.kind
        self.mailbox = Mailbox(spec.name, spec.capacity, spec.control_capacity)
        self.ref = Ref(spec.name, self.mailbox, owner.shared.timers)
        self.life: Life | None = None
        self.parked: list[tuple[Envelope, Parked]] = []
        self.expired = 0
        owner.shared.registry.add(self.ref)

    async def _live(self) -> None:
        if self.stop_asked:
            return
        actor = self.spec.factory()
        self.kind = self.spec.kind or type(actor).__name__
        self.mailbox.waits = self.owner.shared.waits_of(self.kind)
        self.life = Life(self, actor)
        actor.context = Context(self.life)
        try:
            await self.life.run(self._unpark())
        finally:
            await self.life.end()

    def _unpark(self) -> list[Envelope]:
        """Put back what is retried; return what is to be reconciled."""
        parked, self.parked = self.parked, []
        self.mailbox.put_back(envelope for envelope, fate in parked if fate is Parked.RETRY)
        return [envelope for envelope, fate in parked if fate is Parked.RECONCILE]

    def _bury(self, crash: Exception | None) -> Exception | None:
        life, self.life = self.life, None
        if life is None:
            return crash
        crash = crash or life.crash
        self._fail(life.deferred or (), crash)
        for envelope in life.held:
            self._park(envelope, crash)
        self.parked += [(envelope, Parked.RECONCILE) for envelope in life.unreconciled]
        return crash

    def _park(self, envelope: Envelope, crash: Exception | None) -> None:
        envelope.deliveries += 1
        fate = self._fate(envelope.message)
        if fate is Parked.FAIL or envelope.deliveries >= DELIVERIES:
            self._fail([envelope], crash)
        else:
            self.parked.append((envelope, fate))

    def _fate(self, message: object) -> Parked:
        rule = self.spec.parked
        try:
            return rule(message) if callable(rule) else rule
        except Exception as error:
            self.note(error)
            return Parked.FAIL

    def _fail(self, envelopes: Iterable[Envelope], crash: Exception | None) -> None:
        for envelope in envelopes:
            error = ActorCrashed(self.name)
            error.__cause__ = crash
            envelope.fail(error)

    def _request_stop(self, starting: bool) -> None:
        """An actor that is not ready has promised nothing: it is not waited for."""
        if starting:
            self.cancel()
        elif self.life is not None:
            self.life.stop_asked = True
            self.mailbox.wake()

    def down(self, reason: str, *, final: bool) -> None:
        for watcher in list(self.ref.watchers):
            watcher.hear(Down(self.name, reason, final))
        if final:
            self.ref.watchers.clear()

    def close(self) -> None:
        self._fail([envelope for envelope, _ in self.parked], None)
        self.parked.clear()
        for envelope in self.mailbox.close():
            envelope.fail(ActorStopped(self.name))
        self.down("stopped", final=True)
        self.owner.shared.registry.remove(self.ref)

    def node(self) -> ActorNode:
        box = self.mailbox
        return ActorNode(
            self.name,
            self.kind,
            self.state,
            self.since,
            self.restarts,
            self.last_error,
            Lane(box.work_depth, box.capacity),
            Lane(box.control_depth, box.control_capacity),
            self.expired,
            self.life.facts() if self.life is not None else {},
        )


class SupervisorChild(Child):
    """A supervisor under a supervisor: one object for all its runs, so that refs below it stay good."""

    __slots__ = ("overseer",)

    spec: SupervisorSpec

    def __init__(self, spec: SupervisorSpec, owner: "Overseer", overseer: "Overseer") -> None:
        super().__init__(spec, owner)
        self.overseer = overseer

    async def _live(self) -> None:
        await self.overseer.run(self.ready)

    def _bury(self, crash: Exception | None) -> Exception | None:
        return crash

    def _request_stop(self, starting: bool) -> None:
        self.overseer.end(final=self.final)

    def cancel(self) -> None:
        if self.alive:
            self.overseer.abort()

    def down(self, reason: str, *, final: bool) -> None:
        pass

    def close(self) -> None:
        self.overseer.close()

    def node(self) -> ActorNode:
        children = tuple(child.node() for child in self.overseer.children.values())
        return ActorNode(
            self.name, "supervisor", self.state, self.since, self.restarts, self.last_error, children=children
        )
