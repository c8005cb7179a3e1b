"""Registries of payments of any length and the same for the same seed, in pieces of bytes, in the known layouts."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct

FIRST = datetime(2026, 11, 22, 8, 0, 0)
_NAMES = ("ИВАНОВ ИВАН ИВАНОВИЧ", "ПЕТРОВА АННА", "Щербаков Ёжи", "Ким Ю")


class Row(Struct, frozen=True):
    """A payment of a registry. Sums in kopecks: what the payer paid, what the bank hands over, its fee."""

    id: str
    at: datetime
    account: str
    payer: str
    sum: int
    transfer: int
    fee: int


def rows(count: int, seed: int = 0) -> Iterator[Row]:
    """The payments, ids counted through."""
    random = Random(seed)
    for number in range(1, count + 1):
        amount = random.randrange(100, 500_000)
        fee = amount // 100
        account = f"{100_000 + random.randrange(300_000)}"
        at = FIRST + timedelta(seconds=number)
        yield Row(f"{seed:04d}{number:012d}", at, account, random.choice(_NAMES), amount, amount - fee, fee)


def registry(
    layout: str, count: int, seed: int = 0, *, encoding: str = "cp1251", newline: str = "\r\n"
) -> Iterator[bytes]:
    """The file in pieces; ``layout`` is a key of :data:`LAYOUTS`, raises ``KeyError`` for another."""
    head, write, tail = LAYOUTS[layout]
    totals = [0, 0, 0, 0]
    gathered = list(head)
    for row in rows(count, seed):
        totals = [total + more for total, more in zip(totals, (1, row.sum, row.transfer, row.fee), strict=True)]
        gathered.append(write(row))
        if len(gathered) > 1000:
            yield (newline.join(gathered) + newline).encode(encoding)
            gathered = []
    gathered += tail(totals)
    if gathered:
        yield (newline.join(gathered) + newline).encode(encoding)


def _point(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def _comma(amount: int) -> str:
    return f"{amount // 100},{amount % 100:02d}"


def _eps(row: Row) -> str:
    sums = ";".join(_comma(amount) for amount in (row.sum, row.transfer, row.fee))
    return f"{row.at:%d-%m-%Y;%H-%M-%S};8047;1234;{row.id};{row.account};{row.payer};Мира, 1;1126;{sums}"


def _eps_trailer(totals: list[int]) -> list[str]:
    count, *sums = totals
    return [f"={count};{';'.join(_comma(total) for total in sums)};77;22-11-2026"]


def _sber(row: Row) -> str:
    return f"{row.payer} л/с {row.account};{row.at:%d.%m.%Y};{_point(row.sum)};{row.id}"


def _clientno(row: Row) -> str:
    return f"8047;1234;{row.payer};CLIENTNO:{row.account};{row.at:%d/%m/%Y};{row.id};{_point(row.sum)}"


def _lanbilling(row: Row) -> str:
    return f"{row.account};{row.id};{row.at:%Y-%m-%d};{_point(row.sum)};;;{row.payer};77"


def _nothing(totals: list[int]) -> list[str]:
    return []


LAYOUTS: dict[str, tuple[list[str], Callable[[Row], str], Callable[[list[int]], list[str]]]] = {
    "eps": ([], _eps, _eps_trailer),
    "sber-txt": (["# Реестр платежей", "# плательщик;дата;сумма;номер"], _sber, _nothing),
    "clientno": ([], _clientno, _nothing),
    "lanbilling": (["40702810900000000001"], _lanbilling, _nothing),
}
"""The layouts whose profiles come with kassanet: what stands before the payments, a payment, what stands after."""
