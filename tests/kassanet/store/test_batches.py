"""Batching changes nothing: the same writes, one at a time or many together, give the same answers and the same state.

Hypothesis draws long sequences in which most writes are right and many are not, cuts them into batches at
random, and repeats some: a write that fails in the middle of a batch must leave no trace and undo no neighbour.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import AcceptReceipts, Conflict, NotFound, Prune, Write
from tests.kassanet.store.case import Case
from tests.kassanet.store.engines import ENGINES, Engine
from tests.kassanet.store.writes import (
    EIP,
    FN,
    OTHER_EIP,
    OTHER_FN,
    T0,
    URL,
    absent,
    begin,
    cancel,
    circuit,
    fiscalized,
    found,
    kkt,
    manual,
    new,
    refuse,
    returned,
    unknown,
)

ids = st.integers(1, 4)
fds = st.integers(100, 104)
fns = st.sampled_from([FN, OTHER_FN])
times = st.sampled_from([T0 + 1, T0 + 2])
receipts = st.builds(
    new, st.sampled_from("abcd"), content=st.sampled_from(["x", "y"]), url=st.sampled_from([None, URL]),
    circuit_id=st.sampled_from([1, 1, 1, 7]), total=st.sampled_from([0, 1, -1]),
)  # fmt: skip
writes: st.SearchStrategy[Write[Any]] = st.one_of(
    receipts,
    st.builds(AcceptReceipts, st.lists(receipts, max_size=4).map(tuple)),
    st.builds(begin, ids, fds, eip=st.sampled_from([EIP, OTHER_EIP]), fn=fns, at=times),
    st.builds(fiscalized, ids, fds, fn=fns, at=times),
    st.builds(returned, ids, fault=st.booleans(), at=times),
    st.builds(unknown, ids, at=times),
    st.builds(refuse, ids, st.none() | ids),
    st.builds(manual, ids, st.none() | ids, at=times),
    st.builds(cancel, ids, at=times),
    st.builds(found, ids, fds, fn=fns, at=times),
    st.builds(absent, ids, at=times),
    st.builds(circuit, at=times),
    st.builds(kkt, circuit_id=st.sampled_from([1, 7]), at=times),
    st.builds(Prune, times, ids),
)


def comparable(answer: object) -> object:
    if isinstance(answer, Conflict):
        return (answer.code, answer.holder)
    if isinstance(answer, list):
        return [comparable(each) for each in answer]
    return str(answer) if isinstance(answer, NotFound) else answer


def played(engine: Engine, batches: Sequence[Sequence[Write[Any]]]) -> tuple[list[object], list[object]]:
    """All the answers, and what a reader then sees."""
    with TemporaryDirectory() as folder:
        case = Case(engine, Path(folder))
        case.accept("a", "b")
        answers = [comparable(answer) for batch in batches for answer in case.store.commit(batch)]
        case.check()
        state = case.state()
        case.reopen()
        assert case.state() == state
        case.close()
    return answers, state


@pytest.mark.parametrize("name", sorted(ENGINES))
@settings(max_examples=60, deadline=None)
@given(batches=st.lists(st.lists(writes, min_size=1, max_size=12), max_size=6))
def test_batches_are_no_different_from_single_writes(name: str, batches: list[list[Write[Any]]]) -> None:
    together = played(ENGINES[name], batches)
    alone = played(ENGINES[name], [[write] for batch in batches for write in batch])
    assert together == alone
