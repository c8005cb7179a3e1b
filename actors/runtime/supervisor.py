"""Supervisors as people use them: build a tree, run it, add and remove children, look at it."""

from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType

import trio

from actors.runtime.errors import Escalated
from actors.runtime.overseer import Overseer, Shared
from actors.runtime.ref import Ref
from actors.runtime.registry import Registry
from actors.runtime.specs import AnySpec, Backoff, ChildSpec, Strategy, SupervisorSpec
from actors.runtime.waits import Waits
from schemas.tree import ActorNode, ActorState, Failure


class Branch:
    """A supervisor anywhere in a tree; good through its restarts, until it is stopped for good."""

    def __init__(self, overseer: Overseer) -> None:
        self._overseer = overseer

    @property
    def name(self) -> str:
        return self._overseer.spec.name

    async def start_child(self, spec: ChildSpec) -> Ref:
        """Add a child at the end of the order and wait until it is ready.

        A cancelled caller leaves no child behind. Raises :class:`StartFailed` from what its first start raised,
        ``ValueError`` when the name is taken, :class:`ActorStopped` when this supervisor has stopped for good.
        """
        child = self._overseer.adopt_actor(spec)
        await self._overseer.first_start(child)
        return child.ref

    async def start_supervisor(self, spec: SupervisorSpec) -> "Branch":
        """Add a supervisor with its children; like :meth:`start_child`."""
        child = self._overseer.adopt_supervisor(spec)
        await self._overseer.first_start(child)
        return Branch(child.overseer)

    async def stop_child(self, name: str) -> None:
        """Stop a child for good within its own time; raises ``KeyError`` when there is none of that name.

        An actor must not stop itself so (it would wait for itself): it has ``context.stop()``.
        """
        await self._overseer.last_stop(self._overseer.children[name])


class Supervisor(Branch):
    """The root of a tree. ``random`` is for the jitter of back-offs."""

    def __init__(
        self,
        name: str,
        strategy: Strategy = Strategy.ONE_FOR_ONE,
        children: Sequence[AnySpec] = (),
        *,
        intensity: int = 10,
        period: float = 60.0,
        backoff: Backoff | None = None,
        unordered: bool = False,
        random: Random | None = None,
    ) -> None:
        spec = SupervisorSpec(name, tuple(children), strategy, intensity, period, backoff or Backoff(), unordered)
        self._shared = Shared(random or Random())
        super().__init__(Overseer(spec, self._shared))
        self._since = 0.0

    @property
    def registry(self) -> Registry:
        return self._shared.registry

    @property
    def waits(self) -> Mapping[str, Waits]:
        """How long messages waited, by kind of actor; a live view."""
        return MappingProxyType(self._shared.waits)

    def ref(self, name: str) -> Ref:
        """The ref of an actor anywhere in the tree; raises ``KeyError``."""
        return self._shared.registry.all()[name]

    def branch(self, name: str) -> Branch:
        """A supervisor below this one, to start and stop children of; raises ``KeyError``."""
        return Branch(self._shared.overseers[name])

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run the tree until :meth:`stop` or cancellation; started once every child is ready. Runs once.

        Raises :class:`Escalated`, never in a group, when the tree gave up.
        """
        self._overseer.final = True
        self._since = trio.current_time()
        clock = trio.CancelScope(shield=True)
        escalated: Escalated | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_time, clock)
            try:
                await self._overseer.run(task_status.started)
            except Escalated as error:
                escalated = error
            finally:
                self._overseer.close()
                clock.cancel()
        if escalated is not None:
            raise escalated

    async def _keep_time(self, scope: trio.CancelScope) -> None:
        with scope:
            await self._shared.timers.run()

    def stop(self) -> None:
        """Ask the tree to stop in order; ``run`` then returns."""
        self._overseer.end(final=True)

    def tree(self) -> ActorNode:
        """The whole tree as it is now."""
        children = tuple(child.node() for child in self._overseer.children.values())
        return ActorNode(self.name, "supervisor", self._state, self._since, 0, children=children)

    def failure(self, name: str) -> Failure | None:
        """The last error of an actor or supervisor anywhere in the tree; raises ``KeyError`` when there is none."""
        for overseer in self._shared.overseers.values():
            if name in overseer.children:
                return overseer.children[name].failure
        raise KeyError(name)

    @property
    def _state(self) -> ActorState:
        if self._overseer.closed:
            return "stopped"
        if self._overseer.ending:
            return "stopping"
        return "running" if self._overseer.up else "starting"
