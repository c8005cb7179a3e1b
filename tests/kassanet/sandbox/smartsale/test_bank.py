"""The bank: its rules, its ledger as the only memory, and what it says to nonsense."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kassanet.sandbox.books import FileLines, MemoryLines
from kassanet.sandbox.smartsale.bank import (
    Answer,
    Bank,
    BankSettings,
    Demand,
    HostDecoder,
    Totals,
    encode_answer,
    encode_demand,
)
from kassanet.sandbox.smartsale.bank.messages import BadMessage, HostOperation
from kassanet.sandbox.smartsale.bank.rules import auth_code, masked

TID = "50101700"
PAN = "2200000000000053"
NOON = 1_795_338_000.0  # 2026-11-22 12:00 at UTC+3


class Counter:
    """A bank whose demands number themselves."""

    def __init__(self, settings: BankSettings | None = None, lines: MemoryLines | None = None) -> None:
        self.lines = lines or MemoryLines()
        self.settings = settings
        self.stan = 0
        self.bank = Bank(self.lines, lambda: NOON, settings)

    def ask(self, op: HostOperation, amount: int = 0, **said: object) -> Answer:
        self.stan += 1
        return self.bank.decide(replace(Demand(op=op, tid=TID, stan=self.stan, amount=amount), **said))

    def settle(self, batch: int = 1) -> Answer:
        totals = self.bank.ledger.open_totals(TID)
        return self.bank.decide(Demand(op="settlement", tid=TID, stan=batch, totals=totals))

    def restart(self) -> None:
        self.bank = Bank(self.lines, lambda: NOON, self.settings)


def told(counter: Counter) -> list[tuple[str, int, bool, str | None]]:
    return [(line.op, line.amount, line.approved, line.of) for line in counter.bank.ledger.read()]


def test_the_ledger_tells_a_payment() -> None:
    bank = Counter()
    answer = bank.ask("payment", 1200, pan=PAN)
    assert (answer.code, answer.rrn, answer.at) == ("00", "632600000001", "20261122120000")
    assert answer.auth == auth_code("632600000001")
    assert [bytes(line) for _, line in bank.lines] == [
        b'{"op":"payment","tid":"50101700","stan":1,"rrn":"632600000001","amount":1200,"approved":true,"of":null,'
        b'"at":"2026-11-22T12:00:00.000","card":"220000******0053"}'
    ]


def test_a_refusal_is_told_too() -> None:
    bank = Counter()
    answer = bank.ask("payment", 1200, issuer="51")
    assert (answer.code, answer.auth) == ("51", None)
    assert told(bank) == [("payment", 1200, False, None)]


@pytest.mark.parametrize("op", ["payment", "void", "refund"])
def test_a_number_is_good_once(op: HostOperation) -> None:
    bank = Counter()
    bank.ask("payment", 1200)
    bank.stan -= 1
    assert bank.ask(op, 1200).code == "94"
    assert len(told(bank)) == 1
    bank.restart()
    bank.stan -= 1
    assert bank.ask("payment", 1200).code == "94"


def test_numbers_are_good_again_after_settlement() -> None:
    bank = Counter()
    bank.ask("payment", 1200)
    bank.settle()
    bank.stan = 0
    assert bank.ask("payment", 1200).code == "00"


@pytest.mark.parametrize(
    ("parts", "codes"),
    [
        ([1200], ["00"]),
        ([1200, 1], ["00", "13"]),
        ([500, 700], ["00", "00"]),
        ([500, 701], ["00", "13"]),
        ([1201], ["13"]),
        ([0], ["13"]),
    ],
)
@pytest.mark.parametrize("op", ["void", "refund"])
def test_no_more_comes_back_than_was_paid(op: HostOperation, parts: list[int], codes: list[str]) -> None:
    bank = Counter(BankSettings(same_day_refund=True))
    rrn = bank.ask("payment", 1200).rrn
    assert [bank.ask(op, part, rrn=rrn).code for part in parts] == codes


def test_void_before_settlement_refund_after_it() -> None:
    bank = Counter()
    first, second = (bank.ask("payment", 1200).rrn for _ in range(2))
    assert bank.ask("refund", 1200, rrn=first).code == "12"
    assert bank.ask("void", 1200, rrn=first).code == "00"
    bank.settle()
    assert bank.ask("void", 1200, rrn=second).code == "12"
    assert bank.ask("refund", 1200, rrn=first).code == "13"  # nothing of it is left
    assert bank.ask("refund", 1200, rrn=second).code == "00"


def test_parts_where_the_bank_allows_none() -> None:
    bank = Counter(BankSettings(partial_void=False, partial_refund=False, same_day_refund=True))
    rrn = bank.ask("payment", 1200).rrn
    assert [bank.ask(op, 100, rrn=rrn).code for op in ("void", "refund")] == ["13", "13"]
    assert bank.ask("void", 1200, rrn=rrn).code == "00"


def test_a_void_cannot_be_voided_and_a_refund_can() -> None:
    bank = Counter(BankSettings(same_day_refund=True))
    rrn = bank.ask("payment", 1200).rrn
    void = bank.ask("void", 500, rrn=rrn).rrn
    assert bank.ask("void", 500, rrn=void).code == "12"
    refund = bank.ask("refund", 700, rrn=rrn).rrn
    assert bank.ask("refund", 700, rrn=rrn).code == "13"
    assert bank.ask("void", 700, rrn=refund).code == "00"
    assert bank.ask("refund", 700, rrn=rrn).code == "00"


def test_originals_that_are_not_there() -> None:
    bank = Counter()
    rrn = bank.ask("payment", 1200).rrn
    assert rrn is not None
    assert bank.ask("void", 1200).code == "25"
    assert bank.ask("void", 1200, rrn="632699999999").code == "25"
    assert bank.ask("void", 1200, rrn=rrn, auth="X00000").code == "25"
    assert bank.ask("void", 1200, rrn=rrn, tid="50101701").code == "12"
    assert bank.ask("void", 1200, auth=auth_code(rrn)).code == "00"


def test_a_preauthorisation_grows_and_is_completed_once() -> None:
    bank = Counter()
    rrn = bank.ask("preauthorisation", 1000, pan=PAN).rrn
    assert bank.ask("preauthorisation", 500, rrn=rrn, pan=PAN).code == "00"
    assert bank.ask("balance", pan=PAN).balance == 100_000_00 - 1500
    assert bank.ask("completion", 1501, rrn=rrn).code == "13"
    completion = bank.ask("completion", 1400, rrn=rrn, pan=PAN)
    assert completion.code == "00"
    assert bank.ask("completion", 100, rrn=rrn).code == "12"
    assert bank.ask("void", 1500, rrn=rrn).code == "12"
    assert bank.ask("balance", pan=PAN).balance == 100_000_00 - 1400
    assert bank.ask("void", 1400, rrn=completion.rrn).code == "00"
    assert bank.ask("void", 1500, rrn=rrn).code == "00"
    assert bank.ask("balance", pan=PAN).balance == 100_000_00


@pytest.mark.parametrize("op", ["reversal", "emergency_void"])
def test_a_reversal_undoes_once_and_may_be_repeated(op: HostOperation) -> None:
    bank = Counter()
    rrn = bank.ask("payment", 1200, pan=PAN).rrn
    for _ in range(2):
        assert bank.ask(op, stan=1).code == "00"
        bank.restart()
    assert told(bank) == [("payment", 1200, True, None), (op, 1200, True, rrn)]
    assert bank.ask("balance", pan=PAN).balance == 100_000_00
    assert bank.ask("void", 1200, rrn=rrn).code == "12"


def test_what_is_reversed_before_it_comes_never_happens() -> None:
    bank = Counter()
    assert bank.ask("reversal", stan=7).code == "00"
    assert bank.ask("reversal", stan=7).code == "00"
    bank.restart()
    assert bank.ask("payment", 1200, stan=7).code == "94"
    assert told(bank) == [("reversal", 0, True, None)]


def test_a_void_that_is_reversed_gives_the_payment_back() -> None:
    bank = Counter()
    rrn = bank.ask("payment", 1200).rrn
    bank.ask("void", 1200, rrn=rrn)
    bank.ask("reversal", stan=2)
    assert bank.ask("void", 1200, rrn=rrn).code == "00"


def test_half_an_approval() -> None:
    bank = Counter()
    answer = bank.ask("payment", 1200, issuer="10")
    assert (answer.code, answer.amount) == ("10", 600)
    assert told(bank) == [("payment", 600, True, None)]


def test_settlement_counts_what_stands_and_repeats_its_answer() -> None:
    bank = Counter(BankSettings(same_day_refund=True))
    first = bank.ask("payment", 1200).rrn
    bank.ask("payment", 500)
    bank.ask("void", 200, rrn=first)
    bank.ask("top_up", 70)
    bank.ask("preauthorisation", 10_000)
    bank.ask("payment", 9_900)
    bank.ask("reversal", stan=bank.stan)
    answer = bank.settle()
    assert (answer.code, answer.totals) == ("00", Totals(1700, 2, 270, 2))
    bank.restart()
    assert bank.settle() == answer
    assert [line.amount for line in bank.bank.ledger.read() if line.op == "settlement"] == [1430]
    assert bank.settle(2).totals == Totals()


def test_settlement_tells_a_difference() -> None:
    bank = Counter()
    bank.ask("payment", 1200)
    answer = bank.bank.decide(Demand(op="settlement", tid=TID, stan=1, totals=Totals(1300, 1)))
    assert (answer.code, answer.totals) == ("95", Totals(1200, 1))


def test_the_ledger_is_the_only_memory(tmp_path: Path) -> None:
    path = tmp_path / "host.jsonl"
    bank = Bank(FileLines(path), lambda: NOON)
    rrn = bank.decide(Demand(op="payment", tid=TID, stan=1, amount=1200)).rrn
    with path.open("ab") as file:
        file.write(b'{"op":"payment","tid":"5')  # killed in the middle of a line
    bank = Bank(FileLines(path), lambda: NOON)
    assert bank.decide(Demand(op="void", tid=TID, stan=2, amount=1200, rrn=rrn)).rrn == "632600000002"
    assert len(path.read_bytes().splitlines()) == 2


def test_cards_are_masked() -> None:
    assert masked("2200000000000053") == "220000******0053"


@given(st.lists(st.integers(1, 40), min_size=1), st.data())
def test_messages_in_any_pieces(sizes: list[int], data: st.DataObject) -> None:
    demands = [Demand(op="payment", tid=TID, stan=number, pin_block=data.draw(st.binary())) for number in range(3)]
    wire = b"".join(map(encode_demand, demands))
    decoder, found = HostDecoder(), []
    while wire:
        size = sizes[len(wire) % len(sizes)]
        found += decoder.demands(wire[:size])
        wire = wire[size:]
    assert found == demands


@given(st.binary(min_size=6), st.integers(0))
def test_a_changed_byte_is_found_out(noise: bytes, place: int) -> None:
    wire = bytearray(encode_answer(Answer(code="00", rrn="1", at="")))
    wire[place % (len(wire) - 2) + 2] ^= 1
    with pytest.raises(BadMessage):
        HostDecoder().answers(bytes(wire))
    try:
        HostDecoder().demands(noise)
    except BadMessage:
        return
