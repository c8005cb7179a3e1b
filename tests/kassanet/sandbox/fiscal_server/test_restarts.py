"""What is left when the server is killed: torn lines, a book behind its records, one sequence for all registers."""

from pathlib import Path

import msgspec

from kassanet.sandbox.fiscal_server.records import BookLine
from schemas.prro import CloseShift, OfflineBegin, OfflineEnd, ZReport
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, DESK, REGISTER, Shop, Till

BOOK = f"register-{REGISTER}.jsonl"


def book(folder: Path) -> list[BookLine]:
    return [msgspec.json.decode(line, type=BookLine) for line in (folder / BOOK).read_bytes().splitlines()]


def test_everything_is_there_again(tmp_path: Path) -> None:
    shop = Shop(folder=tmp_path)
    till = Till(shop).open()
    till.make(COFFEE)
    before = till.state(), till.info(2)
    shop.reopen()
    assert (till.state(), till.info(2)) == before
    assert not till.refused(COFFEE)
    till.sell_offline(2)
    till.delivered()
    session = till.session
    shop.reopen()
    assert till.state().offline_session_id == (session and session.offline_session_id)
    till.close()


def test_numbers_go_on_for_all_registers(tmp_path: Path) -> None:
    shop = Shop(folder=tmp_path)
    first = Till(shop).open()
    last = int(first.make(COFFEE).fiscal_number or 0)
    shop.reopen()
    second = Till(shop, msgspec.structs.replace(DESK, register=REGISTER + 1, number=2)).open()
    assert int(second.make(COFFEE).fiscal_number or 0) == last + 2
    assert first.session is not None
    assert second.session is not None
    assert second.session.offline_session_id > first.session.offline_session_id


def test_the_book(tmp_path: Path) -> None:
    shop = Shop(folder=tmp_path)
    till = Till(shop).open()
    sale = till.make(COFFEE)
    till.sell_offline(1, OfflineBegin(revoke_last=True))
    till.delivered()
    till.make(ZReport())
    till.make(CloseShift())
    lines = book(tmp_path)
    assert [line.num_local for line in lines] == list(range(1, 8))
    assert [(line.class_, line.doctype, line.subtype, line.sum, line.offline) for line in lines] == [
        ("Check", 100, None, 0, False),
        ("Check", 0, 0, 4500, False),
        ("Check", 102, None, 0, True),
        ("Check", 0, 0, 4500, True),
        ("Check", 103, None, 0, True),
        ("ZRep", None, None, 0, False),
        ("Check", 101, None, 0, False),
    ]
    assert [line.revoked for line in lines] == [None, None, sale.fiscal_number, None, None, None, None]
    assert {line.shift for line in lines} == {1}


def test_a_book_behind_its_records_is_mended(tmp_path: Path) -> None:
    shop = Shop(folder=tmp_path)
    till = Till(shop).open()
    till.make(COFFEE)
    whole = (tmp_path / BOOK).read_bytes()
    for cut in (len(whole) - 5, len(whole) // 2, 3, 0):
        (tmp_path / BOOK).write_bytes(whole[:cut])
        shop.reopen()
        assert (tmp_path / BOOK).read_bytes() == whole


def test_a_torn_record_never_was(tmp_path: Path) -> None:
    shop = Shop(folder=tmp_path)
    till = Till(shop).open()
    till.sell_offline(3)
    before = (tmp_path / BOOK).read_bytes()
    till.delivered()
    record = tmp_path / "memory" / BOOK
    record.write_bytes(record.read_bytes()[:-10])
    (tmp_path / BOOK).write_bytes(before)
    shop.reopen()
    assert till.info(2) is None
    assert till.state().next_local_num == 2


def test_a_rolled_back_end_in_the_book(tmp_path: Path) -> None:
    """Its local number is told again, and the line between says why."""
    shop = Shop(folder=tmp_path)
    till = Till(shop).open()
    session = till.session
    till.make_offline(OfflineBegin())
    till.make_offline(COFFEE)
    till.make_offline(OfflineEnd())
    assert till.deliver().status == 200
    assert till.state(session).offline_session_rolled_back
    shop.reopen()
    assert till.state(session).offline_next_local_num == 3
    assert till.deliver(till.offline[2:]).status == 200
    shop.reopen()
    assert [(line.num_local, line.rolled_back) for line in book(tmp_path)[3:]] == [(4, False), (4, True), (4, False)]
