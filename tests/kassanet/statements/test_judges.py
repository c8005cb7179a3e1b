"""Two foreign programs read the same statements: same sums, same payers, same purposes. From the ``judges`` extra."""

import importlib
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from kassanet.sandbox.billing.statements import statement
from kassanet.statements.line import Line
from kassanet.statements.opened import open_bank_file


def judge(name: str) -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            pytest.skip(f"{error}: pip install kassanet[judges]")


def ours(path: Path) -> list[Line]:
    with open_bank_file(path) as file:
        return list(file.lines())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "statement.txt"
    found.write_bytes(b"".join(statement(200, 7)))
    return found


def test_client_bank_1c_reads_the_same(path: Path) -> None:
    loader = judge("client_bank_1c").ClientBank1CLoader()
    theirs = loader(path.read_bytes().replace(b"\r\n", b"\n"))
    for line, document in zip(ours(path), theirs.documents, strict=True):
        assert line.sum == int(document["Сумма"] * 100)
        assert line.date == document["Дата"]
        assert line.credited == document.get("ДатаПоступило")
        assert (line.number, line.own_account) == (document["Номер"], document["ПолучательСчет"])
        assert (line.payer, line.payer_account) == (document["Плательщик1"], document["ПлательщикСчет"])
        assert (line.purpose, line.kind) == (document["НазначениеПлатежа"], document["ВидДокумента"])


def test_client_bank_exchange_1c_reads_the_same(path: Path) -> None:
    theirs = judge("client_bank_exchange_1c").Statement.from_text(
        path.read_bytes().decode("cp1251").replace("\r\n", "\n")
    )
    assert len(theirs.documents) == 200
    for line, document in zip(ours(path), theirs.documents, strict=True):
        assert line.sum == int(document.amount * 100)
        assert (line.number, line.date) == (document.number, document.date)
        assert (line.payer_account, line.own_account) == (document.payer.account, document.receiver.account)
        assert line.purpose == document.payment.purpose


def test_what_client_bank_1c_writes_we_read(tmp_path: Path) -> None:
    module = judge("client_bank_1c")
    document = {"ВидДокумента": "Платежное поручение", "Номер": "5", "Дата": "22.11.2026", "Сумма": "200.50",
                "ПлательщикСчет": "40817810000000000005",
                "НазначениеПлатежа": "л/с 5"}  # fmt: skip
    path = tmp_path / "theirs.txt"
    path.write_bytes(module.ClientBank1CDump()([document]))
    (line,) = ours(path)
    assert (line.sum, line.purpose) == (20050, "л/с 5")
