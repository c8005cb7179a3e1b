"""``/api/v1/alarms``: what needs a person now, most urgent first, and taking one on."""

from typing import Annotated

from msgspec import Meta, Struct
from quart import Blueprint, Response, request

from actors.hub import Hub
from actors.runtime import Supervisor
from kassanet.edge.alarms import TOPIC, by_urgency
from kassanet.edge.answers import answer
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode
from kassanet.edge.visibility import allowed
from kassanet.fleet import Fleet
from schemas.alarms import AcknowledgeAlarm, Alarm
from schemas.records import NotFound


class TakenOn(Struct, frozen=True, forbid_unknown_fields=True):
    """``POST …/acknowledge``."""

    note: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


def alarms_blueprint(hub: Hub, fleet: Fleet, root: Supervisor) -> Blueprint:
    """The routes over one hub; the actor ``alarms`` keeps what they show."""
    blueprint = Blueprint("alarms", __name__, url_prefix="/api/v1")

    def seen(access: Access, alarm: Alarm) -> bool:
        if alarm.circuit_id is None:
            return access.inn is None
        circuit = fleet.circuits.get(alarm.circuit_id)
        return circuit is not None and access.sees(circuit.inn, circuit.id)

    @blueprint.get("/alarms")
    async def alarms() -> Response:
        access = allowed("viewer")
        present = (alarm for alarm in hub.all(TOPIC).values() if isinstance(alarm, Alarm))
        return answer(by_urgency(alarm for alarm in present if seen(access, alarm)))

    @blueprint.post("/alarms/<path:key>/acknowledge")
    async def acknowledge(key: str) -> Response:
        access = allowed("operator")
        alarm = hub.last(TOPIC, key)
        if not isinstance(alarm, Alarm) or not seen(access, alarm):
            raise NotFound(f"alarm {key[:300]}; it may be over")
        body = await request.get_data()
        note = (decode(body, TakenOn) if body else TakenOn()).note
        taken = await root.ref("alarms").ask(AcknowledgeAlarm(key, access.name, note), timeout=30.0)
        return answer(taken)

    return blueprint
