"""What moves no money: the connection check, a balance, a card's data."""

from kassanet.sandbox.smartsale.bank import Answer, Demand
from kassanet.sandbox.smartsale.bank.rules import APPROVED as CODE_APPROVED
from kassanet.sandbox.smartsale.cards import Card
from kassanet.sandbox.smartsale.terminal.asked import ROUBLES, Refuse
from kassanet.sandbox.smartsale.terminal.journal import APPROVED, NO_LINK
from kassanet.sandbox.smartsale.terminal.operations.checks import check_terminal
from kassanet.sandbox.smartsale.terminal.paper import roubles, row
from kassanet.sandbox.smartsale.terminal.reply import Fields, Reply, printed, reply
from kassanet.sandbox.smartsale.terminal.way import NoAnswer, NoLink
from kassanet.sandbox.smartsale.terminal.work import Work
from transports.smartsale.fields import AMOUNT, CURRENCY, PAN, RESPONSE_CODE, SLIPS, TEXT
from transports.smartsale.message import masked_pan
from transports.smartsale.slips import SlipData, write_slips


async def check_connection(work: Work) -> Reply:
    """The answer tells the terminal's real id, whatever id was asked for."""
    terminal = work.terminal
    async with terminal.banking:
        await work.tell_leftovers()
        if terminal.settings.echoes_host and work.asked.terminal_id in (None, terminal.tid):
            await _ask(work, Demand(op="echo", tid=terminal.tid, stan=0))
    return reply(work, APPROVED, {SLIPS: printed("СВЯЗЬ С БАНКОМ УСТАНОВЛЕНА"), TEXT: "СВЯЗЬ ЕСТЬ"})


async def tell_balance(work: Work) -> Reply:
    """In field 0, and on the slip."""
    check_terminal(work.terminal, work.asked)
    scenario = await work.card()
    async with work.terminal.banking:
        demand = Demand(op="balance", tid=work.terminal.tid, stan=0, pan=scenario.card.pan, issuer=scenario.issuer)
        answer = await _ask(work, demand)
    if answer.code != CODE_APPROVED or answer.balance is None:
        raise Refuse("ОТКАЗАНО", code=answer.code)
    text = "\n".join([row("КАРТА", masked_pan(scenario.card.pan)), row("ДОСТУПНО (РУБ)", roubles(answer.balance))])
    money: Fields = {AMOUNT: max(0, answer.balance), CURRENCY: ROUBLES, RESPONSE_CODE: answer.code}
    return reply(work, APPROVED, {**money, PAN: masked_pan(scenario.card.pan), SLIPS: printed(text)})


async def read_card(work: Work) -> Reply:
    """The masked number, and what kind of card it is."""
    check_terminal(work.terminal, work.asked)
    card: Card = (await work.card()).card
    return reply(
        work, APPROVED, {PAN: masked_pan(card.pan), SLIPS: write_slips(SlipData(card_type=card.brand, aid=card.aid))}
    )


async def _ask(work: Work, demand: Demand) -> Answer:
    try:
        return await work.ask(demand)
    except (NoLink, NoAnswer):
        raise Refuse("НЕТ СВЯЗИ С БАНКОМ", NO_LINK) from None
