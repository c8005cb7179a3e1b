"""Operations that move money: journalled before the bank is asked, approved only by its word."""

from typing import cast

from kassanet.sandbox.smartsale.bank import Answer, Demand
from kassanet.sandbox.smartsale.bank.ledger import CREDITS, DEBITS
from kassanet.sandbox.smartsale.bank.messages import HostOperation
from kassanet.sandbox.smartsale.bank.rules import APPROVED as CODE_APPROVED
from kassanet.sandbox.smartsale.bank.rules import PARTIAL
from kassanet.sandbox.smartsale.cards import Scenario
from kassanet.sandbox.smartsale.terminal import banking
from kassanet.sandbox.smartsale.terminal.asked import Asked, Refuse
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.journal import (
    APPROVED,
    INTERRUPTED,
    NO_LINK,
    OFFLINE,
    OWN_NUMBERS,
    REFUSED,
    Began,
    Decided,
    Entry,
)
from kassanet.sandbox.smartsale.terminal.operations.checks import check_money
from kassanet.sandbox.smartsale.terminal.reply import Reply, refusal, success
from kassanet.sandbox.smartsale.terminal.way import NoAnswer, NoLink
from kassanet.sandbox.smartsale.terminal.work import Work
from transports.smartsale.message import masked_pan

PIN_BLOCK = bytes.fromhex("7A4C019DE2F35B86")
"""Of no PIN: something that looks like the secret it stands for, to be found where it must not be."""


async def move_money(work: Work) -> Reply:
    """Payment, void, refund, pre-authorisation, completion, top-up, cash withdrawal."""
    amount = check_money(work.terminal, work.asked)
    async with work.terminal.banking:
        await work.tell_leftovers()
    scenario = await work.card()
    async with work.terminal.banking:
        entry = work.terminal.journal.begin(_began(work.terminal, work.asked, amount, scenario))
        work.terminal.in_hand = entry
        try:
            await _decide(work, entry, scenario)
        except Refuse as refuse:
            return refusal(work, refuse, entry)
    if entry.status == OFFLINE:
        return success(work, entry, "ПРОВЕДЕНО ОФЛАЙН", OFFLINE)
    status = work.terminal.settings.void_status if entry.began.kind == "void" else APPROVED
    return success(work, entry, status=status)


def _began(terminal: Terminal, asked: Asked, amount: int, scenario: Scenario) -> Began:
    assert asked.kind is not None
    number = terminal.journal.number + 1
    return Began(
        number=number,
        kind=asked.kind,
        stan=OWN_NUMBERS + number if asked.number is None else asked.number,
        amount=amount,
        at=terminal.now(),
        side=_side(terminal, asked),
        cash_number=asked.number,
        of=asked.rrn,
        pan=masked_pan(scenario.card.pan),
        brand=scenario.card.brand,
        aid=scenario.card.aid,
    )


def _side(terminal: Terminal, asked: Asked) -> int:
    if asked.kind == "void":
        original = terminal.journal.by_rrn(asked.rrn)
        return -1 if original is None else -original.began.side
    return (asked.kind in DEBITS) - (asked.kind in CREDITS)


async def _decide(work: Work, entry: Entry, scenario: Scenario) -> None:
    """Have the operation approved, and keep that in the journal; refuses where it is not."""
    if scenario.act == "offline":
        _keep(work, entry, Decided(number=entry.began.number, status=OFFLINE))
        return
    answer = await _ask(work, entry, scenario)
    await work.answered(entry, answer)
    if answer.code == PARTIAL or (answer.code == CODE_APPROVED and scenario.act == "removed_late"):
        await _take_back(work, entry)
        raise (
            Refuse("ЧАСТИЧНОЕ ОДОБРЕНИЕ", code=PARTIAL)
            if answer.code == PARTIAL
            else Refuse("КАРТА ИЗВЛЕЧЕНА", INTERRUPTED)
        )
    approved = answer.code == CODE_APPROVED
    decided = Decided(
        number=entry.began.number,
        status=APPROVED if approved else REFUSED,
        code=answer.code,
        rrn=answer.rrn,
        auth=answer.auth,
        host_at=answer.at or None,
    )
    _keep(work, entry, decided)
    if not approved:
        raise Refuse("ОТКАЗАНО", code=answer.code)


async def _ask(work: Work, entry: Entry, scenario: Scenario) -> Answer:
    try:
        if scenario.act == "no_host":
            raise NoLink
        return await work.ask(_demand(work, entry, scenario))
    except NoLink:
        _keep(work, entry, Decided(number=entry.began.number, status=NO_LINK))
        raise Refuse("НЕТ СВЯЗИ С БАНКОМ", NO_LINK) from None
    except NoAnswer:  # the journal says that the bank was asked, and so it will be told to forget it
        raise Refuse("НЕТ ОТВЕТА БАНКА", NO_LINK) from None


def _demand(work: Work, entry: Entry, scenario: Scenario) -> Demand:
    began, asked = entry.began, work.asked
    return Demand(
        op=cast("HostOperation", began.kind),
        tid=work.terminal.tid,
        stan=began.stan,
        amount=began.amount,
        rrn=asked.rrn,
        auth=asked.auth,
        pan=scenario.card.pan,
        track2=scenario.card.track2,
        pin_block=PIN_BLOCK if began.amount >= work.terminal.settings.pin_above else None,
        issuer=scenario.issuer,
    )


async def _take_back(work: Work, entry: Entry) -> None:
    """The bank approved what cannot stand. Where it does not hear that now, it will be told later."""
    try:
        await banking.reverse(work.terminal, work.way, entry)
    except (NoLink, NoAnswer):
        return


def _keep(work: Work, entry: Entry, decided: Decided) -> None:
    assert entry.began.number == decided.number
    work.terminal.journal.write(decided)
