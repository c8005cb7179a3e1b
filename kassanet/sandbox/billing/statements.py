"""Statements in 1CClientBankExchange, of any length and the same for the same seed, in pieces of bytes.

Among the payments of people stand, where wanted, what a real statement has: money that goes out, transfers between own
accounts, payments of companies, and the lump sum of a registry. Totals are those of the documents.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from msgspec import Struct

OWN = "40702810900000000001"
OWN_INN = "7700000016"
OTHER_OWN = "40702810200000000002"
FIRST_DAY = date(2026, 11, 1)
_NAMES = ("Иванов Иван Иванович", "Петрова Анна Сергеевна", "Щербаков Ёжи", "ЦОЙ ВИКТОР РОБЕРТОВИЧ", "Ким Ю")


class Payment(Struct, frozen=True):
    """A document of a statement. ``sum`` in kopecks; ``account`` is whom it is for, None where no one is."""

    number: int
    day: date
    sum: int
    payer: str
    payer_account: str
    payer_inn: str
    purpose: str
    account: str | None
    outgoing: bool = False


def payments(count: int, seed: int = 0, others: float = 0.1) -> Iterator[Payment]:
    """``others`` is the part that is no payment of a person."""
    random = Random(seed)
    for number in range(1, count + 1):
        day = FIRST_DAY + timedelta(days=number % 28)
        amount = random.randrange(100, 500_000)
        yield _other(random, number, day, amount) if random.random() < others else _person(random, number, day, amount)


def _person(random: Random, number: int, day: date, amount: int) -> Payment:
    account = f"{100_000 + random.randrange(300_000)}"
    purpose = f"Оплата услуг связи, л/с {account}, платеж {number}"
    payer_account = f"40817810{random.randrange(10**12):012d}"
    return Payment(number, day, amount, random.choice(_NAMES), payer_account, "", purpose, account)


def _other(random: Random, number: int, day: date, amount: int) -> Payment:
    kind = random.randrange(4)
    if kind == 0:
        return Payment(number, day, amount, "ООО Связь", OWN, OWN_INN, "Аренда", None, outgoing=True)
    if kind == 1:
        return Payment(number, day, amount, "ООО Связь", OTHER_OWN, OWN_INN, "Перевод собственных средств", None)
    if kind == 2:
        company = "40702810300000000099"
        return Payment(number, day, amount, "ООО Клиент", company, "7711111117", f"По договору {number}", None)
    lump = f"Возмещение по реестру N {number} платежей физлиц"
    return Payment(number, day, amount, "ПАО СБЕРБАНК", "30233810642000600001", "7707083893", lump, None)


def statement(
    count: int, seed: int = 0, *, encoding: str = "cp1251", newline: str = "\r\n", others: float = 0.1
) -> Iterator[bytes]:
    """The file in pieces."""
    said = {"cp1251": "Windows", "cp866": "DOS"}.get(encoding, "UTF-8")
    came = went = 0
    for payment in payments(count, seed, others):
        came, went = came + payment.sum * (not payment.outgoing), went + payment.sum * payment.outgoing

    def piece(lines: list[str]) -> bytes:
        return (newline.join(lines) + newline).encode(encoding)

    yield piece(_header(said, came, went))
    gathered: list[str] = []
    for payment in payments(count, seed, others):
        gathered += _document(payment)
        if len(gathered) > 1000:
            yield piece(gathered)
            gathered = []
    yield piece([*gathered, "КонецФайла"])


def _header(encoding: str, came: int, went: int) -> list[str]:
    last = FIRST_DAY + timedelta(days=27)
    return [
        "1CClientBankExchange",
        "ВерсияФормата=1.03",
        f"Кодировка={encoding}",
        "Отправитель=Банк",
        "Получатель=Бухгалтерия",
        f"ДатаСоздания={last:%d.%m.%Y}",
        "ВремяСоздания=18:00:00",
        f"ДатаНачала={FIRST_DAY:%d.%m.%Y}",
        f"ДатаКонца={last:%d.%m.%Y}",
        f"РасчСчет={OWN}",
        "СекцияРасчСчет",
        f"ДатаНачала={FIRST_DAY:%d.%m.%Y}",
        f"ДатаКонца={last:%d.%m.%Y}",
        f"РасчСчет={OWN}",
        "НачальныйОстаток=0.00",
        f"ВсегоПоступило={_roubles(came)}",
        f"ВсегоСписано={_roubles(went)}",
        f"КонечныйОстаток={_roubles(came - went)}",
        "КонецРасчСчет",
    ]


def _document(payment: Payment) -> list[str]:
    receiver = "40702810300000000077" if payment.outgoing else OWN
    booked = "ДатаСписано" if payment.outgoing else "ДатаПоступило"
    return [
        "СекцияДокумент=Платежное поручение",
        f"Номер={payment.number % 1000}",
        f"Дата={payment.day:%d.%m.%Y}",
        f"Сумма={_roubles(payment.sum)}",
        f"ПлательщикСчет={payment.payer_account}",
        f"Плательщик={payment.payer}",
        f"ПлательщикИНН={payment.payer_inn}",
        f"Плательщик1={payment.payer}",
        "ПлательщикБИК=044525225",
        f"ПолучательСчет={receiver}",
        f"{booked}={payment.day:%d.%m.%Y}",
        "Получатель=ООО Связь",
        f"ПолучательИНН={OWN_INN}",
        "ВидПлатежа=Электронно",
        "ВидОплаты=01",
        "Очередность=5",
        f"НазначениеПлатежа={payment.purpose}",
        "КонецДокумента",
    ]


def _roubles(amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"
