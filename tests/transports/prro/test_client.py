"""The client: typed outcomes, lost answers settled by asking, the same bytes again, offline sessions delivered."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from kassanet.sandbox.fiscal_server.rules import ServerRules
from kassanet.sandbox.fiscal_server.seals import plain_content, plain_envelope
from schemas.prro import OfflineBegin, OpenShift, Operation, ZReport
from schemas.prro_answers import OfflineSession, ServerStateAnswer
from tests.kassanet.sandbox.fiscal_server.till import CASHIER, COFFEE, REGISTER, Shop, Till
from tests.transports.prro.unreliable import Step, Unreliable, answering
from transports.prro import commands
from transports.prro.client import CommandLost, CommandRefused, FiscalServer, Stored
from transports.prro.compression import decompress
from transports.prro.documents import encode
from transports.prro.errors import ErrorCode, encode_error
from transports.prro.outcomes import Accepted, Delivered, Foreign, Refused, Registered, Unknown
from transports.prro.packets import PacketRules
from transports.prro.wire import Wire, WireSettings


async def sign(content: bytes) -> bytes:
    await trio.lowlevel.checkpoint()
    return plain_envelope(content, CASHIER)


class Link:
    """A till whose shift is open, and a client behind an unreliable network."""

    def __init__(self, rules: ServerRules | None = None, *, packets: PacketRules | None = None) -> None:
        self.shop = Shop(rules=rules)
        self.till = Till(self.shop).open()
        self.network = Unreliable(self.shop.server)
        wire = Wire(WireSettings(address="http://tax/fs", timeout=30.0), transport=self.network)
        self.client = FiscalServer(wire, sign, plain_content, packets=packets)

    def store(self, operation: Operation = COFFEE, number: int | None = None) -> Stored:
        document = self.till.compose(operation, number)
        return Stored(document, self.till.sign(encode(document)))

    def expect(self, *steps: Step, commands: Sequence[Step] = ()) -> None:
        self.network.steps, self.network.commands = list(steps), list(commands)
        self.network.sent.clear()

    @property
    def registered(self) -> int:
        return self.shop.server.register(REGISTER).standing.next_local - 1


@pytest.fixture
def link() -> Link:
    return Link()


async def test_registered(link: Link) -> None:
    outcome = await link.client.deliver(link.store())
    assert isinstance(outcome, Registered)
    assert outcome.fiscal_number.isdecimal()
    assert (outcome.recovered, outcome.session, outcome.at is None) == (False, None, False)


async def test_an_opening_brings_the_offline_session() -> None:
    link = Link()
    link.till.close()
    outcome = await link.client.deliver(link.store(OpenShift()))
    assert isinstance(outcome, Registered)
    assert outcome.session == link.till.session


@pytest.mark.parametrize("errors", ["ticket", "http"])
async def test_refused(errors: str) -> None:
    """Both kinds of error answers are the same outcome."""
    link = Link(ServerRules(errors=errors))  # type: ignore[arg-type]  # one of two words
    document = link.till.compose(COFFEE)
    wrong = plain_envelope(encode(document), CASHIER, stamped=False)
    outcome = await link.client.deliver(Stored(document, wrong))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.verdict) == (ErrorCode.CRYPTOGRAPHY_ERROR, "key")
    assert outcome.status == (None if errors == "ticket" else 400)


@pytest.mark.parametrize("lost", ["drop_after", "silent_after", answering(200, b"rubbish"), answering(500, b"oops")])
async def test_a_lost_answer_is_found(link: Link, lost: Step, autojump_clock: MockClock) -> None:
    """It was registered: nothing is sent again."""
    link.expect(lost)
    outcome = await link.client.deliver(link.store())
    assert isinstance(outcome, Registered)
    assert outcome.recovered
    assert (len(link.network.sent), link.registered) == (1, 2)


@pytest.mark.parametrize("lost", ["refuse", "drop_before", "silent_before", "500", "503"])
async def test_an_absent_document_is_sent_again_as_it_was(link: Link, lost: Step, autojump_clock: MockClock) -> None:
    link.expect(lost)
    stored = link.store()
    outcome = await link.client.deliver(stored)
    assert isinstance(outcome, Registered)
    assert not outcome.recovered
    sent = [decompress(body, 10**6) for body in link.network.sent]
    assert sent == [stored.signed, stored.signed]
    assert link.registered == 2


async def test_a_late_first_request_makes_no_second_document(link: Link, autojump_clock: MockClock) -> None:
    """Asked while the first was still on its way, the server says absent; the second is then the echo of the first."""
    stored = link.store()
    link.expect("drop_before")
    original = link.network._take

    async def late(step: Step, request: object) -> object:
        if len(link.network.sent) == 2:
            link.till.send(stored.document)
        return await original(step, request)  # type: ignore[arg-type]  # passed through

    link.network._take = late  # type: ignore[method-assign,assignment]  # the network's own delay
    outcome = await link.client.deliver(stored)
    assert isinstance(outcome, Registered)
    assert (outcome.recovered, link.registered) == (True, 2)


async def test_unknown_while_nobody_can_be_asked(link: Link, autojump_clock: MockClock) -> None:
    away = ["refuse"] * 3
    link.expect(*away, commands=away)
    outcome = await link.client.deliver(link.store())
    assert outcome == Unknown("ConnectError: refused", unreached=True)
    link.expect("drop_after", *away, commands=away)
    outcome = await link.client.deliver(link.store())
    assert isinstance(outcome, Unknown)


async def test_an_echo_that_cannot_be_looked_into_proves_nothing(link: Link, autojump_clock: MockClock) -> None:
    """Registered, the answer lost; sent again it is refused for its number, and nobody answers questions."""
    link.expect("drop_after", commands=["refuse"] * 3)
    outcome = await link.client.deliver(link.store())
    assert isinstance(outcome, Unknown)
    assert not outcome.unreached
    assert link.registered == 2


REFUSED = answering(400, encode_error(ErrorCode.DOCUMENT_VALIDATION_ERROR, "ПРРО заблоковано").encode())


async def test_a_refusal_after_a_lost_answer_proves_nothing(link: Link, autojump_clock: MockClock) -> None:
    """Registered, the answer lost, nobody to be asked; sent again it is refused for whatever has come up since."""
    link.expect("drop_after", REFUSED, commands=["refuse"])
    outcome = await link.client.deliver(link.store())
    assert isinstance(outcome, Registered)
    assert (outcome.recovered, link.registered) == (True, 2)


async def test_a_document_of_an_earlier_life_may_be_registered(link: Link) -> None:
    stored = link.store()
    link.till.send(stored.document)
    link.expect(REFUSED)
    outcome = await link.client.deliver(stored._replace(fresh=False))
    assert isinstance(outcome, Registered)
    assert outcome.recovered
    link.expect(REFUSED)
    assert isinstance(await link.client.deliver(link.store()), Refused)


async def test_a_wrong_number_is_looked_into(link: Link) -> None:
    """Ours under this number: it is registered. Another's: somebody else writes. Nothing: the refusal stands."""
    stored = link.store()
    link.till.send(stored.document)
    outcome = await link.client.deliver(stored)
    assert isinstance(outcome, Registered)
    assert outcome.recovered
    foreign = await link.client.deliver(link.store(number=2))
    assert isinstance(foreign, Foreign)
    refused = await link.client.deliver(link.store(number=99))
    assert isinstance(refused, Refused)
    assert refused.code == ErrorCode.CHECK_LOCAL_NUMBER_INVALID


