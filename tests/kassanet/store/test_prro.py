"""Software registers on disk: one unbroken sequence of numbers, one document for a key, and every write's replay."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.prro import Desk
from schemas.prro_records import (
    AddPrro,
    AdoptState,
    BeginOffline,
    BlockPrro,
    ChangePrro,
    DocumentStatus,
    EndDocument,
    EndSession,
    RemovePrro,
    SetAside,
    SignAgain,
    StoredDocument,
    StoreDocument,
    StoredPrro,
    StoredSession,
)
from schemas.records import NotFound, Write
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import T0

DESK = Desk(register=4_000_000_001, number=1, tin="40000001", org_name="ТОВ", point_name="Магазин")
PRRO = 1
SESSION, SEED = 5001, 123_456_789


def added(case: Case) -> None:
    """A register whose shift is open; the next number is 5."""
    assert case.do(AddPrro(DESK, "key", "Касир", T0)) == PRRO
    case.do(AdoptState(PRRO, 5, T0, 4, False, SESSION, SEED, T0 + 1))


def stored(number: int = 5, key: str | None = "a", **changes: Any) -> StoreDocument:  # noqa: ANN401 - any field
    kind = changes.pop("kind", "sale")
    uid = changes.pop("uid", f"{kind}-{number}-{key}")
    write = StoreDocument(
        PRRO, key, kind, number, uid, 4500, b"digest", b"{}", b"<xml>", b"signed", T0 + number, is_money=True
    )
    return replace(write, **changes)


def offline(number: int, place: int, **changes: Any) -> StoreDocument:  # noqa: ANN401 - as above
    fiscal = f"{SESSION}.{place}.77"
    changes = {"link_hash": f"h{place}", **changes}
    return stored(number, f"o{number}", session=SESSION, place=place, fiscal_number=fiscal, **changes)


def registered(document_id: int, number: str = "1000005") -> EndDocument:
    return EndDocument(document_id, "registered", T0 + 20, fiscal_number=number)


def test_documents_are_counted_as_they_change(case: Case) -> None:
    added(case)
    refused = case.do(stored())
    assert case.reader.prro_document_counts() == {("sale", "stored", None): 1}
    case.do(EndDocument(refused, "refused", T0 + 20, code=9, reason="no"))
    made = case.do(stored(key="b"))
    case.do(registered(made))
    counted = {("sale", "refused", 9): 1, ("sale", "registered", None): 1}
    assert case.reader.prro_document_counts() == counted
    case.do(registered(made))  # again, as after a crash
    assert case.reader.prro_document_counts() == counted


def prro(case: Case) -> StoredPrro:
    found = case.reader.prro(PRRO)
    assert found is not None
    return found


def document(case: Case, document_id: int) -> StoredDocument:
    found = case.reader.prro_document(document_id)
    assert found is not None
    return found


def test_a_register(case: Case) -> None:
    added(case)
    row = prro(case)
    assert (row.desk, row.key_id, row.cashier) == (DESK, "key", "Касир")
    assert (row.next_local, row.shift_opened_at, row.session, row.seed) == (5, T0, SESSION, SEED)
    assert list(case.reader.prros()) == [row]
    assert case.refused(AddPrro(replace(DESK, number=2), "key", None, T0 + 1)).code == "prro_exists"
    assert case.reader.prro(77) is None
    with pytest.raises(NotFound):
        case.do(BlockPrro(77, "why", T0))


def test_a_register_changes_while_nothing_hangs_on_it(case: Case) -> None:
    """The cashier's name at any time; the key within a shift only where it is the one that opened it."""
    added(case)
    change = ChangePrro(PRRO, DESK, "agent/b", None, T0 + 2)
    words = replace(DESK, point_name="Крамниця")
    assert case.refused(change).code == "prro_busy"
    assert case.refused(replace(change, desk=words, in_shift=True)).code == "prro_busy"
    case.do(replace(change, key_id="key", cashier="Шевчук"))
    case.do(replace(change, in_shift=True))
    assert (prro(case).key_id, prro(case).cashier) == ("agent/b", None)
    case.do(AdoptState(PRRO, 5, None, 0, False, SESSION, SEED, T0 + 3))
    case.do(stored())
    assert case.refused(replace(change, key_id="key", in_shift=True)).code == "prro_busy"
    case.do(registered(1))
    case.do(replace(change, desk=words))
    assert prro(case).desk == words
    case.do(offline(6, 1, kind="offline_begin", is_money=False))
    assert case.refused(replace(change, desk=words, key_id="key", in_shift=True)).code == "prro_busy"
    with pytest.raises(NotFound):
        case.do(replace(change, register_id=77))


def test_a_register_at_work_is_not_removed(case: Case) -> None:
    added(case)
    assert case.refused(RemovePrro(PRRO, T0 + 2)).code == "prro_busy"
    case.do(AdoptState(PRRO, 5, None, 0, False, SESSION, SEED, T0 + 2))
    case.do(stored())
    assert case.refused(RemovePrro(PRRO, T0 + 3)).code == "prro_busy"
    case.do(registered(1))
    case.do(RemovePrro(PRRO, T0 + 4))
    assert list(case.reader.prros()) == []
    assert case.do(AddPrro(DESK, "key", None, T0 + 5)) != PRRO
    assert document(case, 1).status == "registered"


