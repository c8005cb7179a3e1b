"""Sites at the central server: forwarded receipts, copies that come twice and late, commands, the archive."""

from datetime import UTC, datetime

import msgspec
import pytest

from schemas.receipts import Receipt, Status
from schemas.records import Conflict, NotFound
from schemas.site_link import Copy
from schemas.site_records import (
    FORWARDED,
    AddSite,
    ApplyCopies,
    ArchiveFilter,
    ArchiveReceipts,
    BeginForward,
    BeginSiteCommand,
    BindCircuit,
    EndSiteCommand,
    ForwardEnded,
    ForwardTaken,
    RenewSite,
    RevokeSite,
    SaveSite,
)
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import CIRCUIT, EIP, INN, T0, begin, cancel, fiscal, fiscalized, found, new

HASH, OTHER_HASH = b"h" * 32, b"o" * 32
OTHER_INN = "7801234564"
KEY = f"{FORWARDED}one"
SOURCE = "0123456789abcdef"


def site(name: str = "shop", token_hash: bytes = HASH) -> AddSite:
    return AddSite(name, None, token_hash, T0)


def there(
    status: Status, revision: int, *, key: str = KEY, number: int = 7, fd: int | None = None, reason: str | None = None
) -> Copy:
    """A receipt as the site tells it."""
    at = datetime.fromtimestamp(T0, UTC)
    made = None if fd is None else fiscal(fd)
    kkt = EIP if status in ("fiscalized", "unknown", "assigned") else None
    return Copy(INN, Receipt(number, 3, key, status, revision, "sell", 50_000, at, at, reason, kkt, made))


def told(*copies: Copy, upto: int = 1, at: float = T0 + 5) -> ApplyCopies:
    return ApplyCopies(1, "shop", SOURCE, upto, copies, at)


@pytest.fixture
def forwarded(case: Case) -> int:
    """A receipt that was sent to the site."""
    case.do(site())
    [receipt_id] = case.accept("one")
    case.do(BeginForward(receipt_id, 1, KEY, T0 + 1))
    return receipt_id


def test_a_site_is_known_by_name_and_token(case: Case) -> None:
    assert case.do(site()) == case.do(site()) == 1
    assert case.refused(site(token_hash=OTHER_HASH)).code == "site_exists"
    case.do(RevokeSite(1, T0 + 1))
    case.do(RevokeSite(1, T0 + 2))
    assert case.reader.sites()[0].revoked_at == T0 + 1
    case.do(RenewSite(1, OTHER_HASH, T0 + 3))
    case.do(SaveSite(1, T0 + 4, b"{}"))
    [row] = case.reader.sites()
    assert (row.revoked_at, row.token_hash, row.seen_at, row.said) == (None, OTHER_HASH, T0 + 4, b"{}")
    with pytest.raises(NotFound):
        case.do(RevokeSite(9, T0))


def test_one_circuit_stands_for_one(case: Case) -> None:
    case.do(site())
    bound = BindCircuit(1, 3, INN, "Shop 1", T0)
    circuit_id = case.do(bound)
    assert circuit_id != CIRCUIT
    assert case.do(bound) == case.do(BindCircuit(1, 3, INN, "again", T0 + 1)) == circuit_id
    assert case.do(BindCircuit(1, 4, INN, "other", T0)) not in (CIRCUIT, circuit_id)
    assert next((row.circuit_id, row.remote_id) for row in case.reader.site_bindings()) == (circuit_id, 3)
    assert [row.title for row in case.reader.circuits()][1:] == ["Shop 1", "other"]
    with pytest.raises(NotFound):
        case.do(BindCircuit(9, 3, INN, "nowhere", T0))
    assert len(case.reader.circuits()) == 3


def test_a_forward_takes_the_receipt_out_of_the_queue_once(case: Case, forwarded: int) -> None:
    case.do(BeginForward(forwarded, 1, KEY, T0 + 2))  # a replay
    row = case.receipt(forwarded)
    assert (row.status, row.revision) == ("assigned", 2)
    assert case.refused(begin(forwarded)).code == "status"
    assert case.refused(cancel(forwarded)).code == "status"
    case.do(ForwardTaken(forwarded, T0 + 2))
    [open_one] = case.reader.open_forwards(1, 0, 10)
    assert (open_one.receipt_id, open_one.key, open_one.taken) == (forwarded, KEY, True)
    assert case.reader.owed_by(1) == 1


def test_what_a_register_has_is_not_forwarded(case: Case) -> None:
    case.do(site())
    [receipt_id] = case.accept("one")
    attempt = case.do(begin(receipt_id))
    assert case.refused(BeginForward(receipt_id, 1, KEY, T0)).code == "status"
    case.do(fiscalized(attempt))


def test_the_sites_document_is_the_receipts(case: Case, forwarded: int) -> None:
    assert case.do(told(there("queued", 1))) == 1
    assert case.receipt(forwarded).revision == 2, "it waits there as it waited here"
    case.do(told(there("unknown", 3, reason="no answer"), upto=2))
    assert case.receipt(forwarded).status == "unknown"
    case.do(told(there("fiscalized", 4, fd=101), upto=3))
    row = case.receipt(forwarded)
    assert (row.status, row.eip, row.fiscal) == ("fiscalized", f"shop/{EIP}", fiscal(101))
    assert case.reader.owed_by(1) == 0
    assert case.reader.archived(ArchiveFilter()) == [], "it is a receipt of this journal"


def test_old_news_changes_nothing(case: Case, forwarded: int) -> None:
    case.do(told(there("unknown", 3), upto=9))
    assert case.do(told(there("assigned", 2), upto=4)) == 9
    assert case.receipt(forwarded).status == "unknown"
    case.do(told(there("fiscalized", 4, fd=101), upto=10))
    revision = case.receipt(forwarded).revision
    case.do(told(there("fiscalized", 4, fd=101), upto=10))
    case.do(told(there("manual", 5), upto=11))
    assert case.receipt(forwarded).revision == revision, "what has ended stays"


