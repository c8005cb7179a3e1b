"""The emergency void: the last operation is taken back, without a card and without further data.

Only the last one, only if it was approved, and never a void: the maker's own rules. A conversation with the bank that
breaks off leaves it undefined here too, and the terminal goes on telling the bank until it has heard.
"""

from msgspec.structs import replace

from kassanet.sandbox.smartsale.terminal import banking
from kassanet.sandbox.smartsale.terminal.asked import Asked, Refuse
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.journal import APPROVED, NO_LINK, UNDEFINED, Entry, Kept, Recalled
from kassanet.sandbox.smartsale.terminal.operations.checks import check_terminal
from kassanet.sandbox.smartsale.terminal.reply import Reply, refusal, success
from kassanet.sandbox.smartsale.terminal.way import NoAnswer, NoLink
from kassanet.sandbox.smartsale.terminal.work import Work


async def void_last(work: Work) -> Reply:
    """Operation 53."""
    check_terminal(work.terminal, work.asked)
    async with work.terminal.banking:
        await work.tell_leftovers()
        entry = _last(work.terminal, work.asked)
        if not entry.undone:
            try:
                await _recall(work, entry)
            except Refuse as refuse:
                return refusal(work, refuse, entry)
    return replace(success(work, entry, "ОПЕРАЦИЯ ОТМЕНЕНА"), entry=None)


def _last(terminal: Terminal, asked: Asked) -> Entry:
    """The operation to be voided; refuses where there is none, or not this one."""
    entry = terminal.journal.last
    if entry is None or entry.began.kind == "void":
        raise Refuse("НЕЧЕГО ОТМЕНЯТЬ")
    if asked.amount not in (None, entry.began.amount) or not _is_named(terminal, asked, entry):
        raise Refuse("НЕ ПОСЛЕДНЯЯ ОПЕРАЦИЯ")
    if entry.undone and entry.status in (APPROVED, None) and terminal.settings.repeats_emergency_void:
        return entry
    if entry.status != APPROVED or not entry.stands:
        raise Refuse("НЕЧЕГО ОТМЕНЯТЬ")
    return entry


def _is_named(terminal: Terminal, asked: Asked, entry: Entry) -> bool:
    if not terminal.settings.checks_number or asked.number is None or entry.began.cash_number is None:
        return True
    return asked.number == entry.began.cash_number


async def _recall(work: Work, entry: Entry) -> None:
    terminal, number = work.terminal, entry.began.number
    terminal.in_hand = entry
    terminal.journal.write(Recalled(number))
    try:
        await banking.reverse(terminal, work.way, entry)
    except NoLink:
        terminal.journal.write(Kept(number))
        raise Refuse("НЕТ СВЯЗИ С БАНКОМ", NO_LINK) from None
    except NoAnswer:
        raise Refuse("НЕТ ОТВЕТА БАНКА", UNDEFINED) from None