def test_a_number_is_used_once_its_document_is_registered(case: Case) -> None:
    added(case)
    first = case.do(stored())
    assert prro(case).next_local == 5
    assert case.refused(stored(5, "b")).code == "number"
    assert case.refused(stored(6, "b")).code == "number"
    assert [each.id for each in case.reader.prro_open_documents(PRRO)] == [first]
    case.do(registered(first))
    assert (prro(case).next_local, document(case, first).fiscal_number) == (6, "1000005")
    assert list(case.reader.prro_open_documents(PRRO)) == []
    assert case.refused(stored(5, "c")).code == "number"


@pytest.mark.parametrize("status", ["refused", "withdrawn"])
def test_a_number_that_is_given_back(case: Case, status: Any) -> None:  # noqa: ANN401 - one of two words
    added(case)
    first = case.do(stored())
    case.do(EndDocument(first, status, T0 + 20, code=9, reason="why"))
    assert prro(case).next_local == 5
    case.do(stored(5, "b"))
    again = stored(5, "a", uid="another")
    assert case.refused(again).code in ("number", "constraint")
    assert (case.reader.prro_document_by_key(PRRO, "a") is None) == (status == "withdrawn")


def test_one_key_one_document(case: Case) -> None:
    added(case)
    case.do(registered(case.do(stored())))
    assert case.refused(stored(6, "a")).code == "constraint"
    found = case.reader.prro_document_by_key(PRRO, "a")
    assert found is not None
    assert found.status == "registered"


def test_shifts_follow_their_documents(case: Case) -> None:
    added(case)
    for number, kind in ((5, "z_report"), (6, "close_shift"), (7, "open_shift")):
        case.do(registered(case.do(stored(number, None, kind=kind)), f"100000{number}"))
        row = prro(case)
        expected = {5: (T0, 4, 1), 6: (None, 4, 1), 7: (T0 + 7, 7, 0)}[number]
        assert (row.shift_opened_at, row.shift_first, row.shift_reported) == expected


def test_offline_documents_count_at_once(case: Case) -> None:
    added(case)
    case.do(offline(5, 1, kind="offline_begin", is_money=False, link_hash=None))
    assert (prro(case).offline_since, prro(case).last_hash) == (T0 + 5, None)
    case.do(offline(6, 2))
    row = prro(case)
    assert (row.next_local, row.next_place, row.last_hash, row.offline_since) == (7, 3, "h2", T0 + 5)
    assert case.refused(offline(7, 4)).code == "number"
    assert case.refused(offline(8, 3)).code == "number"
    assert case.refused(replace(offline(7, 3), session=77)).code == "number"
    assert list(case.reader.prro_sessions(PRRO, T0)) == [StoredSession(SESSION, T0 + 5, T0 + 6, None)]
    assert [each.place for each in case.reader.prro_session_documents(PRRO, SESSION)] == [1, 2]
    last = case.reader.prro_session_last(PRRO, SESSION)
    assert last == case.reader.prro_session_documents(PRRO, SESSION)[-1]
    assert case.reader.prro_session_last(PRRO, SESSION + 1) is None
    case.do(EndSession(PRRO, SESSION, 5002, 99, T0 + 30))
    row = prro(case)
    assert (row.session, row.seed, row.offline_since, row.next_place, row.last_hash) == (5002, 99, None, 1, None)
    assert {each.status for each in case.reader.prro_session_documents(PRRO, SESSION)} == {"registered"}


@pytest.mark.parametrize("status", ["owed", "replaced"])
def test_what_is_delivered_later_keeps_its_number(case: Case, status: Any) -> None:  # noqa: ANN401 - one of two words
    """One that was made again gives its key to the one that replaces it."""
    added(case)
    first = case.do(stored())
    case.do(EndDocument(first, status, T0 + 6, reason="silent"))
    assert prro(case).next_local == 6
    assert [each.id for each in case.reader.prro_open_documents(PRRO)] == [first]
    assert (case.reader.prro_document_by_key(PRRO, "a") is None) == (status == "replaced")
    assert case.refused(AdoptState(PRRO, 9, None, 0, False, None, None, T0 + 9)).code == "undelivered"
    end: DocumentStatus = "registered" if status == "owed" else "replaced"
    case.do(EndDocument(first, end, T0 + 9, fiscal_number="1000005", revoked=status == "replaced"))
    assert prro(case).next_local == 6
    assert list(case.reader.prro_open_documents(PRRO)) == []
    assert document(case, first).revoked == (status == "replaced")


def test_only_the_beginning_of_a_session_is_signed_again(case: Case) -> None:
    added(case)
    begin = case.do(offline(5, 1, kind="offline_begin", is_money=False))
    sale = case.do(offline(6, 2))
    case.do(SignAgain(begin, b"<new>", b"resigned", T0 + 7))
    assert document(case, begin).signed == b"resigned"
    assert case.refused(SignAgain(sale, b"<new>", b"resigned", T0 + 7)).code == "status"
    case.do(EndSession(PRRO, SESSION, None, None, T0 + 30))
    assert case.refused(SignAgain(begin, b"<late>", b"late", T0 + 40)).code == "status"


