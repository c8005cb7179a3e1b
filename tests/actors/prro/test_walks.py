"""Random walks: sales and closings through kills, cuts and offline sessions, judged by the tax service's books.

Each walk kills the register many times, between any two steps of the disk, the network and the agent. At the end every
key that was answered has exactly one document that counts, local numbers have no gap, and both sides tell the same.
"""

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import trio
from trio.testing import MockClock

from actors.prro import PrroSettings
from actors.runtime import ActorCrashed, ActorStopped, AskTimedOut
from kassanet.sandbox.fiscal_server.rules import ServerRules
from kassanet.sandbox.fiscal_server.server import FiscalServer
from schemas.prro import CloseShift, Operation
from schemas.prro_commands import GoOffline, GoOnline, NotSigned, OutOfService, Perform
from schemas.records import Conflict
from tests.actors.prro.counter import Counter, open_counter, tax_service
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, REGISTER

LIVES, STEPS = 6, 8
CUTS = ["pass", "pass", "drop_before", "drop_after", "silent_before", "silent_after", "refuse", "500", "503"]
REASONS = (OutOfService, NotSigned, Conflict, ActorStopped, ActorCrashed, AskTimedOut)


class Walk:
    """One register through several lives. ``answered`` are the keys that somebody was told are made."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.keys: list[str] = []
        self.answered: dict[str, str] = {}

    async def live(self, counter: Counter) -> None:
        """A few steps; the fuse may end them at any moment."""
        counter.fuse.steps = self.random.choice([None, self.random.randrange(1, 60)])
        for _ in range(STEPS):
            network = counter.network
            network.away = self.random.random() < 0.3
            network.steps = [self.random.choice(CUTS) for _ in range(self.random.randrange(4))]
            network.commands = [self.random.choice(CUTS) for _ in range(self.random.randrange(3))]
            if self.random.random() < 0.3:  # nobody can be asked what became of it
                network.commands = ["refuse"] * 9
            counter.agent.away = self.random.random() < 0.1
            with suppress(*REASONS):
                await self._step(counter)
            await trio.sleep(self.random.choice([0, 1, 40, 400]))

    async def _step(self, counter: Counter) -> None:
        chance = self.random.random()
        if chance < 0.08:
            await counter.ref.ask(GoOffline(), timeout=600.0)
        elif chance < 0.16:
            await counter.ref.ask(GoOnline(), timeout=600.0)
        elif chance < 0.3:
            await self._perform(counter, CloseShift(), f"close-{len(self.keys)}")
        elif chance < 0.5 and self.keys:
            await self._perform(counter, COFFEE, self.random.choice(self.keys))
        else:
            self.keys.append(f"sale-{len(self.keys)}")
            await self._perform(counter, COFFEE, self.keys[-1])

    async def _perform(self, counter: Counter, operation: Operation, key: str) -> None:
        made = await counter.ref.ask(Perform(key, operation), timeout=600.0)
        if made.status in ("registered", "offline"):
            assert made.fiscal_number is not None
            assert self.answered.setdefault(key, made.fiscal_number) == made.fiscal_number

    async def rest(self, counter: Counter) -> None:
        """Everything is well again: let it all arrive."""
        counter.network.away = counter.agent.away = False
        counter.network.steps, counter.network.commands = [], []
        with suppress(OutOfService):
            await counter.ref.ask(GoOnline(), timeout=600.0)
        await counter.until(lambda: counter.state.condition == "online", 10.0)


def judge(walk: Walk, counter: Counter, server: FiscalServer) -> None:
    """By the tax service's archive, and by ours."""
    register = server.register(REGISTER)
    theirs = {entry.document.head.uid: entry for entry in counter.registered()}
    ours = counter.documents()
    assert [document.local_number for document in ours] == list(range(1, len(theirs) + 1))
    assert {document.uid for document in ours} == theirs.keys()
    for document in ours:
        entry = theirs[document.uid]
        assert document.fiscal_number == entry.num_fiscal
        assert document.signed == entry.signed
        assert (document.status == "replaced") == register.is_revoked(entry)
    counting = [document for document in ours if document.external_id and document.status == "registered"]
    keys = [document.external_id for document in counting]
    assert len(keys) == len(set(keys))
    by_key = {document.external_id: document.fiscal_number for document in counting}
    assert walk.answered.items() <= by_key.items()


@pytest.mark.parametrize("reissue", [True, False])
@pytest.mark.parametrize("seed", range(12))
async def test_a_walk(tmp_path: Path, seed: int, reissue: bool, autojump_clock: MockClock) -> None:
    walk = Walk(seed)
    server = tax_service(ServerRules(rollback=bool(seed % 2)))
    settings = PrroSettings(tick=30.0, reissue=reissue)
    for _ in range(LIVES):
        async with open_counter(tmp_path, settings, server) as counter:
            await walk.live(counter)
    async with open_counter(tmp_path, settings, server) as counter:
        await walk.rest(counter)
        judge(walk, counter, server)
    assert walk.answered
