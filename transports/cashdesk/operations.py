"""From what CashDesk's programs ask to the operation of a register, or the reasons why it cannot be.

Nothing is guessed: the sums that a program reckoned must be those that come out here, and a letter must stand for the
tax that the program believes it to be.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from schemas.cashdesk import PaymentAsked, Product, SaleAsked, ServiceAsked, ShiftAsked, StornoAsked
from schemas.problems import FieldError
from schemas.prro import (
    CloseShift,
    Desk,
    Item,
    OpenShift,
    Payment,
    Refund,
    Sale,
    ServiceIn,
    ServiceOut,
    Slip,
    Storno,
)
from transports.cashdesk.spellings import action, words_for
from transports.prro.composing import CASH, sale_total

CASH_STEP = 10
"""Kopecks to which cash is rounded: 1 to 4 down, 5 to 9 up."""

MOST_ROUNDING = 25
"""Kopecks that rounding may come to: CashDesk's public text speaks of a newer rule, which rounds to 50."""

_LOOKALIKES = str.maketrans("ABCEHIKMOPTX", "АВСЕНІКМОРТХ")
"""CashDesk's own samples spell the letters of taxes in Latin and in Cyrillic."""


class NotUnderstood(Exception):
    """``errors`` are located in the request, in our words for its fields."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{error.path} {error.message}" for error in errors))
        self.errors = errors


def shift_of(asked: ShiftAsked) -> OpenShift | CloseShift:
    """Raises :class:`NotUnderstood`."""
    return OpenShift() if _meaning(asked.action_type, "open_shift", "close_shift") == "open_shift" else CloseShift()


def service_of(asked: ServiceAsked) -> ServiceIn | ServiceOut:
    """Raises :class:`NotUnderstood`."""
    if _meaning(asked.action_type, "service_in", "service_out") == "service_in":
        return ServiceIn(sum=asked.total_sum)
    return ServiceOut(sum=asked.total_sum)


def storno_of(asked: StornoAsked) -> Storno:
    return Storno(of=asked.order_storno_num)


def sale_of(asked: SaleAsked, desk: Desk) -> Sale | Refund:
    """Raises :class:`NotUnderstood`."""
    is_return = _meaning(asked.action_type, "sale", "return") == "return"
    if is_return != (asked.order_ret_num is not None):
        message = "missing" if is_return else "stands in a check that is no return"
        raise NotUnderstood(FieldError("order_ret_num", message, "the fiscal number of the sale, in a return only"))
    goods: dict[str, Any] = {
        "items": _items(asked, desk),
        "payments": tuple(map(_payment, asked.payments)),
        "comment": asked.comment,
    }
    plain = Refund(of=asked.order_ret_num, **goods) if asked.order_ret_num else Sale(**goods)
    return msgspec.structs.replace(plain, rounding=_rounding(asked, sale_total(plain, desk)))


def rounded(kopecks: int) -> int:
    """Cash as it can be paid."""
    return (kopecks + CASH_STEP // 2) // CASH_STEP * CASH_STEP


def as_asked(error: FieldError) -> FieldError:
    """An objection to the operation, at the field of the request that it comes from."""
    path = re.sub(r"^items\b", "products", error.path)
    for ours, theirs in _FIELDS.items():
        path = re.sub(ours, theirs, path)
    return msgspec.structs.replace(error, path=path)


_FIELDS = {
    r"^rounding$": "round_sum",
    r"^sum$": "total_sum",
    r"\.quantity$": ".amount",
    r"\.discount$": ".discount_sum",
    r"\.unit$": ".unit_name",
    r"\.form$": ".code",
}


def _meaning(word: str, *known: str) -> str:
    found = action(word)
    if found not in known:
        raise NotUnderstood(FieldError("action_type", f"{word!r} is not known here", words_for(*known)))
    return found


def _rounding(asked: SaleAsked, unrounded: int) -> int:
    """What rounding adds. Raises :class:`NotUnderstood` unless all sums agree."""
    paid = sum(payment.sum for payment in asked.payments)
    cashless = sum(payment.sum for payment in asked.payments if payment.code != CASH)
    is_cash = any(payment.code == CASH for payment in asked.payments)
    expected = rounded(unrounded - cashless) - (unrounded - cashless) if is_cash else 0
    rounding = expected if asked.round_sum is None else asked.round_sum
    wrong = (
        *_sums(asked, unrounded, rounding, paid),
        *_cash(unrounded - cashless, rounding, expected, is_cash=is_cash),
    )
    if wrong:
        raise NotUnderstood(*wrong)
    return rounding


def _sums(asked: SaleAsked, unrounded: int, rounding: int, paid: int) -> Iterator[FieldError]:
    due = unrounded + rounding
    if asked.total_sum != due:
        yield FieldError("total_sum", f"is {asked.total_sum}", f"{due}: products of {unrounded}, rounded by {rounding}")
    elif paid != asked.total_sum:
        yield FieldError("payments", f"come to {paid}", f"exactly total_sum, {asked.total_sum}")


def _cash(cash: int, rounding: int, expected: int, *, is_cash: bool) -> Iterator[FieldError]:
    """Only cash is rounded, and cash always is."""
    if not is_cash and rounding:
        yield FieldError("round_sum", "stands where nothing is paid in cash", "0")
    elif abs(rounding) > MOST_ROUNDING or (is_cash and (cash + rounding) % CASH_STEP):
        yield FieldError("round_sum", f"is {rounding}", f"{expected}: cash is rounded to {CASH_STEP} kopecks")


def _items(asked: SaleAsked, desk: Desk) -> tuple[Item, ...]:
    found: list[Item] = []
    wrong: list[FieldError] = []
    for place, product in enumerate(asked.products):
        try:
            found.append(_item(product, desk))
        except NotUnderstood as reason:
            at = f"products[{place}]."
            wrong += [msgspec.structs.replace(error, path=at + error.path) for error in reason.errors]
    if wrong:
        raise NotUnderstood(*wrong)
    return tuple(found)


def _item(said: Product, desk: Desk) -> Item:
    fields: dict[str, Any] = {
        "name": said.name,
        "price": said.price,
        "quantity": _quantity(said.amount),
        "letters": _letters(said, desk),
        "discount": said.discount_sum,
        "code": None if said.code is None else str(said.code),
        "barcode": said.barcode,
        "uktzed": said.uktzed,
        "dkpp": said.dkpp,
        "unit_code": said.unit_code,
        "unit": said.unit_name,
        "comment": said.comment,
        "excise_labels": said.excise_labels,
    }
    try:
        item = msgspec.convert({name: value for name, value in fields.items() if value is not None}, Item)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        at = as_asked(FieldError(f"items.{path.rstrip('`')}", "")).path.removeprefix("products.")
        raise NotUnderstood(FieldError(at, "has not the form of its kind", message.lower())) from None
    if said.cost is not None and said.cost not in (item.cost, item.cost - item.reduction):
        raise NotUnderstood(FieldError("cost", f"is {said.cost}", f"{item.cost}, price by amount"))
    return item


def _quantity(said: float | str) -> str:
    try:
        value = Decimal(str(said))
        if value > 0 and value == round(value, 3) and value < 10**9:
            return f"{value:f}" if value != value.to_integral() else f"{value:.0f}"
    except InvalidOperation:
        pass
    raise NotUnderstood(FieldError("amount", f"{said!r} cannot be an amount", "more than 0, at most three places"))


def _letters(said: Product, desk: Desk) -> str:
    """The letters as the register's table has them."""
    percents = {rate.letter: rate.percent for rate in desk.taxes}
    wanted = said.letters or ""
    letters = "".join(each if each in percents else each.translate(_LOOKALIKES) for each in wanted)
    unknown = [each for each, ours in zip(wanted, letters, strict=True) if ours not in percents]
    if unknown:
        known = ", ".join(percents) or "none: it has no table of taxes"
        raise NotUnderstood(
            FieldError("letters", f"names unknown taxes {''.join(unknown)}", f"the register has {known}")
        )
    _must_be_percent(said, [percents[each] for each in letters])
    return letters


def _must_be_percent(said: Product, percents: list[int]) -> None:
    """One percentage is told beside the letters; it is that of one of them."""
    expected = ", ".join(f"{percent / 100:g}" for percent in percents) or "null"
    try:
        told = None if said.tax_prc is None else Decimal(str(said.tax_prc)) * 100
    except InvalidOperation:
        told = Decimal(-1)
    if told in percents or (told is None and not any(percents)) or (told == 0 and not percents):
        return
    raise NotUnderstood(FieldError("tax_prc", f"is {said.tax_prc!r}", f"{expected}, as the register's table has it"))


def _payment(said: PaymentAsked) -> Payment:
    slip = Slip(
        acquirer=said.bank_name,
        system=said.payment_system,
        terminal=said.terminal,
        card=said.card_mask,
        authorization=said.auth_code,
        transaction=said.rrn,
    )
    return Payment(
        form=said.code,
        sum=said.sum,
        provided=said.provided,
        name=said.name,
        slip=None if slip == Slip() else slip,
    )
