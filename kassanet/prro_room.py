"""Everything about software registers that lives beside the registers: agents, cashiers, questions to the tax service.

Built once by :mod:`kassanet.app`, in the order in which the parts need each other; the edge is handed what it shows.
"""

import time
from collections.abc import Sequence

from quart import Blueprint

from actors.hub import Hub
from actors.journal import Reader
from actors.runtime import ChildSpec, Supervisor
from kassanet.agent_watch import AgentBoard, AgentWatch
from kassanet.cashiers import Cashiers
from kassanet.edge.cashdesk.blueprint import cashdesk_blueprint
from kassanet.edge.prro import prro_blueprint
from kassanet.edge.prro_agents import agents_blueprint
from kassanet.edge.prro_cashiers import cashiers_blueprint
from kassanet.edge.prro_documents import DocumentDesk
from kassanet.edge.prro_questions import questions_blueprint
from kassanet.edge.rates import Rates
from kassanet.edge.settings import Trust
from kassanet.fleet import Fleet
from kassanet.metrics.prro import MeasuredSigners, PrroMeasured
from kassanet.prro_wiring import PrroParts
from kassanet.prros import Prros
from kassanet.tax_desk import TaxDesk


class PrroRoom:
    """``prros`` are the registers, ``cashiers`` who may use them from outside, ``tax_desk`` what may be asked."""

    def __init__(self, parts: PrroParts, root: Supervisor, reader: Reader, hub: Hub, measured: PrroMeasured) -> None:
        journal = root.ref("journal")
        self.parts = parts
        parts.tax_service.wire.measure = measured.exchange
        signers = MeasuredSigners(parts.agents, measured.signature)
        self.prros = Prros(root, reader, hub, parts.settings, time.time, parts.tax_service, signers, parts.patience)
        self.cashiers = Cashiers(journal, reader, parts.agents, time.time, parts.cashiers)
        self.tax_desk = TaxDesk(parts.tax_service, parts.agents, parts.patience)
        self.board = AgentBoard(parts.agents, hub)
        self._root, self._reader = root, reader

    async def start(self) -> None:
        """Who signs, who asks, then the registers. A second call goes on where the first one failed."""
        if not self.parts.is_on:
            await self.prros.leave()
            return
        if self.parts.local is not None:
            await self.parts.local.start(self._root)
        await self.cashiers.start()
        await self.prros.start()

    def watchers(self) -> Sequence[ChildSpec]:
        """What runs beside the registers."""
        every = self.parts.agents_every
        return (
            (ChildSpec("agents", lambda: AgentWatch(self.board, every), stop_within=0.1),) if self.parts.is_on else ()
        )

    def blueprints(self, fleet: Fleet, rates: Rates, trust: Trust) -> Sequence[Blueprint]:
        """The routes over all of it. ``rates`` are those of all tokens."""
        return (
            prro_blueprint(self.prros, fleet, self.parts, DocumentDesk(self.prros, fleet, self._reader)),
            agents_blueprint(self.board, self.prros.rows),
            cashiers_blueprint(self.cashiers, self.parts),
            cashdesk_blueprint(self.cashiers, self.prros, self._reader, rates, trust, self.tax_desk),
            questions_blueprint(self.tax_desk, self.cashiers, self.prros, self.parts, fleet),
        )
