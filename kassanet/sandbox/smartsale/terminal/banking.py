"""The terminal and its bank: what is left over is told first, then the demand in hand.

Reversals are always in front: a terminal that could charge again before it has taken back what nobody acknowledged
could charge one customer twice.
"""

import trio

from kassanet.sandbox.smartsale.bank import Answer, Demand
from kassanet.sandbox.smartsale.bank.messages import HostOperation
from kassanet.sandbox.smartsale.cards import CARDS
from kassanet.sandbox.smartsale.terminal.device import Terminal
from kassanet.sandbox.smartsale.terminal.journal import OFFLINE, Entry, Undone, Uploaded
from kassanet.sandbox.smartsale.terminal.way import NoAnswer, NoLink, OwnWay, Way, ask_bank


async def ask(terminal: Terminal, way: Way, demand: Demand) -> Answer:
    """Raises :class:`NoLink` or :class:`NoAnswer`."""
    return await ask_bank(way, demand, terminal.settings.host_seconds)


async def tell_leftovers(terminal: Terminal, way: Way) -> bool:
    """Reverse what is to be reversed and tell what the bank does not know; false when it does not answer."""
    try:
        for entry in terminal.left_open():
            await (_upload(terminal, way, entry) if entry.untold else reverse(terminal, way, entry))
    except (NoLink, NoAnswer):
        return False
    return True


async def reverse(terminal: Terminal, way: Way, entry: Entry) -> None:
    """Take an operation back for good. May be repeated. Raises :class:`NoLink` or :class:`NoAnswer`."""
    if entry.status != OFFLINE:
        op: HostOperation = "emergency_void" if entry.recalled else "reversal"
        await ask(terminal, way, Demand(op=op, tid=terminal.tid, stan=entry.began.stan, amount=entry.began.amount))
    terminal.journal.write(Undone(entry.began.number))


async def _upload(terminal: Terminal, way: Way, entry: Entry) -> None:
    began = entry.began
    card = next((each for each in CARDS.values() if each.brand == began.brand), CARDS["mir"])
    demand = Demand(op="payment", tid=terminal.tid, stan=began.stan, amount=began.amount, pan=card.pan, offline=True)
    answer = await ask(terminal, way, demand)
    terminal.journal.write(Uploaded(began.number, answer.rrn))


async def tell_leftovers_for_ever(terminal: Terminal) -> None:
    """What a terminal with its own link does whenever nobody asks it for anything. Runs beside its service."""
    assert terminal.dialer is not None
    way = OwnWay(terminal.dialer, terminal.settings.connect_seconds)
    while True:
        await terminal.power.restored()
        with terminal.power.on():
            while True:
                await terminal.until_left_open()
                async with terminal.banking:
                    told = await tell_leftovers(terminal, way)
                if not told:
                    await trio.sleep(terminal.settings.reversal_seconds)