def test_an_end_is_final(case: Case) -> None:
    added(case)
    first = case.do(stored())
    case.do(registered(first))
    assert case.refused(EndDocument(first, "refused", T0 + 21)).code == "status"
    assert case.refused(registered(first, "1000006")).code == "status"
    with pytest.raises(NotFound):
        case.do(registered(77))


Made = Callable[[Case], Write[Any]]


def _after(*writes: Write[Any]) -> Made:
    def made(case: Case) -> Write[Any]:
        added(case)
        for write in writes[:-1]:
            case.do(write)
        return writes[-1]

    return made


BEGIN = offline(5, 1, kind="offline_begin", is_money=False)
WHOLE = BeginOffline(PRRO, (), (BEGIN, offline(6, 2)), T0 + 8)
LATER = (offline(6, 1, kind="offline_begin", is_money=False), offline(7, 2))
WRITES: dict[str, Made] = {
    "add": lambda _: AddPrro(DESK, "key", "Касир", T0),
    "remove": _after(AdoptState(PRRO, 9, None, 0, False, 5002, 7, T0 + 2), RemovePrro(PRRO, T0 + 3)),
    "change": _after(
        AdoptState(PRRO, 5, None, 0, False, SESSION, SEED, T0 + 2),
        ChangePrro(PRRO, replace(DESK, org_name="ТзОВ"), "agent/b", None, T0 + 3),
    ),
    "adopt": _after(AdoptState(PRRO, 9, None, 0, False, 5002, 7, T0 + 2)),
    "store": _after(stored()),
    "store offline": _after(BEGIN, offline(6, 2)),
    "registered": _after(stored(), registered(1)),
    "opened": _after(stored(5, None, kind="open_shift"), replace(registered(1), session=5003, seed=9)),
    "refused": _after(stored(), EndDocument(1, "refused", T0 + 20, code=9, reason="why")),
    "owed": _after(stored(), EndDocument(1, "owed", T0 + 6)),
    "replaced": _after(stored(), EndDocument(1, "replaced", T0 + 6)),
    "revoked": _after(
        stored(),
        EndDocument(1, "replaced", T0 + 6),
        EndDocument(1, "replaced", T0 + 9, fiscal_number="1000005", revoked=True),
    ),
    "begin offline": _after(stored(), replace(WHOLE, aside=(SetAside(1, "withdrawn", "silent"),))),
    "begin offline beside": _after(stored(), replace(WHOLE, aside=(SetAside(1, "owed", "silent"),), documents=LATER)),
    "sign again": _after(BEGIN, SignAgain(1, b"<new>", b"resigned", T0 + 7)),
    "end session": _after(BEGIN, EndSession(PRRO, SESSION, 5002, 99, T0 + 30)),
    "block": _after(BlockPrro(PRRO, "why", T0 + 3)),
}


def test_a_session_begins_at_once_or_not_at_all(case: Case) -> None:
    """What is set aside stays as it is when its place is not the next one."""
    added(case)
    first = case.do(stored())
    wrong = replace(WHOLE, aside=(SetAside(first, "owed", "silent"),))
    assert case.refused(wrong).code == "number"
    assert document(case, first).status == "stored"
    made = case.do(replace(wrong, documents=LATER))
    assert [document(case, each).local_number for each in made] == [6, 7]
    assert (prro(case).next_local, prro(case).next_place, document(case, first).status) == (8, 3, "owed")


def everything(case: Case) -> list[object]:
    return [case.reader.prros(), case.reader.prro_documents_since(PRRO, 0), case.reader.prro_sessions(PRRO, 0)]


@pytest.mark.parametrize("made", WRITES.values(), ids=WRITES.keys())
def test_replays(case: Case, made: Made) -> None:
    """Sent again it answers the same, and changes nothing; also after a restart."""
    write = made(case)
    answer, state = case.do(write), everything(case)
    assert (case.do(write), everything(case)) == (answer, state)
    case.reopen()
    assert (case.do(write), everything(case)) == (answer, state)


def test_a_listing_goes_from_new_to_old_and_leaves_out_what_has_no_number(case: Case) -> None:
    added(case)
    first = case.do(stored(5, "a"))
    case.do(registered(first))
    second = case.do(stored(6, "b"))
    case.do(EndDocument(second, "refused", T0 + 30, code=7, reason="no"))
    third = case.do(stored(6, "c"))
    assert [row.id for row in case.reader.prro_documents_before(PRRO, 2**63 - 1, 10)] == [third, first]
    assert [row.id for row in case.reader.prro_documents_before(PRRO, 6, 10)] == [first]
    assert [row.id for row in case.reader.prro_documents_before(PRRO, 2**63 - 1, 1)] == [third]
    assert not case.reader.prro_documents_before(PRRO + 1, 2**63 - 1, 10)
