"""Sberbank's protocol 2 as the bank speaks it."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from schemas.payments import ChannelAnswer, CheckAccount, Outcome, Pay, Subscriber
from tests.transports.channels.sent import got
from transports.channels.dialect import Unacceptable
from transports.channels.sberbank import CODES, Sberbank

PAY = {
    "ACTION": "payment",
    "ACCOUNT": "100500",
    "AMOUNT": "100.50",
    "PAY_ID": "12345678901234567890",
    "PAY_DATE": "22.11.2026_18:00:00",
}


def texts(body: bytes) -> dict[str, str | None]:
    return {child.tag: child.text for child in ElementTree.fromstring(body)}


def test_names_in_capitals_and_small() -> None:
    paid = Sberbank().read(got(**PAY))
    assert paid == Pay("12345678901234567890", "100500", 10050, datetime(2026, 11, 22, 18))
    assert paid == Sberbank().read(got(**{name.lower(): value for name, value in PAY.items()}))
    assert Sberbank().read(got(ACTION="check", ACCOUNT="7")) == CheckAccount("7")


def test_one_name_in_both_cases_is_twice() -> None:
    with pytest.raises(Unacceptable, match="twice"):
        Sberbank().read(got(**PAY, amount="1.00"))


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"AMOUNT": "100,50"}, "AMOUNT", 9),
        ({"AMOUNT": "-1"}, "AMOUNT", 9),
        ({"AMOUNT": "1.005"}, "AMOUNT", 9),
        ({"ACCOUNT": ""}, "ACCOUNT", 4),
        ({"PAY_ID": "12a"}, "PAY_ID", 6),
        ({"PAY_ID": "1" * 21}, "PAY_ID", 6),
        ({"PAY_DATE": "2026-11-22"}, "PAY_DATE", 12),
        ({"PAY_DATE": "31.02.2026_10:00:00"}, "PAY_DATE", 12),
        ({"ACTION": "refund"}, "ACTION", 2),
    ],
    ids=str,
)
def test_wrong_parameters_are_located_and_have_their_code(changed: dict[str, str], path: str, code: int) -> None:
    with pytest.raises(Unacceptable) as raised:
        Sberbank().read(got(**{**PAY, **changed}))
    assert raised.value.path == path
    assert texts(Sberbank().answer(None, raised.value.answer()).body)["CODE"] == str(code)


def test_a_duplicate_is_8_with_the_first_number_and_time() -> None:
    paid = Sberbank().read(got(**PAY))
    registered = datetime(2026, 11, 22, 15, 0, 1, tzinfo=UTC)
    answer = ChannelAnswer("ok", prv_txn="42", sum=10050, registered_at=registered)
    first = texts(Sberbank().answer(paid, answer).body)
    again = ChannelAnswer("ok", prv_txn="42", sum=10050, registered_at=registered, repeated=True)
    second = texts(Sberbank().answer(paid, again).body)
    assert (first["CODE"], second["CODE"]) == ("0", "8")
    assert first["EXT_ID"] == second["EXT_ID"] == "42"
    assert first["REG_DATE"] == second["REG_DATE"] == "22.11.2026_18:00:01"
    assert first["AMOUNT"] == "100.50"


def test_check_tells_of_the_subscriber() -> None:
    asked = Sberbank().read(got(ACTION="check", ACCOUNT="7"))
    subscriber = Subscriber("Иванов <И>", "Мира, 1", 5, 30000, "до 1-го")
    assert texts(Sberbank().answer(asked, ChannelAnswer("ok", subscriber=subscriber)).body) == {
        "CODE": "0",
        "MESSAGE": "OK",
        "FIO": "Иванов <И>",
        "ADDRESS": "Мира, 1",
        "BALANCE": "0.05",
        "REC_SUM": "300.00",
        "INFO": "до 1-го",
    }


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("ok", 0), ("temporary", 1), ("not_finished", 1), ("no_account", 3), ("inactive", 5), ("technical", 7),
     ("forbidden", 7), ("too_small", 10), ("too_big", 11), ("bad_signature", 14), ("refused", 300)],
)  # fmt: skip
def test_outcomes(outcome: Outcome, code: int) -> None:
    paid = Sberbank().read(got(**PAY))
    assert texts(Sberbank().answer(paid, ChannelAnswer(outcome)).body)["CODE"] == str(code)


def test_the_table_is_whole() -> None:
    assert set(CODES) == {*range(15), 300}
