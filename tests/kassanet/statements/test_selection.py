"""Which lines become payments: each rule on its own."""

import pytest

from kassanet.statements.selection import ASKS, WORDS, LumpSum, Reason, SelectionRules
from tests.kassanet.statements.written import OWN, document, opened, text

RULES = SelectionRules(own_inn="7700000016", exclude_payers=("7722222228", "40817810000000000666"))


def chosen(rules: SelectionRules = RULES, **changed: str | None) -> tuple[str | None, Reason | None]:
    (choice,) = opened(text(document(**changed))).choices(rules)
    return choice.account, choice.reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ПолучательСчет": "40702810300000000077"}, "outgoing"),
        ({"ДатаПоступило": None}, "not_booked"),
        ({"ПлательщикСчет": OWN}, "own_transfer"),
        ({"ПлательщикИНН": "7700000016"}, "own_transfer"),
        ({"ПлательщикИНН": "7722222228"}, "excluded"),
        ({"ПлательщикСчет": "40817810000000000666"}, "excluded"),
        ({"НазначениеПлатежа": "Зачисление по реестру л/с 100500"}, "registry_lump_sum"),
        ({"ПлательщикСчет": "40702810300000000099"}, "not_a_person"),
        ({"ПлательщикСчет": "40802810300000000099"}, "not_a_person"),
        ({"ПлательщикСчет": ""}, "not_a_person"),
        ({"НазначениеПлатежа": "за интернет"}, "no_account"),
        ({"НазначениеПлатежа": "л/с 5 и л/с 6"}, "several_accounts"),
    ],
    ids=str,
)
def test_passed_over(changed: dict[str, str | None], reason: Reason) -> None:
    assert chosen(RULES, **changed) == (None, reason)


@pytest.mark.parametrize("prefix", ["40817", "40820", "423", "30232", "30233", "47422"])
def test_people(prefix: str) -> None:
    assert chosen(ПлательщикСчет=prefix.ljust(20, "0")) == ("100500", None)


@pytest.mark.parametrize(
    "purpose",
    ["л/с 100500", "Л/С:100500", "ЛС №100500", "лиц. счет 100500", "лицевой счёт N 100500", "по договору 100500",
     "дог. № 100500 за ноябрь", "л/с 100500, л/с 100500"],
)  # fmt: skip
def test_accounts_in_purposes(purpose: str) -> None:
    assert chosen(НазначениеПлатежа=purpose) == ("100500", None)


def test_own_patterns_and_lump_sums() -> None:
    lump = LumpSum(payer_inn="7707083893", purpose="(?i)возмещение")
    rules = SelectionRules(account_patterns=(r"ID=([A-Z]\d+)",), lump_sums=(lump,))
    assert chosen(rules, НазначениеПлатежа="оплата ID=A77") == ("A77", None)
    assert chosen(rules, НазначениеПлатежа="Возмещение ID=A77", ПлательщикИНН="7707083893")[1] == "registry_lump_sum"
    assert chosen(rules, НазначениеПлатежа="Возмещение ID=A77") == ("A77", None)
    assert chosen(SelectionRules(lump_sums=(LumpSum(),))) == ("100500", None)


@pytest.mark.parametrize("pattern", ["(", "no group"])
def test_patterns_that_cannot_work(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"group|regular expression"):
        SelectionRules(account_patterns=(pattern,))


def test_every_reason_has_words() -> None:
    assert set(ASKS) < set(WORDS)