async def test_kind_decides_where_the_original_is_not_given(link: Link) -> None:
    stored = link.store()
    link.till.send(stored.document)
    link.expect(commands=["pass", answering(204, b"")])
    assert isinstance(await link.client.find(stored.document), Registered)
    report = link.store(ZReport(), number=2)
    link.expect(commands=["pass", answering(204, b"")])
    assert isinstance(await link.client.find(report.document), Foreign)


async def test_a_report_is_found(link: Link) -> None:
    stored = link.store(ZReport())
    link.expect("drop_after")
    outcome = await link.client.deliver(stored)
    assert isinstance(outcome, Registered)
    assert outcome.recovered


async def test_a_ticket_of_another_document_proves_nothing(link: Link, autojump_clock: MockClock) -> None:
    other = link.shop.post("doc", link.till.sign(encode(link.till.compose(COFFEE, 9)))).body
    link.expect(answering(200, other))
    outcome = await link.client.submit(link.store())
    assert outcome == Unknown("the ticket is of another document")


async def test_a_revoked_document_says_so(link: Link) -> None:
    stored = link.store()
    link.till.send(stored.document)
    link.till.sell_offline(1, OfflineBegin(revoke_last=True))
    link.till.delivered()
    found = await link.client.find(stored.document)
    assert isinstance(found, Registered)
    assert found.revoked


