"""What is printed: settlement, reports and copies of slips."""

from kassanet.sandbox.smartsale.bank import Demand
from kassanet.sandbox.smartsale.terminal.asked import Refuse
from kassanet.sandbox.smartsale.terminal.journal import APPROVED, INTERRUPTED, NO_LINK, UNDEFINED, Entry, Settled
from kassanet.sandbox.smartsale.terminal.operations.checks import check_terminal
from kassanet.sandbox.smartsale.terminal.paper import report
from kassanet.sandbox.smartsale.terminal.reply import Fields, Reply, printed, reply, slips
from kassanet.sandbox.smartsale.terminal.way import NoAnswer, NoLink
from kassanet.sandbox.smartsale.terminal.work import Work
from transports.smartsale.fields import AMOUNT, AUTH_CODE, LOCAL_TIME, NUMBER, RRN, SLIPS, TEXT

LAST = 1


async def settle(work: Work) -> Reply:
    """Compare totals with the bank, close the batch, clear the journal; may be repeated after a lost answer."""
    terminal = work.terminal
    check_terminal(terminal, work.asked)
    async with terminal.banking:
        await work.tell_leftovers()
        totals, batch = terminal.journal.totals(), terminal.journal.batch
        try:
            answer = await work.ask(Demand(op="settlement", tid=terminal.tid, stan=batch, totals=totals))
        except (NoLink, NoAnswer):
            raise Refuse("НЕТ СВЯЗИ С БАНКОМ", NO_LINK) from None
        entries = list(terminal.journal.entries.values())
        terminal.journal.write(Settled(batch))
    agree = answer.totals == totals
    end = [f"ПАКЕТ {batch}", "ИТОГИ СОВПАЛИ" if agree else "ИТОГИ НЕ СОВПАЛИ"]
    text = report("СВЕРКА ИТОГОВ", terminal.tid, terminal.now(), totals, entries, end)
    return reply(work, APPROVED, {SLIPS: printed(text), TEXT: end[-1]})


async def print_short_report(work: Work) -> Reply:
    return _report(work, "КРАТКИЙ ОТЧЕТ", [])


async def print_full_report(work: Work) -> Reply:
    return _report(work, "ПОЛНЫЙ ОТЧЕТ", list(work.terminal.journal.entries.values()))


def _report(work: Work, title: str, entries: list[Entry]) -> Reply:
    terminal = work.terminal
    check_terminal(terminal, work.asked)
    text = report(title, terminal.tid, terminal.now(), terminal.journal.totals(), entries)
    return reply(work, APPROVED, {SLIPS: printed(text)})


async def copy_slip(work: Work) -> Reply:
    """By its number, or the last one; the answer says nothing of the operation but the slip, unless so set."""
    check_terminal(work.terminal, work.asked)
    entry = _entry(work)
    if entry is None:
        raise Refuse("НЕТ ТАКОГО ЧЕКА", INTERRUPTED)
    fields: Fields = {SLIPS: slips(work, entry, copy=True)}
    if not work.terminal.settings.copy_details:
        return reply(work, APPROVED, fields)
    began, decided = entry.began, entry.decided
    fields |= {AMOUNT: began.amount, NUMBER: began.cash_number, LOCAL_TIME: began.at}
    if decided is not None:
        fields |= {AUTH_CODE: decided.auth, RRN: decided.rrn}
    return reply(work, _standing(entry), fields)


def _entry(work: Work) -> Entry | None:
    journal, number = work.terminal.journal, work.asked.slip_number
    if work.asked.mode == LAST:
        return journal.last
    return journal.entries.get(int(number)) if number is not None and number.isdecimal() else None


def _standing(entry: Entry) -> int:
    status = entry.status
    return UNDEFINED if status is None or (status == APPROVED and not entry.stands) else status
