"""What is known of each site now, and its place on the hub: live while the link is up, dated once it is cut."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from actors.hub import Hub
from schemas.site_link import Hello, LinkCircuit, LinkKkt, States
from schemas.site_records import LastHeard, StoredSite
from schemas.sites import SiteCondition, SiteKkt, SiteState, qualified, site_kkt

if TYPE_CHECKING:
    from kassanet.sites.link import SiteLink

MOST_REGISTERS = 4096
"""Registers that one site may show; a site that tells of more is not read on."""

_registers = msgspec.json.Decoder(tuple[LinkKkt, ...])
_circuits = msgspec.json.Decoder(tuple[LinkCircuit, ...])
_heard = msgspec.json.Decoder(LastHeard)
_encode = msgspec.json.Encoder().encode


class TooMany(Exception):
    """The site tells of more than a site can have."""


class Board:
    """One site. ``bound`` gives the circuit here that stands for one of its circuits."""

    def __init__(
        self, row: StoredSite, hub: Hub, clock: Callable[[], float], bound: Callable[[int, int], int | None]
    ) -> None:
        self.row = row
        self.link: SiteLink | None = None
        self.address: str | None = None
        self.lag: float | None = None
        self.connected_since: float | None = None
        self.reconnects = 0
        self.owed = 0
        self.behind = 0
        self.unknown_commands = 0
        self.heard = _last_heard(row)
        self.seen_at = row.seen_at
        self.away_since = row.seen_at
        self.circuits: dict[int, LinkCircuit] = {}
        self._registers: dict[str, LinkKkt] = {}
        self._named: set[str] | None = None
        self._hub = hub
        self._clock = clock
        self._bound = bound
        self._recall()

    # -- looking ----------------------------------------------------------------------------------

    @property
    def condition(self) -> SiteCondition:
        if self.row.revoked_at is not None:
            return "revoked"
        if self.link is not None:
            return "connected"
        return "never" if self.away_since is None else "away"

    @property
    def state(self) -> SiteState:
        row, heard = self.row, self.heard
        connected = self.link is not None
        return SiteState(
            row.id, row.name, row.inn, self.condition, self.connected_since, None if connected else self.away_since,
            self.seen_at, heard.rev or None, self.lag if connected else None, len(self._registers),
            heard.version or None, heard.receipts if heard.version else None, heard.commands, self.address,
            self.reconnects, self.owed, self.behind, self.unknown_commands,
        )  # fmt: skip

    def registers(self) -> Sequence[SiteKkt]:
        return [self._shown(kkt) for kkt in self._registers.values()]

    def register(self, eip: str) -> SiteKkt | None:
        kkt = self._registers.get(eip)
        return None if kkt is None else self._shown(kkt)

    def inn_of(self, circuit_id: object) -> str | None:
        """Whose one of the site's circuits is."""
        circuit = self.circuits.get(circuit_id) if isinstance(circuit_id, int) else None
        return self.row.inn if circuit is None else circuit.inn

    def last_heard(self) -> bytes:
        """What is kept for the time after a restart."""
        kept = msgspec.structs.replace(
            self.heard,
            registers=_encode(tuple(self._registers.values())),
            circuits=_encode(tuple(self.circuits.values())),
        )
        return _encode(kept)

    # -- hearing ----------------------------------------------------------------------------------

    def connected(self, link: "SiteLink", hello: Hello, address: str | None) -> None:
        self.link, self.address = link, address
        self.connected_since = self.seen_at = self._clock()
        self.heard = msgspec.structs.replace(
            self.heard, version=hello.version, receipts=hello.receipts, commands=hello.commands
        )
        self._show_registers()
        self.show()

    def cut(self) -> None:
        """The link is gone: what is shown was true until now."""
        self.link, self.connected_since, self.lag, self._named = None, None, None, None
        self.away_since = self.seen_at = self._clock()
        self.reconnects += 1
        self._show_registers()
        self.show()

    def told(self, states: States) -> None:
        """Raises :class:`TooMany`. What belongs to an organisation that the site may not serve is passed over."""
        if states.circuits is not None:
            self.circuits = {each.id: each for each in states.circuits if self._may(each.inn)}
        if states.first:
            self._named = set()
        for kkt in states.registers:
            self._tell(kkt)
        for eip in states.gone:
            self._drop(eip)
        if not states.more:
            self._end_snapshot()
            self.heard = msgspec.structs.replace(self.heard, rev=states.rev)
            self.show()

    def show(self) -> None:
        """Let those who watch see the site."""
        if self._hub.last("sites", self.row.name) != self.state:
            self._hub.publish("sites", self.row.name, self.state, inn=self.row.inn)

    def show_again(self) -> None:
        """A circuit was bound: registers are shown with it."""
        self._show_registers()

    # -- inside -----------------------------------------------------------------------------------

    def _may(self, inn: str) -> bool:
        return self.row.inn is None or self.row.inn == inn

    def _tell(self, kkt: LinkKkt) -> None:
        eip = kkt.state.eip
        if self._named is not None:
            self._named.add(eip)
        if not self._may(kkt.inn):
            return
        if eip not in self._registers and len(self._registers) >= MOST_REGISTERS:
            raise TooMany(f"more than {MOST_REGISTERS} registers")
        former = self._registers.get(eip)
        if former is not None and former.inn != kkt.inn:
            self._hub.forget("kkt", qualified(self.row.name, eip))  # who saw it so far shall see that it is gone
        self._registers[eip] = kkt
        self._publish(kkt)

    def _drop(self, eip: str) -> None:
        if self._registers.pop(eip, None) is not None:
            self._hub.forget("kkt", qualified(self.row.name, eip))

    def _end_snapshot(self) -> None:
        named, self._named = self._named, None
        if named is not None:
            for eip in self._registers.keys() - named:
                self._drop(eip)

    def _show_registers(self) -> None:
        for kkt in self._registers.values():
            self._publish(kkt)

    def _publish(self, kkt: LinkKkt) -> None:
        shown = self._shown(kkt)
        self._hub.publish("kkt", shown.eip, shown, inn=kkt.inn)

    def _shown(self, kkt: LinkKkt) -> SiteKkt:
        circuit_id = self._bound(self.row.id, kkt.state.circuit_id)
        return site_kkt(self.row.name, kkt.inn, kkt.state, circuit_id, None if self.link else self.away_since)

    def _recall(self) -> None:
        """What was known before this start; what another version wrote and cannot be read is forgotten."""
        try:
            self.circuits = {each.id: each for each in _circuits.decode(self.heard.circuits)}
            self._registers = {each.state.eip: each for each in _registers.decode(self.heard.registers)}
        except msgspec.MsgspecError:
            self.heard, self.circuits, self._registers = LastHeard(), {}, {}
        self._show_registers()
        self.show()


def _last_heard(row: StoredSite) -> LastHeard:
    try:
        return LastHeard() if row.said is None else _heard.decode(row.said)
    except msgspec.MsgspecError:
        return LastHeard()
