"""The rules of an exchange without any I/O: every byte written is checked, every limit is reached."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.smartsale.vectors import BY_NAME, PACKETS, WORKED
from transports.smartsale.actions import Accepted, Action, Expected, Finished, GaveUp, HostCommand, Working, Write
from transports.smartsale.exchange import Exchange, Phase
from transports.smartsale.fields import AMOUNT, MODE, MODE2, OPERATION, RESULT, SCREEN, STATUS, TERMINAL_ID
from transports.smartsale.frames import encode_frame, encode_split
from transports.smartsale.message import Message
from transports.smartsale.settings import Timers

SALE, WAIT, APPROVED, OPEN, OPENED, READ = (
    BY_NAME[name].frame for name in ("sale", "wait", "approved", "open", "open or close done", "read")
)
RESULT_MESSAGE = BY_NAME["approved"].message
ACK, NAK, EOT, ENQ = b"\6", b"\x15", b"\4", b"\5"
DIALOG = Message.of({OPERATION: 52, SCREEN: "ВСТАВЬТЕ КАРТУ"})
BAD = APPROVED[:-1] + bytes((APPROVED[-1] ^ 1,))


def not_from_elsewhere(message: Message) -> str | None:
    told = message.get(TERMINAL_ID)
    return None if told in (None, "50101700") else f"terminal {told} answered"


class Line:
    """An exchange and its clock; ``sent`` are the bytes it wrote, ``told`` everything else it asked for."""

    def __init__(self, expected: Expected | None = None, timers: Timers | None = None, **options: float) -> None:
        self.expected = expected or Expected(operation=1, complaint=not_from_elsewhere)
        self.exchange = Exchange(SALE, self.expected, timers or Timers(), **options)
        self.now = 100.0
        self.sent = b""
        self.told: list[Action] = []
        self._do(self.exchange.begin(self.now))
        assert self.taken() == SALE

    def taken(self) -> bytes:
        sent, self.sent = self.sent, b""
        return sent

    def receive(self, *pieces: bytes) -> bytes:
        """What is written upon these bytes."""
        for piece in pieces:
            self._do(self.exchange.feed(piece, self.now))
        return self.taken()

    def wait(self, seconds: float) -> bytes:
        """What is written while nothing comes."""
        until = self.now + seconds
        while self.exchange.deadline <= until:
            self.now = max(self.now, self.exchange.deadline)
            self._do(self.exchange.tick(self.now))
        self.now = until
        return self.taken()

    def answer(self, message: Message) -> bytes:
        self._do(self.exchange.answer(message, self.now))
        return self.taken()

    def accepted(self) -> "Line":
        assert self.receive(ACK) == b""
        return self

    @property
    def last(self) -> Action:
        return self.told[-1]

    def gave_up(self, words: str) -> bool:
        return isinstance(self.last, GaveUp) and words in self.last.reason

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Write):
                self.sent += action.data
            else:
                self.told.append(action)


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_payment(line: Line) -> None:
    assert line.receive(ACK) == b""
    assert line.receive(WAIT) == ACK
    assert line.receive(WAIT, WAIT) == ACK + ACK
    assert line.receive(APPROVED) == b"", "the result is stored before it is acknowledged"
    assert line.told == [Accepted(), *[Working(BY_NAME["wait"].message)] * 3, Finished(RESULT_MESSAGE)]
    assert line.exchange.acknowledge() == ACK + EOT
    assert line.wait(1000) == b""


def test_a_payment_byte_by_byte(line: Line) -> None:
    stream = ACK + WAIT + OPEN
    assert line.receive(*(bytes((byte,)) for byte in stream)) == ACK + ACK
    assert line.answer(BY_NAME["open or close done"].message) == OPENED
    assert line.receive(*(bytes((byte,)) for byte in ACK + APPROVED)) == b""
    assert line.last == Finished(RESULT_MESSAGE)


def test_the_request_is_not_sent_again_on_silence(line: Line) -> None:
    assert line.wait(4.9) == b""
    assert line.wait(0.2) == EOT
    assert line.gave_up("not acknowledged within 5 s")


def test_the_request_is_sent_three_times_on_nak_and_no_more(line: Line) -> None:
    for _ in range(2):
        assert line.receive(NAK) == b""
        assert line.wait(0.1) == SALE
    assert line.receive(NAK) == EOT
    assert line.gave_up("not taken, sent 3 times")


def test_a_nak_that_does_not_stand_alone_sends_nothing(line: Line) -> None:
    for follower in (ACK, WAIT, NAK + ACK):
        line = Line()
        line.receive(NAK + follower)
        assert line.wait(1) == b""
        assert Accepted() in line.told


def test_a_nak_behind_the_ack_sends_nothing(line: Line) -> None:
    assert line.accepted().receive(NAK) == b""
    assert line.wait(1) == b""


@pytest.mark.parametrize("sign", [WAIT, PACKETS[0], OPEN, DIALOG.frame()], ids=["wait", "packet", "host", "dialog"])
def test_any_frame_proves_that_the_request_was_taken(sign: bytes) -> None:
    line = Line()
    line.receive(sign)
    assert line.told[0] == Accepted()
    line.receive(NAK)
    assert SALE not in line.wait(1)


@pytest.mark.parametrize("before", [b"", WAIT, EOT])
def test_a_result_before_any_ack_belongs_to_the_operation_before(before: bytes) -> None:
    line = Line()
    line.receive(before)
    assert line.receive(APPROVED) == b""
    assert line.gave_up("before the request was acknowledged")
    lenient = Line(Expected(operation=1, needs_ack=False))
    lenient.receive(before + APPROVED)
    assert lenient.last == Finished(RESULT_MESSAGE)


def test_an_ack_of_our_answer_is_none_of_the_request(line: Line) -> None:
    line.receive(OPEN)
    line.answer(BY_NAME["open or close done"].message)
    line.receive(ACK + APPROVED)
    assert line.gave_up("before the request was acknowledged")


def test_a_late_ack_counts(line: Line) -> None:
    line.receive(WAIT, ACK, APPROVED)
    assert line.last == Finished(RESULT_MESSAGE)


def test_eot_and_enq_in_the_middle_mean_nothing(line: Line) -> None:
    assert line.receive(EOT + ENQ) == b""
    assert line.accepted().receive(EOT + ENQ) == b""
    line.receive(APPROVED)
    assert line.last == Finished(RESULT_MESSAGE)


def test_a_damaged_result_is_asked_for_three_times(line: Line) -> None:
    line.accepted()
    for _ in range(3):
        assert line.receive(BAD) == b""
        assert line.wait(0.3) == NAK
    assert line.receive(BAD) == b""
    assert line.wait(0.3) == EOT
    assert line.gave_up("4 damaged frames")


def test_a_result_sent_again_is_taken_and_damage_is_counted_anew(line: Line) -> None:
    line.accepted()
    for _ in range(3):
        for _ in range(2):
            line.receive(BAD)
            line.wait(0.3)
        assert line.receive(WAIT) == ACK
    line.receive(APPROVED)
    assert line.last == Finished(RESULT_MESSAGE)


def test_behind_damage_nothing_is_believed_until_the_line_was_quiet(line: Line) -> None:
    # Behind a broken frame the real thing may stand, and so may a picture of it in somebody's data.
    line.accepted()
    assert line.receive(BAD + APPROVED) == b""
    line.wait(0.15)
    assert line.receive(APPROVED) == b""
    assert line.wait(0.15) == b""
    assert line.wait(0.1) == NAK
    assert not [told for told in line.told if isinstance(told, Finished)]


def test_a_frame_right_behind_a_damaged_one_is_not_believed_either(line: Line) -> None:
    plain = Message.of({AMOUNT: 123}).frame()
    assert b"\1" not in plain[1:]
    assert b"\2" not in plain[1:], "so the decoder finds what follows"
    line.accepted()
    assert line.receive(plain[:-1] + bytes((plain[-1] ^ 0x40,)) + APPROVED) == b""
    assert line.wait(0.3) == NAK
    assert not [told for told in line.told if isinstance(told, Finished)]


@pytest.mark.parametrize("byte", [NAK, ACK])
def test_bytes_inside_a_broken_frame_are_no_control_bytes(byte: bytes) -> None:
    line = Line()
    line.receive(b"\2\3\0\0\0\0\1\1" + byte)
    line.wait(1)
    line.receive(byte)
    assert (SALE in line.wait(1)) is (byte == NAK), "believed again once the line was quiet"


def test_a_line_that_never_gets_quiet_is_given_up(line: Line) -> None:
    line.accepted().receive(BAD)
    for _ in range(1000):
        line.receive(b"\xff")
        line.wait(0.1)
    assert line.gave_up("no sign of the pinpad for 60 s")


@pytest.mark.parametrize("cut", range(1, len(APPROVED)))
def test_a_result_torn_at_every_byte_is_asked_for_again(cut: int) -> None:
    line = Line().accepted()
    line.receive(APPROVED[:cut])
    assert line.wait(1.9) == b""
    assert line.wait(0.2) == NAK
    line.receive(APPROVED)
    assert line.last == Finished(RESULT_MESSAGE)


def test_lengths_that_do_not_add_up_are_damage(line: Line) -> None:
    torn = Message(((25, b"1"), (39, b"1"))).encode()[:-1]
    line.accepted().receive(encode_frame(torn))
    assert line.wait(1) == NAK


def test_idle_time_is_renewed_by_waits_packets_and_host_commands(line: Line) -> None:
    line.accepted()
    for sign in (WAIT, PACKETS[0], OPEN, DIALOG.frame()):
        assert line.wait(59) == b""
        line.receive(sign)
        if line.exchange.phase is Phase.SERVING:
            line.answer(BY_NAME["open or close done"].message)
    assert line.wait(59) == b""
    assert line.wait(1) == EOT
    assert line.gave_up("no sign of the pinpad for 60 s")


def test_an_operation_may_have_an_idle_time_of_its_own() -> None:
    line = Line(idle=100).accepted()
    assert line.wait(99) == b""
    assert line.wait(1) == EOT


def test_garbage_renews_nothing(line: Line) -> None:
    line.accepted()
    for _ in range(59):
        line.wait(1)
        line.receive(b"\xff")
    assert line.wait(2) == EOT


def test_waits_do_not_move_the_hard_limit(line: Line) -> None:
    line.accepted()
    for _ in range(59):
        line.wait(5)
        line.receive(WAIT)
    assert line.wait(5) == EOT
    assert line.gave_up("no result within 300 s")


def test_an_operation_may_have_a_hard_limit_of_its_own() -> None:
    line = Line(hard=30).accepted()
    assert line.exchange.hard_deadline == 130
    assert line.wait(30) == EOT
    assert line.gave_up("within 30 s")


def test_a_result_in_packets(line: Line) -> None:
    line.accepted()
    assert line.receive(PACKETS[0]) == ACK
    assert line.receive(PACKETS[1]) == b"", "the last one is acknowledged with the result"
    assert line.last == Finished(BY_NAME["joined from two packets"].message)
    assert line.exchange.acknowledge() == ACK + EOT


def test_a_packet_sent_again_is_acknowledged_again_and_joined_once(line: Line) -> None:
    line.accepted()
    assert line.receive(PACKETS[0], PACKETS[0], WAIT, PACKETS[0]) == ACK * 4
    line.receive(PACKETS[1])
    assert line.last == Finished(BY_NAME["joined from two packets"].message)


def test_several_messages_in_packets(line: Line) -> None:
    line.accepted()
    for packet in encode_split(BY_NAME["open"].message.encode(), 20):
        line.receive(packet)
    line.answer(BY_NAME["open or close done"].message)
    for packet in encode_split(RESULT_MESSAGE.encode(), 20):
        line.receive(packet)
    assert line.told[-2:] == [HostCommand(BY_NAME["open"].message), Finished(RESULT_MESSAGE)]


def test_packets_that_make_no_message_are_never_acknowledged_as_a_result(line: Line) -> None:
    line.accepted()
    for _ in range(3):
        assert line.receive(PACKETS[1]) == b""
        assert line.wait(0.3) == NAK
    line.receive(PACKETS[1])
    assert line.wait(0.3) == EOT
    assert line.gave_up("4 damaged")


def test_packets_beyond_any_bound_are_given_up() -> None:
    line = Line(timers=Timers(longest_answer=64)).accepted()
    for packet in encode_split(bytes(range(100)), 30)[:3]:
        line.receive(packet)
    assert line.gave_up("more than 64 bytes")


def test_a_frame_longer_than_is_believed_is_damage() -> None:
    line = Line(timers=Timers(longest_frame=64)).accepted()
    line.receive(APPROVED)
    assert line.wait(0.3) == NAK


def test_host_commands_are_served_one_after_another(line: Line) -> None:
    line.accepted()
    assert line.receive(OPEN + WAIT + READ) == ACK
    assert line.last == HostCommand(BY_NAME["open"].message)
    assert line.answer(BY_NAME["open or close done"].message) == OPENED + ACK + ACK
    assert line.last == HostCommand(BY_NAME["read"].message)
    with pytest.raises(RuntimeError, match="no result"):
        line.exchange.acknowledge()


def test_a_host_command_that_comes_again_is_not_carried_out_again(line: Line) -> None:
    line.accepted().receive(OPEN)
    line.answer(BY_NAME["open or close done"].message)
    count = len(line.told)
    assert line.receive(OPEN) == ACK + OPENED
    assert line.receive(ACK, OPEN) == ACK, "acknowledged answers are done with: the same words are a new command"
    assert len(line.told) == count + 1


def test_an_answer_is_sent_three_times_on_nak(line: Line) -> None:
    line.accepted().receive(OPEN)
    line.answer(BY_NAME["open or close done"].message)
    assert line.receive(NAK) == OPENED
    assert line.receive(NAK) == OPENED
    assert line.receive(NAK) == EOT
    assert line.gave_up("our answer to the pinpad was not taken")


def test_time_for_a_host_command_is_bounded_by_the_hard_limit_only(line: Line) -> None:
    line.accepted().receive(OPEN + READ[:5])
    assert line.wait(100) == b""
    assert line.answer(BY_NAME["open or close done"].message) == OPENED
    assert line.wait(1) == b"", "what came meanwhile may still be unread"
    assert line.receive(READ[5:]) == ACK
    assert line.wait(200) == EOT
    assert line.gave_up("no result within")


def test_answering_nothing_is_a_mistake(line: Line) -> None:
    with pytest.raises(RuntimeError, match="no host command"):
        line.answer(Message())


def test_a_dialog_is_answered_as_the_makers_library_answers_it(line: Line) -> None:
    line.accepted()
    answer = BY_NAME["answer to a dialog"].frame
    assert line.receive(DIALOG.frame()) == ACK + answer
    assert line.last == Working(DIALOG)
    assert line.receive(DIALOG.frame()) == ACK + answer
    assert line.receive(NAK) == answer
    assert line.receive(ACK, WAIT) == ACK


def test_a_terminal_whose_profile_gives_52_to_an_operation() -> None:
    line = Line(Expected(operation=52)).accepted()
    line.receive(DIALOG.frame())
    done = Message.of({OPERATION: 52, STATUS: 1})
    line.receive(done.frame())
    assert line.told[-2:] == [Working(DIALOG), Finished(done)]


@pytest.mark.parametrize("mode2", [22, None])
def test_a_user_commands_own_result_is_no_host_command(mode2: int | None) -> None:
    line = Line(Expected(operation=63, mode2=22)).accepted()
    line.receive(OPEN)
    line.answer(BY_NAME["open or close done"].message)
    result = Message.of({OPERATION: 63, MODE2: mode2, RESULT: 0})
    line.receive(result.frame())
    assert line.last == Finished(result)


@pytest.mark.parametrize("operation", [1, 63])
def test_a_host_command_that_is_not_known_is_for_the_caller_to_refuse(operation: int) -> None:
    line = Line(Expected(operation=operation, mode2=22 if operation == 63 else None)).accepted()
    unknown = Message.of({OPERATION: 63, MODE: 1, MODE2: 18})
    assert line.receive(unknown.frame()) == ACK
    assert line.last == HostCommand(unknown)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (RESULT_MESSAGE.with_value(TERMINAL_ID, "50101799"), "terminal 50101799"),
        (RESULT_MESSAGE.with_value(OPERATION, 4), "operation 4"),
        (Message.of({STATUS: 1}), "operation None"),
    ],
)
def test_a_result_that_is_not_ours_is_neither_taken_nor_acknowledged(message: Message, words: str) -> None:
    line = Line().accepted()
    assert line.receive(message.frame()) == b""
    assert line.gave_up(words)
    assert line.wait(1000) == b""


def test_a_result_whose_owner_cannot_be_read_is_not_ours() -> None:
    def unreadable(message: Message) -> str | None:
        return str(message.get(AMOUNT))

    line = Line(Expected(operation=1, complaint=unreadable)).accepted()
    line.receive(Message(((25, b"1"), (0, b"x"), (39, b"1"))).frame())
    assert line.gave_up("field 0: not a decimal number")


def test_interrupting_sends_eot_and_listens_a_little_longer(line: Line) -> None:
    line.accepted()
    assert line.exchange.interrupt(line.now) == [Write(EOT)]
    assert line.wait(14) == b""
    assert line.receive(WAIT) == ACK
    assert line.wait(14) == b""
    assert line.wait(1.1) == EOT
    assert line.gave_up("no sign of the pinpad for 15 s")


def test_a_pinpad_that_was_interrupted_may_answer_all_the_same(line: Line) -> None:
    line.accepted().exchange.interrupt(line.now)
    line.receive(APPROVED)
    assert line.last == Finished(RESULT_MESSAGE)
    assert line.exchange.interrupt(line.now) == []


def test_an_interrupted_request_is_not_sent_again(line: Line) -> None:
    line.receive(NAK)
    line.exchange.interrupt(line.now)
    assert SALE not in line.wait(1)
    assert line.receive(NAK) == EOT
    assert line.gave_up("not taken")


@pytest.mark.parametrize(("stream", "told"), [(b"", EOT), (ACK, EOT), (ACK + OPEN, EOT), (ACK + APPROVED, b"")])
def test_abandoning(stream: bytes, told: bytes) -> None:
    line = Line()
    line.receive(stream)
    assert line.exchange.abandon() == told
    assert line.exchange.abandon() == b""
    assert line.exchange.deadline == inf
    with pytest.raises(RuntimeError, match="no result"):
        line.exchange.acknowledge()


pieces = st.lists(
    st.one_of(
        st.sampled_from([ACK, NAK, EOT, ENQ, WAIT, BAD, OPEN, READ, DIALOG.frame(), *PACKETS, APPROVED]),
        st.sampled_from([worked.frame for worked in WORKED]),
        st.binary(max_size=20),
    ),
    max_size=12,
)


@given(pieces, st.lists(st.floats(0, 20), min_size=12, max_size=12))
def test_whatever_comes_nothing_is_guessed(stream: list[bytes], pauses: list[float]) -> None:
    line, naks = Line(), 0
    for piece, pause in zip(stream, pauses, strict=False):
        taken = Accepted() in line.told
        naks += piece.count(NAK)
        written = line.receive(piece)
        if line.exchange.phase is Phase.SERVING:
            written += line.answer(Message.of({OPERATION: 63, MODE2: 16, RESULT: 1}))
        written += line.wait(pause)
        naks -= written.count(SALE)
        assert naks >= 0, "only a NAK lets the request be sent again"
        assert SALE not in written or not taken
    finished = [told for told in line.told if isinstance(told, Finished)]
    assert not finished or line.exchange.phase is Phase.RESULT
    assert all(told.message.operation == 1 for told in finished)
    assert EOT not in line.sent or isinstance(line.last, GaveUp)
    line.wait(1000)
    assert line.exchange.phase in (Phase.RESULT, Phase.OVER)


@given(st.sampled_from([APPROVED, BY_NAME["declined"].frame]), st.data())
def test_a_result_with_a_byte_flipped_lost_or_doubled_is_the_same_or_none(frame: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(frame) - 1))
    spoilt = data.draw(
        st.sampled_from(
            [
                frame[:at] + bytes((frame[at] ^ 1 << at % 8,)) + frame[at + 1 :],
                frame[:at] + frame[at + 1 :],
                frame[:at] + frame[at : at + 1] * 2 + frame[at + 1 :],
            ]
        )
    )
    line = Line().accepted()
    line.receive(spoilt)
    line.wait(3)
    line.receive(frame)
    line.wait(3)
    line.receive(frame)
    assert line.last == Finished(Message.decode(frame[3:-2]))