async def test_commands(link: Link) -> None:
    assert await link.client.is_there()
    state = await link.client.state(REGISTER)
    assert state is not None
    assert state.next_local_num == 2
    assert await link.client.document_info(REGISTER, 77) is None
    with pytest.raises(CommandRefused) as caught:
        await link.client.state(4_099_999_999)
    assert caught.value.refused.code == ErrorCode.TRANSACTIONS_REGISTRAR_ABSENT
    for step in ("refuse", "drop_after", "503", answering(200, b"{"), answering(200, b"[1]"), answering(200, b"\x01")):
        link.expect(commands=[step])
        with pytest.raises(CommandLost):
            await link.client.state(REGISTER)
    link.expect(commands=["503"])
    assert not await link.client.is_there()


async def test_a_signed_answer_of_a_command_counts_by_its_content(link: Link) -> None:
    link.expect(commands=[lambda answer: answering(200, plain_envelope(answer.body, CASHIER))(answer)])
    answer = await link.client.command(commands.ServerState(uid="u"), ServerStateAnswer)
    assert answer is not None
    assert answer.uid == "u"


# -- offline sessions


def finished(link: Link, count: int = 5) -> OfflineSession:
    """A session of ``count`` sales, made offline; answers which."""
    assert link.till.session is not None
    session = link.till.session
    link.till.sell_offline(count)
    return session


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["pass", "drop_before"],
        ["pass", "drop_after"],
        ["drop_after"],
        ["pass", "pass", "pass", "drop_after"],
        ["503", "refuse"],
    ],
)
@pytest.mark.parametrize("rollback", [True, False])
async def test_a_session_is_delivered_once(steps: list[Step], rollback: bool) -> None:
    """Wherever answers were lost, asking the server tells where to go on."""
    link = Link(ServerRules(rollback=rollback), packets=PacketRules(documents=2))
    session = finished(link)
    link.expect(*steps)
    for _ in range(5):
        outcome = await link.client.deliver_session(REGISTER, session, link.till.offline)
        if isinstance(outcome, Delivered):
            break
        assert isinstance(outcome, Unknown)
    assert isinstance(outcome, Delivered)
    assert outcome.session is not None
    assert outcome.session != session
    assert link.registered == 1 + 7
    state = await link.client.state(REGISTER)
    assert state is not None
    assert state.offline_session_id == outcome.session.offline_session_id


async def test_a_refused_packet(link: Link) -> None:
    session = finished(link)
    outcome = await link.client.deliver_session(REGISTER, session, [*link.till.offline[:2], *link.till.offline[3:]])
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.status) == (ErrorCode.PACKAGE_VALIDATION_ERROR, 400)
    assert link.registered == 1


async def test_a_document_that_fits_in_no_packet_is_told(link: Link) -> None:
    session = finished(link)
    outcome = await link.client.deliver_session(REGISTER, session, [*link.till.offline, bytes(200_000)])
    assert isinstance(outcome, Refused)
    assert "room for" in outcome.text
    assert link.registered == 1


async def test_the_server_has_more_than_we(link: Link) -> None:
    session = finished(link)
    assert isinstance(await link.client.submit_packet(link.till.offline[:5]), Accepted)
    assert isinstance(await link.client.deliver_session(REGISTER, session, link.till.offline[:2]), Foreign)


async def test_asking_first_and_nobody_answers(link: Link) -> None:
    session = finished(link)
    link.expect(commands=["refuse"])
    assert isinstance(await link.client.deliver_session(REGISTER, session, link.till.offline), Unknown)
    assert link.network.sent == []


async def test_a_signer_that_fails_has_sent_nothing() -> None:
    """Whatever it raises: questions are lost, packets are unknown and were never sent."""

    async def broken(content: bytes) -> bytes:
        await trio.lowlevel.checkpoint()
        raise ConnectionError("the agent is away")

    link = Link()
    client = FiscalServer(Wire(WireSettings(address="http://tax/fs"), transport=link.network), broken, plain_content)
    session = finished(link)
    with pytest.raises(CommandLost, match="the agent is away"):
        await client.state(REGISTER)
    outcome = await client.submit_packet(link.till.offline)
    assert isinstance(outcome, Unknown)
    assert outcome.unreached
    assert isinstance(await client.deliver_session(REGISTER, session, link.till.offline), Unknown)
    assert await client.is_there()
    assert link.network.sent == []


@pytest.mark.parametrize("answer", [answering(200, b"what"), answering(200, b"{}"), "503"])
async def test_odd_answers_to_packets(link: Link, answer: Step) -> None:
    finished(link)
    link.expect(answer)
    assert isinstance(await link.client.submit_packet(link.till.offline), Unknown)


async def test_answers_that_cannot_be_unpacked(link: Link) -> None:
    gzip, unknown = {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}
    link.expect(answering(200, b"not gzip", **gzip), answering(200, b"x", **unknown))
    for _ in range(2):
        assert isinstance(await link.client.submit(link.store()), Unknown)
    await link.client.aclose()
