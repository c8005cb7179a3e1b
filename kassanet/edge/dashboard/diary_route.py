"""What the diary knows, over HTTP: the pace of all registers, the last day of one."""

from quart import Blueprint, Response

from kassanet.edge.answers import answer
from kassanet.edge.dashboard.diary import Diary, Pace
from kassanet.edge.visibility import allowed, visible_kkt
from kassanet.fleet import Fleet


def diary_blueprint(diary: Diary, fleet: Fleet) -> Blueprint:
    """The routes over one diary."""
    blueprint = Blueprint("diary", __name__, url_prefix="/api/v1")

    @blueprint.get("/pace")
    async def pace() -> Response:
        access = allowed("viewer")
        told = diary.pace()
        inns = {eip: fleet.circuit(row.circuit_id).inn for eip, row in fleet.kkts.items()}
        seen = {
            eip: minutes
            for eip, minutes in told.registers.items()
            if (inn := inns.get(eip)) is not None and access.sees(inn)
        }
        return answer(Pace(told.until, seen))

    @blueprint.get("/kkt/<path:eip>/day")
    async def day(eip: str) -> Response:
        visible_kkt(allowed("viewer"), fleet, eip)
        return answer(diary.day(eip))

    return blueprint
