"""What needs a person now."""

from kassanet.edge.alarms_route import TakenOn
from kassanet.edge.openapi.operation import Answer, Body, Operation
from kassanet.edge.openapi.problems import BODY, WRITE
from schemas.alarms import Acknowledgement, Alarm

_ALARM = Alarm(
    "kkt/127.0.0.1:7801/shift_near_day",
    "shift_near_day",
    "critical",
    "the shift is 23.8 hours old",
    1795446000.5,
    12,
    kkt="127.0.0.1:7801",
    due_at=1795446720.5,
    acknowledged=Acknowledgement("token 7", 1795446060.5, "critical", "closing it now"),
)

ALARMS = (
    Operation(
        method="get",
        path="/api/v1/alarms",
        name="listAlarms",
        tag="Alarms",
        summary="What needs a person now, most urgent first.",
        text=(
            "What nobody has taken on comes first, then the level, then what stops something soonest (`due_at`, UNIX "
            "time). The live stream has the same under the topic `alarms`."
        ),
        answers=(Answer(200, "Every alarm that the token sees.", Body(list[Alarm], [_ALARM])),),
    ),
    Operation(
        method="post",
        path="/api/v1/alarms/{key}/acknowledge",
        name="acknowledgeAlarm",
        tag="Alarms",
        summary="Take an alarm on, for others to see.",
        text="It lasts until the alarm is over, also over a restart of the service. One that gets worse rings again.",
        role="operator",
        body=Body(TakenOn, TakenOn("closing it now"), required=False),
        answers=(Answer(200, "The alarm.", Body(Alarm, _ALARM)),),
        problems=(*BODY, *WRITE),
    ),
)
