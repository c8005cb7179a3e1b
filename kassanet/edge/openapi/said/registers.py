"""Registers, circuits and actors as they are now, and commands by hand."""

from kassanet.edge.by_hand import ByHand
from kassanet.edge.dashboard.diary import Day, Pace, Turn
from kassanet.edge.openapi.operation import Answer, Body, Operation
from kassanet.edge.openapi.problems import BODY, WRITE
from schemas.circuits import CircuitState
from schemas.kkt import KktState, ShiftDocument
from schemas.tree import ActorNode, Failure, Lane

_STATE = KktState("127.0.0.1:7801", "terminalfa", 12, "ready", documents=41)
_JOURNAL = ActorNode("journal", "journal", "running", 12.5, 0, None, Lane(0, 65536), Lane(0, 64))
_FAILURE = Failure(40.5, "ValueError: price is negative", "Traceback (most recent call last):\n  …")

REGISTERS = (
    Operation(
        method="get",
        path="/api/v1/kkt",
        name="listRegisterStates",
        tag="Registers",
        summary="Every register as it is now.",
        text="Registers of sites stand among them, with `site` and, while its link is cut, `stale_since`.",
        answers=(Answer(200, "One for each register.", Body(list[KktState], [_STATE])),),
    ),
    Operation(
        method="get",
        path="/api/v1/kkt/{eip}",
        name="showRegisterState",
        tag="Registers",
        summary="One register as it is now.",
        answers=(Answer(200, "Its state.", Body(KktState, _STATE)),),
    ),
    Operation(
        method="get",
        path="/api/v1/kkt/{eip}/day",
        name="showRegisterDay",
        tag="Registers",
        summary="The last day of a register: documents by hour, and when it was not at work.",
        text="Kept in memory since the service started; times are UNIX seconds.",
        answers=(Answer(200, "Its day.", Body(Day, Day(1795446000.5, (0, 41, 7), (Turn(1795446000.5, "working"),)))),),
    ),
    Operation(
        method="get",
        path="/api/v1/pace",
        name="showPace",
        tag="Registers",
        summary="How many documents each register made in each of the last minutes.",
        answers=(Answer(200, "By address.", Body(Pace, Pace(1795446000.0, {"127.0.0.1:7801": (3, 5, 4)}))),),
    ),
    Operation(
        method="post",
        path="/api/v1/kkt/{eip}/{command}",
        name="commandRegister",
        tag="Registers",
        summary="Open or close the shift, print a report.",
        text=(
            "It waits for the document in hand, and then for its own: up to a minute. `z_report` closes the shift, "
            "as `close_shift` does. A site's register (`<site>/<its address>`) is told over the site's link, what its "
            "configuration permits, also `activate` and `deactivate`; `outcome-unknown` names the command to look for."
        ),
        role="operator",
        body=Body(ByHand, ByHand("Иванова А."), required=False),
        answers=(
            Answer(200, "The fiscal document of the shift.", Body(ShiftDocument, ShiftDocument(7, 412, 530921389))),
            Answer(204, "The report without a document (`x_report`) is printed."),
        ),
        problems=(
            "not-in-rotation",
            "refused-by-register",
            "shift",
            "unreachable",
            "site-away",
            "not-done",
            "forbidden-by-site",
            *BODY,
            *WRITE,
        ),
    ),
    Operation(
        method="get",
        path="/api/v1/circuits",
        name="listCircuitStates",
        tag="Circuits",
        summary="Every circuit as it is now: how much waits, since when, and what its registers do.",
        answers=(
            Answer(
                200,
                "One for each circuit.",
                Body(list[CircuitState], [CircuitState(12, "7801234564-1", "ООО «Ромашка»", 3, 1795446000.5, 1, 7, 2)]),
            ),
        ),
    ),
    Operation(
        method="get",
        path="/api/v1/actors",
        name="showActors",
        tag="Actors",
        summary="The tree of actors: state, mailbox, restarts and last error of each.",
        text="For tokens that see every organisation.",
        role="operator",
        answers=(
            Answer(
                200,
                "The root.",
                Body(ActorNode, ActorNode("root", "supervisor", "running", 12.4, 0, children=(_JOURNAL,))),
            ),
        ),
    ),
    Operation(
        method="get",
        path="/api/v1/actors/{name}/failure",
        name="showActorFailure",
        tag="Actors",
        summary="The last error of an actor with its traceback; null when there was none.",
        text="For tokens that see every organisation.",
        role="admin",
        answers=(Answer(200, "The error.", Body(Failure | None, _FAILURE)),),
    ),
)
