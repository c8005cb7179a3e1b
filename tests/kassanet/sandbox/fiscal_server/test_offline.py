"""Offline sessions: numbers, control numbers, the chain of hashes, limits, packets, revoking and rolling back."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from kassanet.sandbox.fiscal_server.registry import RegisterEntry, default_unit
from kassanet.sandbox.fiscal_server.rules import ServerRules
from schemas.prro import CloseShift, OfflineBegin, OfflineEnd, OpenShift, ZReport
from schemas.prro_answers import OfflineSession
from tests.kassanet.sandbox.fiscal_server.till import COFFEE, DESK, REGISTER, Shop, Till, changed
from transports.prro.chain import ChainRules
from transports.prro.composing import made_offline
from transports.prro.documents import Document
from transports.prro.errors import ErrorCode, decode_error
from transports.prro.limits import OfflineLimits
from transports.prro.packets import PacketRules, split


@pytest.fixture
def offline(till: Till) -> Till:
    """Shift open, a sale made online, the server out of reach."""
    till.open()
    assert not till.refused(COFFEE)
    return till


def complaint(till: Till) -> str:
    """Why the packet is refused."""
    response = till.deliver()
    code, text = decode_error(response.body)
    assert (response.status, code) == (400, ErrorCode.PACKAGE_VALIDATION_ERROR), response
    return text


def test_a_session(offline: Till) -> None:
    """Everything arrives, the register goes on online, the next session is another one."""
    before = offline.session
    offline.sell_offline(3)
    after = offline.delivered()
    assert before is not None
    assert after.offline_session_id > before.offline_session_id
    assert offline.state(after).offline_next_local_num == 1
    assert not offline.refused(COFFEE)
    info = offline.info(4)
    assert info is not None
    assert info.num_fiscal.startswith(f"{before.offline_session_id}.2.")


def test_shifts_within_a_session(offline: Till) -> None:
    offline.make_offline(OfflineBegin())
    for operation in (COFFEE, ZReport(), CloseShift(), OpenShift(), COFFEE, ZReport(), CloseShift()):
        offline.make_offline(operation)
    offline.make_offline(OfflineEnd())
    offline.delivered()
    assert not offline.state().is_open
    assert len(offline.shop.server.register(REGISTER).standing.shifts) == 2
    offline.open()


def test_a_session_that_begins_between_shifts(till: Till) -> None:
    till.open().close()
    till.make_offline(OfflineBegin())
    for operation in (OpenShift(), COFFEE, ZReport(), CloseShift()):
        till.make_offline(operation)
    till.make_offline(OfflineEnd())
    till.delivered()


def test_many_documents_go_in_several_packets(offline: Till) -> None:
    offline.sell_offline(248)
    packets = list(split(offline.offline, PacketRules()))
    assert [len(packet) for packet in packets] == [100, 100, 50]
    assert offline.deliver(offline.offline[:101]).status == 400
    answers = [offline.deliver(list(packet)) for packet in packets]
    assert [answer.body for answer in answers[:2]] == [b"OK", b"OK"]
    assert b"OfflineSeed" in answers[2].body


def test_nothing_online_between_the_packets(offline: Till) -> None:
    offline.sell_offline(1)
    number = offline.number
    assert offline.deliver(offline.offline[:2]).body == b"OK"
    offline.number = 5
    assert offline.refused(COFFEE) == ErrorCode.DOCUMENT_VALIDATION_ERROR
    offline.number = number
    assert offline.deliver(offline.offline[2:]).status == 200


def _id(till: Till) -> int:
    assert till.session is not None
    return till.session.offline_session_id


Spoil = Callable[[Document, Till], Document]


def renumbered(document: Document, till: Till, **head: object) -> Document:
    """Changed, and its control number right again."""
    assert till.session is not None
    bare = changed(document, **head)
    session, seed = till.session.offline_session_id, till.session.offline_seed
    return made_offline(bare, session, len(till.offline) + 1, seed, bare.head.previous_hash)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda document, _: changed(document, fiscal_number="1.3.1"), "очікується"),
        (
            lambda document, till: changed(document, fiscal_number=f"{_id(till)}.4.1"),
            "очікується",
        ),
        (lambda document, _: changed(document, fiscal_number="123456"), "не належить"),
        (lambda document, _: changed(document, time=document.head.time.replace(second=59)), "Контрольне число"),
        (lambda document, till: renumbered(document, till, previous_hash="0" * 64), "Геш"),
        (lambda document, till: renumbered(document, till, previous_hash=None), "Геш"),
        (lambda document, till: renumbered(document, till, local_number=99), "Локальний номер"),
        (lambda document, till: renumbered(document, till, time=document.head.time.replace(hour=1)), "Час"),
        (lambda document, till: renumbered(document, till, tin="12345678"), "TIN"),
    ],
)
def test_one_wrong_document_stops_the_packet(offline: Till, spoil: Spoil, words: str) -> None:
    """None of it is registered, not even what stood before the wrong one."""
    offline.make_offline(OfflineBegin())
    offline.make_offline(COFFEE)
    kept, number, last = list(offline.offline), offline.number, offline.last_hash
    good = offline.make_offline(COFFEE)
    offline.offline, offline.number, offline.last_hash = kept, number, last
    offline.keep(spoil(good, offline))
    assert words in complaint(offline)
    assert offline.info(3) is None
    offline.offline, offline.number, offline.last_hash = kept[:2], number, last
    offline.keep(good)
    offline.make_offline(OfflineEnd())
    offline.delivered()


def test_a_session_begins_with_its_beginning(offline: Till) -> None:
    offline.make_offline(COFFEE)
    assert "починається" in complaint(offline)


def test_no_session_no_offline_work() -> None:
    unit = msgspec.structs.replace(default_unit(1), registers=(RegisterEntry(REGISTER, 1, offline=False),))
    till = Till(Shop(unit=unit)).open()
    assert till.session is None
    assert not till.state().offline_supported
    till.session = OfflineSession(offline_session_id=1, offline_seed=1)
    till.sell_offline(1)
    assert "не належить" in complaint(till)


@pytest.mark.parametrize("end_carries_hash", [True, False])
def test_both_readings_of_the_end(offline: Till, end_carries_hash: bool) -> None:
    """The published example carries a hash, the sample file does not: both are taken."""
    offline.chain = ChainRules(end_carries_hash=end_carries_hash)
    offline.sell_offline(2)
    offline.delivered()


@pytest.mark.parametrize("rules", [ChainRules(hashed="xml"), ChainRules(shift_links=False)])
def test_other_readings_of_the_chain(rules: ChainRules) -> None:
    till = Till(Shop(rules=ServerRules(chain=rules))).open()
    till.chain = rules
    till.make_offline(OfflineBegin())
    for operation in (COFFEE, ZReport(), CloseShift(), OpenShift(), COFFEE):
        till.make_offline(operation)
    till.make_offline(OfflineEnd())
    till.delivered()


def test_thirty_six_hours(offline: Till) -> None:
    offline.make_offline(OfflineBegin())
    offline.shop.clock.tick(36 * 3600 - 2)
    offline.make_offline(COFFEE)
    offline.make_offline(OfflineEnd())
    offline.delivered()
    offline.make_offline(OfflineBegin())
    offline.shop.clock.tick(36 * 3600 + 2)
    offline.make_offline(COFFEE)
    assert "сесії" in complaint(offline)


def test_the_end_may_come_late(offline: Till) -> None:
    """A session lasts to its last document that moves money, not to its end."""
    offline.make_offline(OfflineBegin())
    offline.make_offline(COFFEE)
    offline.shop.clock.tick(400 * 3600)
    offline.make_offline(OfflineEnd())
    offline.delivered()


def test_hours_of_a_month() -> None:
    shop = Shop(rules=ServerRules(limits=OfflineLimits(session=3600.0, month=5400.0)))
    shop.clock.at += timedelta(days=12)
    till = Till(shop).open()
    for seconds in (3000, 2000):
        till.make_offline(OfflineBegin())
        shop.clock.tick(seconds)
        till.make_offline(COFFEE)
        till.make_offline(OfflineEnd())
        till.delivered()
    till.make_offline(OfflineBegin())
    shop.clock.tick(1000)
    till.make_offline(COFFEE)
    assert "місяць" in complaint(till)


def test_revoking_the_last_online_document(offline: Till) -> None:
    """The sale was registered online, its answer was lost, and it was made again offline."""
    offline.sell_offline(1, OfflineBegin(revoke_last=True))
    offline.delivered()
    info = offline.info(2)
    assert info is not None
    assert (info.revoked, info.storned) == (True, False)
    assert offline.shop.server.register(REGISTER).standing.next_local == 6


def test_nothing_to_revoke(till: Till) -> None:
    """Only a document that moves money, and only the one just before."""
    till.open()
    till.sell_offline(1, OfflineBegin(revoke_last=True))
    assert "відкликається" in complaint(till)


def test_rolling_an_end_back(offline: Till) -> None:
    """The last answer was lost: asked with its session, the server re-opens it and takes the end again."""
    session = offline.session
    offline.sell_offline(2)
    assert offline.deliver().status == 200
    state = offline.state(session)
    assert state.offline_session_rolled_back
    assert state.offline_session_rollback_cmd_uid == "state"
    assert state.offline_next_local_num == 4
    assert state.next_local_num == offline.number - 1
    assert offline.deliver(offline.offline[3:]).status == 200
    assert offline.state().offline_next_local_num == 1


def test_an_end_stays_once_something_came_after_it(offline: Till) -> None:
    session = offline.session
    offline.sell_offline(1)
    offline.delivered()
    assert not offline.refused(COFFEE)
    assert session is not None
    assert offline.state(session).offline_session_id != session.offline_session_id


def test_no_rollback_where_the_server_does_none(offline: Till) -> None:
    offline.shop.server.register(REGISTER)._rules = ServerRules(rollback=False)
    session = offline.session
    offline.sell_offline(1)
    next_session = offline.delivered()
    assert offline.state(session).offline_session_id == next_session.offline_session_id


def test_packets_of_two_registers(shop: Shop) -> None:
    first = Till(shop).open()
    second = Till(shop, msgspec.structs.replace(DESK, register=REGISTER + 1, number=2)).open()
    first.make_offline(OfflineBegin())
    second.make_offline(OfflineBegin())
    response = first.deliver([*first.offline, *second.offline])
    assert decode_error(response.body)[0] == ErrorCode.PACKAGE_VALIDATION_ERROR


@pytest.mark.parametrize("packet", [b"", b"\x05\0\0\0abc", b"\0\0\0\0", b"\xff"])
def test_torn_packets(till: Till, packet: bytes) -> None:
    response = till.shop.post("pck", till.sign(packet))
    assert (response.status, decode_error(response.body)[0]) == (400, ErrorCode.PACKAGE_VALIDATION_ERROR)


def test_offline_documents_need_no_time_stamp(offline: Till) -> None:
    """The till signs them without one; the packet around them may have one."""
    offline.sell_offline(1)
    offline.delivered()
