"""What people see of the tree, and who is called what."""

import msgspec
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors.runtime import ChildSpec, SupervisorSpec
from schemas.tree import ActorNode, Lane
from tests.actors.runtime.cast import Crash, Player, Say, Wall, player
from tests.actors.runtime.conftest import Grow


class Teller(Player):
    def describe(self) -> dict[str, object]:
        return {"documents": 7}


class Mute(Player):
    def describe(self) -> dict[str, object]:
        raise RuntimeError("no words")


async def test_the_whole_tree_is_seen(grow: Grow) -> None:
    wall = Wall()
    branch = SupervisorSpec("branch", (player(wall, "x", kind="kkt", capacity=3, factory=Teller),))
    tree = await grow(player(wall, "a", start=2.0), branch)
    await trio.sleep(3)
    seen = tree.tree()
    assert (seen.name, seen.kind, seen.state, seen.since) == ("root", "supervisor", "running", 0)
    a, b = seen.children
    assert a == ActorNode("a", "Player", "running", 2, 0, None, Lane(0, 64), Lane(0, 16))
    assert (b.kind, b.work, b.children[0].kind, b.children[0].facts) == ("supervisor", None, "kkt", {"documents": 7})
    assert msgspec.json.decode(msgspec.json.encode(seen), type=ActorNode) == seen


async def test_depth_restarts_and_the_last_error_are_seen(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", capacity=9, control_capacity=5))
    tree.ref("a").tell(Crash("no paper"))
    await trio.sleep(2)
    tree.ref("a").tell(Say("busy", seconds=5))
    await wait_all_tasks_blocked()
    tree.ref("a").tell(Say("queued"))
    tree.ref("a").tell(Say("queued"), control=True)
    (node,) = tree.tree().children
    assert (node.work, node.control) == (Lane(1, 9), Lane(1, 5))
    assert (node.restarts, node.last_error, node.since) == (1, "RuntimeError: no paper", 1)


async def test_states_are_seen_as_they_pass(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", stop=2.0))

    def state() -> str:
        return tree.tree().children[0].state

    seen = [state()]
    tree.ref("a").tell(Crash())
    await trio.sleep(2.5)
    seen.append(state())
    await trio.sleep(1)
    seen.append(state())
    tree.stop()
    await wait_all_tasks_blocked()
    seen.append(state())
    assert seen == ["running", "restarting", "running", "stopping"]


async def test_an_actor_that_cannot_describe_itself_hides_nothing(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a", factory=Mute), player(Wall(), "b", factory=Teller))
    assert [child.facts for child in tree.tree().children] == [
        {"describe": "RuntimeError: no words"},
        {"documents": 7},
    ]


async def test_long_errors_are_cut(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    tree.ref("a").tell(Crash("x" * 10_000))
    await trio.sleep(1)
    assert len(tree.tree().children[0].last_error or "") == 300


async def test_an_actor_finds_others_by_name(grow: Grow) -> None:
    class Finder(Player):
        async def receive(self, message: object) -> object:
            assert isinstance(message, Say)
            found = self.context.registry.whereis(message.text)
            return "nobody" if found is None else f"{self.context.name} found {found.name}"

    tree = await grow(player(Wall(), "a", factory=Finder), SupervisorSpec("branch", (player(Wall(), "x"),)))
    assert await tree.ref("a").ask(Say("x")) == "a found x"
    assert await tree.ref("a").ask(Say("y")) == "nobody"


async def test_names_are_seen_live_and_cannot_be_changed_from_outside(grow: Grow) -> None:
    tree = await grow(player(Wall(), "a"))
    names = tree.registry.all()
    await tree.start_child(player(Wall(), "b"))
    assert set(names) == {"a", "b"}
    with pytest.raises(TypeError):
        names["c"] = tree.ref("a")  # type: ignore[index]
    with pytest.raises(KeyError):
        tree.ref("c")


async def test_an_actor_knows_its_own_ref(grow: Grow) -> None:
    class Selfish(Player):
        async def receive(self, message: object) -> object:
            return f"{self.context.ref!r} {self.context.ref is tree.ref('a')}"

    tree = await grow(ChildSpec("a", lambda: Selfish(Wall(), "a")))
    assert await tree.ref("a").ask(Say("who")) == "<Ref a> True"


async def test_the_last_failure_is_seen_with_its_traceback(grow: Grow) -> None:
    tree = await grow(SupervisorSpec("branch", (player(Wall(), "a"), player(Wall(), "b"))))
    await trio.sleep(1)
    tree.ref("a").tell(Crash("no paper"))
    await trio.sleep(2)
    failure = tree.failure("a")
    assert failure is not None
    assert (failure.at, failure.error) == (1, "RuntimeError: no paper")
    assert failure.traceback.rstrip().endswith("RuntimeError: no paper")
    assert "cast.py" in failure.traceback
    assert tree.failure("b") is None
    assert tree.failure("branch") is None
    with pytest.raises(KeyError):
        tree.failure("nobody")