def test_a_document_that_answers_another_receipt_awaits_a_person(case: Case, forwarded: int) -> None:
    other = case.accept("other")[0]
    case.do(fiscalized(case.do(begin(other)), 101))
    case.do(told(there("fiscalized", 4, fd=101)))
    row = case.receipt(forwarded)
    assert (row.status, row.fiscal) == ("manual", None)
    assert "already answers" in (row.reason or "")
    case.do(found(forwarded, 102))


def test_only_the_site_settles_what_it_has(case: Case, forwarded: int) -> None:
    case.do(told(there("manual", 4, reason="several match")))
    assert case.receipt(forwarded).status == "manual"
    assert case.refused(found(forwarded)).code == "at_site"
    case.do(told(there("queued", 5), upto=2))
    assert case.receipt(forwarded).status == "assigned"
    case.do(told(there("refused", 6, reason="no_capable_register"), upto=3))
    assert case.receipt(forwarded).status == "refused"


def test_what_a_site_refuses_at_once_ends(case: Case, forwarded: int) -> None:
    refusal = ForwardEnded(forwarded, "refused", "items[0].vat: cannot be printed", T0 + 3)
    case.do(refusal)
    case.do(refusal)
    row = case.receipt(forwarded)
    assert (row.status, row.revision, row.reason) == ("refused", 3, refusal.reason)
    assert case.reader.open_forwards(1, 0, 10) == []


def test_a_sites_own_receipts_are_kept_beside(case: Case) -> None:
    case.do(site())
    case.do(told(there("queued", 1, key="a"), there("fiscalized", 3, key="b", number=8, fd=101), upto=5))
    case.do(told(there("fiscalized", 3, key="a", fd=102), upto=6))
    case.do(told(there("queued", 1, key="a"), upto=6))
    rows = case.reader.archived(ArchiveFilter(site_id=1))
    assert [msgspec.json.decode(row.receipt)["status"] for row in rows] == ["fiscalized", "fiscalized"]
    assert [row.inn for row in case.reader.archived(ArchiveFilter(fn=fiscal().fn, fd=102, inn=INN))] == [INN]
    assert case.reader.archived(ArchiveFilter(status="queued")) == []
    assert case.reader.sites()[0].copied == 6


def test_a_site_tells_of_no_other_sites_receipts(case: Case) -> None:
    """Each names its journal itself: one that names another's changes nothing there."""
    case.do(site())
    case.do(site("liar", OTHER_HASH))
    case.do(told(there("queued", 1, key="own")))
    forged = there("fiscalized", 9, key="own", fd=99)
    lie = ApplyCopies(2, "liar", SOURCE, 1, (forged,), T0 + 6)
    case.do(lie)
    case.do(ApplyCopies(1, "shop", SOURCE, 2, (Copy(OTHER_INN, forged.receipt),), T0 + 6))
    [row] = case.reader.archived(ArchiveFilter())
    assert (row.site_id, row.inn, msgspec.json.decode(row.receipt)["status"]) == (1, INN, "queued")
    case.do(RevokeSite(1, T0 + 7))
    case.do(lie)
    [row] = case.reader.archived(ArchiveFilter())
    assert (row.site_id, msgspec.json.decode(row.receipt)["status"]) == (2, "fiscalized"), "its place was taken"


def test_a_foreign_key_of_ours_is_the_sites_own(case: Case) -> None:
    """The prefix alone proves nothing: only what this server sent there moves a receipt."""
    case.do(site())
    case.do(site("other", OTHER_HASH))
    [receipt_id] = case.accept("one")
    case.do(BeginForward(receipt_id, 2, KEY, T0))
    case.do(told(there("fiscalized", 3, fd=101)))
    assert case.receipt(receipt_id).status == "assigned"


def test_imports_are_idempotent_and_leave_the_own_alone(case: Case) -> None:
    copies = (there("fiscalized", 3, key="a", fd=101), there("queued", 1, key="b", number=8))
    assert case.do(ArchiveReceipts(SOURCE, copies, T0)) == 2
    assert case.do(ArchiveReceipts(SOURCE, copies, T0)) == 0
    assert case.do(ArchiveReceipts(case.reader.identity(), copies, T0)) == 0


def test_a_commands_definite_outcome_stays(case: Case) -> None:
    case.do(site())
    sent = BeginSiteCommand(1, EIP, "x_report", "token 1", T0)
    command = case.do(sent)
    assert case.do(sent) == command == T0 * 1000
    assert case.do(msgspec.structs.replace(sent, name="z_report")) == command + 1
    case.do(EndSiteCommand(command + 1, "not_done", None, None, T0))
    case.do(EndSiteCommand(command, "unknown", None, None, T0 + 1))
    assert [row.status for row in case.reader.open_site_commands(1)] == ["unknown"]
    case.do(EndSiteCommand(command, "done", 204, b"null", T0 + 2))
    case.do(EndSiteCommand(command, "unknown", None, None, T0 + 3))
    row = case.reader.site_command(command)
    assert row is not None
    assert (row.status, row.code, row.ended_at) == ("done", 204, T0 + 2)
    assert [row.id for row in case.reader.site_commands(1, 5)] == [command + 1, command]


def test_a_bad_copy_spoils_no_other(case: Case) -> None:
    case.do(site())
    with pytest.raises(Conflict):
        case.do(told(there("queued", 1, key="bad\ud800")))
    case.do(told(there("queued", 1, key="good")))
    assert len(case.reader.archived(ArchiveFilter())) == 1
    assert case.do(new("still works")).created
