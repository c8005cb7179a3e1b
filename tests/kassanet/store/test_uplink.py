"""A site's side: the outbox holds what changed until the centre has it, and commands are remembered."""

import pytest

from schemas.records import NotFound
from schemas.site_records import (
    FORWARDED,
    AdoptCentral,
    BeginLinkCommand,
    EndLinkCommand,
    FillOutbox,
    ForgetOutbox,
)
from schemas.sites import Policy
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import EIP, T0, begin, fiscalized

CENTRAL = "fedcba9876543210"


def adopt(copied: int = 0, *, receipts: Policy = "central", central: str = CENTRAL) -> AdoptCentral:
    return AdoptCentral(central, receipts, copied, T0)


def outbox(case: Case) -> list[tuple[int, int]]:
    return [(line.seq, line.receipt_id) for line in case.reader.outbox(0, 100)]


def fill(case: Case, limit: int = 2) -> None:
    while case.do(FillOutbox(limit)):
        pass


def test_without_a_centre_nothing_is_noted(case: Case) -> None:
    case.accept("a")
    assert outbox(case) == []
    assert case.do(FillOutbox(10)) is False


def test_what_was_there_and_what_comes_is_told_once_each(case: Case) -> None:
    case.accept("a", "b", "c")
    case.do(adopt())
    [late] = case.accept("d")
    fill(case)
    assert [receipt for _, receipt in outbox(case)] == [4, 1, 2, 3]
    attempt = case.do(begin(late))
    case.do(fiscalized(attempt))
    assert [receipt for _, receipt in outbox(case)] == [1, 2, 3, 4], "a receipt stands once, at its newest place"


def test_what_the_centre_has_is_forgotten_and_nothing_else(case: Case) -> None:
    case.do(adopt())
    case.accept("a", "b")
    first, _ = outbox(case)
    attempt = case.do(begin(1))
    case.do(ForgetOutbox(first[0]))
    assert [receipt for _, receipt in outbox(case)] == [2, 1]
    assert case.do(adopt(outbox(case)[0][0])) == 1
    case.do(fiscalized(attempt))
    case.reopen()
    assert [receipt for _, receipt in outbox(case)] == [1]


@pytest.mark.parametrize("again", [adopt(central="another"), adopt(0), adopt(99)])
def test_who_does_not_have_it_hears_everything_again(case: Case, again: AdoptCentral) -> None:
    """Another centre; one that was put back to an older state; a site that was."""
    case.do(adopt())
    case.accept("a", "b")
    case.do(ForgetOutbox(outbox(case)[-1][0]))
    assert outbox(case) == []
    case.do(again)
    fill(case)
    assert [receipt for _, receipt in outbox(case)] == [1, 2]
    assert outbox(case)[0][0] > again.copied, "numbers go on beyond what the centre has heard"


def test_a_site_that_keeps_its_receipts_tells_only_of_what_was_sent_to_it(case: Case) -> None:
    case.accept("own", f"{FORWARDED}1")
    case.do(adopt(receipts="local"))
    fill(case)
    case.accept("own too", f"{FORWARDED}2")
    assert [receipt for _, receipt in outbox(case)] == [2, 4]


def test_a_refused_write_notes_nothing(case: Case) -> None:
    case.do(adopt())
    [receipt_id] = case.accept("a")
    attempt = case.do(begin(receipt_id))
    before = outbox(case)
    case.refused(fiscalized(attempt, 1))
    assert outbox(case) == before
    case.do(fiscalized(attempt))


def test_commands_are_known_again(case: Case) -> None:
    came = BeginLinkCommand(CENTRAL, 5, "x_report", EIP, "token 1", T0)
    assert case.do(came) is None
    known = case.do(came)
    assert known is not None
    assert known.status is None
    case.do(EndLinkCommand(CENTRAL, 5, 204, None, T0 + 1))
    case.do(EndLinkCommand(CENTRAL, 5, 500, b"{}", T0 + 2))
    stored = case.reader.link_command(CENTRAL, 5)
    assert stored is not None
    assert stored.status == 204
    with pytest.raises(NotFound):
        case.do(EndLinkCommand(CENTRAL, 6, 204, None, T0))
    case.do(BeginLinkCommand(CENTRAL, 7, "x_report", EIP, "token 1", T0 + 30 * 86_400))
    assert case.reader.link_command(CENTRAL, 5) is None, "a month later nobody asks"
