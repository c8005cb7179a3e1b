"""1CClientBankExchange: what is read, what is tolerated, what refuses the whole file."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kassanet.sandbox.billing.statements import OWN_INN, payments, statement
from kassanet.statements.line import FileRefused, Line
from kassanet.statements.opened import BankFile
from kassanet.statements.selection import SelectionRules
from tests.kassanet.statements.written import OWN, document, opened, text

ENCODINGS = ["cp1251", "cp866", "utf-8", "utf-8-sig"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_encodings_and_line_ends_read_alike(encoding: str, newline: str) -> None:
    file = opened(text(document()).replace("\r\n", newline), encoding)
    (line,) = file.lines()
    assert line == Line(
        line=5,
        key=line.key,
        sum=20050,
        date=date(2026, 11, 22),
        kind="Платежное поручение",
        number="5",
        own_account=OWN,
        credited=date(2026, 11, 22),
        payer="Иванов Иван",
        payer_account="40817810000000000005",
        purpose="Интернет л/с 100500",
    )
    assert file.survey.encoding == encoding.removesuffix("-sig")


def test_a_header_that_lies_about_its_encoding_is_not_believed() -> None:
    file = opened(text(document()), "cp866")
    assert file.survey.encoding == "cp866"
    assert "although it says Windows" in file.survey.reasons


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8"])
def test_a_long_statement_is_read_as_it_was_written(encoding: str) -> None:
    file = BankFile(BytesIO(b"".join(statement(500, 3, encoding=encoding))))
    written = list(payments(500, 3))
    assert [(line.sum, line.date, line.purpose) for line in file.lines()] == [
        (one.sum, one.day, one.purpose) for one in written
    ]
    assert file.survey.controlled
    assert file.survey.received == sum(one.sum for one in written if not one.outgoing)
    assert file.survey.lines == 500
    assert not file.survey.tolerated


def test_every_line_gets_its_account_or_its_reason() -> None:
    file = BankFile(BytesIO(b"".join(statement(500, 3))))
    chosen = list(file.choices(SelectionRules(own_inn=OWN_INN)))
    for one, choice in zip(payments(500, 3), chosen, strict=True):
        assert choice.account == one.account
        assert (choice.reason is None) == (one.account is not None)
    assert {choice.reason for choice in chosen} == {
        None, "outgoing", "own_transfer", "not_a_person", "registry_lump_sum"
    }  # fmt: skip


# -- tolerated ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (text(document(), end=False), "no КонецФайла"),
        (text(document()) + "\r\nafter\r\n", "after КонецФайла"),
        (text([*document()[:-1], "НазначениеПлатежа=другое", "КонецДокумента"]), "given twice"),
        (text(document(НовыйКлюч="1")), "unknown key НовыйКлюч"),
        (text(document(Сумма=" 200.50 ")), None),
        (text([*document()[:-1], "продолжение", "КонецДокумента"]), "runs over"),
        (text(document(), ["Лишнее=1"]), "outside"),
        (text(document(Плательщик1=None, Плательщик="Иванов Иван")), None),
    ],
)
def test_tolerated_and_reported(content: str, told: str | None) -> None:
    file = opened(content)
    (line,) = file.lines()
    assert (line.sum, line.payer) == (20050, "Иванов Иван")
    assert [one for one in file.survey.tolerated if told and told in one.what] or told is None


def test_a_purpose_in_pieces() -> None:
    (line,) = opened(text(document(НазначениеПлатежа=None, НазначениеПлатежа1="л/с", НазначениеПлатежа2="7"))).lines()
    assert line.purpose == "л/с 7"


def test_a_byte_that_the_code_page_lacks_costs_one_character() -> None:
    raw = text(document()).encode("cp1251").replace("Иванов".encode("cp1251"), b"\x98")
    file = opened(raw)
    assert [one.line for one in file.survey.tolerated] == [10]
    assert next(file.lines()).sum == 20050


# -- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (text(document(Сумма="200,50")), r"line 5: Сумма.*200,50"),
        (text(document(Сумма="-200.50")), "Сумма"),
        (text(document(Сумма="200.505")), "Сумма"),
        (text(document(Сумма="1e3")), "Сумма"),
        (text(document(Сумма=None)), "without Сумма"),
        (text(document(Дата=None)), "without Дата"),
        (text(document(Дата="2026-11-22")), "Дата"),
        (text(document(ДатаПоступило="31.02.2026")), "ДатаПоступило"),
        (text([*document()[:-1], "Сумма=1.00", "КонецДокумента"]), r"line 14: Сумма is given twice"),
        (text(document()[:-1]), r"ends inside|КонецФайла"),
        (text(document()[:-1], end=False), "ends inside the section that begins in line 5"),
        (text([*document()[:-1], *document()]), "inside the section that begins in line 5"),
        (text(["КонецДокумента"]), "no such section"),
        (text(document(), came="200.51"), "totals disagree"),
        (text(document(), document(Номер="6"), came="200.50"), "totals disagree"),
        (text(came="1.00"), "totals disagree"),
        (text(document()).replace("1CClientBankExchange", "1CClientBankExchangeX"), "first line"),
    ],
    ids=str,
)
def test_refused(content: str, why: str) -> None:
    with pytest.raises(FileRefused, match=why):
        opened(content)


def test_a_purpose_of_endless_lines_is_refused() -> None:
    """Each line would copy all before it: a large file would hold a thread for hours."""
    endless = [*document()[:-1], "НазначениеПлатежа1=x", *["y" * 99] * 400, "КонецДокумента"]
    with pytest.raises(FileRefused, match="НазначениеПлатежа1 is longer"):
        opened(text(endless))


def test_balances_must_fit() -> None:
    section = ["СекцияРасчСчет", f"РасчСчет={OWN}", "НачальныйОстаток=-5.00", "ВсегоПоступило=200.50",
               "ВсегоСписано=0.00", "КонечныйОстаток=195.50", "КонецРасчСчет"]  # fmt: skip
    assert opened(text(section, document())).survey.controlled
    section[5] = "КонечныйОстаток=195.51"
    with pytest.raises(FileRefused, match="final balance"):
        opened(text(section, document()))


def test_totals_count_what_is_booked_and_a_section_may_be_a_day() -> None:
    day = ["СекцияРасчСчет", f"РасчСчет={OWN}", "ВсегоПоступило=200.50", "КонецРасчСчет"]
    file = opened(text(day, day, document(), document(Номер="6"), document(Номер="7", ДатаПоступило=None)))
    assert (file.survey.received, file.survey.controlled) == (40100, True)


@pytest.mark.parametrize(
    "content",
    [b"", b"   \r\n", b"1CClientBankExchange\x00\n", b"1CClientBankExchange\n" + b"x" * 100_000, b"PK\x03\x04zip"],
)
def test_what_is_no_statement(content: bytes) -> None:
    with pytest.raises(FileRefused):
        opened(content)


def test_broken_utf8_is_refused_with_its_line() -> None:
    raw = text(document()).encode().replace("Иванов".encode(), b"\xff\xfe")
    with pytest.raises(FileRefused, match="line 10: not UTF-8"):
        opened(raw)


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_garbage_after_the_signature_is_refused_or_empty(garbage: bytes) -> None:
    try:
        file = opened(b"1CClientBankExchange\n" + garbage)
    except FileRefused:
        return
    assert list(file.lines()) == []


@settings(max_examples=60)
@given(st.integers(0, 5000))
def test_a_file_cut_anywhere_never_reads_as_more_money(cut: int) -> None:
    whole = b"".join(statement(6, others=0))
    if cut >= len(whole):
        return
    try:
        file = opened(whole[:cut])
    except FileRefused:
        return
    # Cut before its turnovers a file says nothing of money; after them it is whole or refused.
    assert (file.survey.lines, file.survey.controlled) in ((0, False), (6, True))


# -- identity -------------------------------------------------------------------------------------


def test_the_same_payment_in_two_files_has_one_key() -> None:
    (first,) = opened(text(document())).lines()
    _, second = opened(text(document(Номер="1"), document()), "cp866").lines()
    assert first.key == second.key


@pytest.mark.parametrize(
    "changed",
    [{"Номер": "6"}, {"Дата": "21.11.2026"}, {"Сумма": "200.51"}, {"ПлательщикСчет": "40817810000000000006"},
     {"НазначениеПлатежа": "л/с 100501"}, {"ПолучательСчет": "40702810900000000002"}],
    ids=str,
)  # fmt: skip
def test_another_payment_has_another_key(changed: dict[str, str]) -> None:
    first, second = opened(text(document(), document(**changed))).lines()
    assert first.key != second.key


def test_a_line_that_stands_twice_is_a_duplicate() -> None:
    chosen = list(opened(text(document(), document())).choices(SelectionRules()))
    assert [choice.reason for choice in chosen] == [None, "duplicate"]
