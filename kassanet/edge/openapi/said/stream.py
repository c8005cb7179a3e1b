"""The live stream: one route, and what is said on it both ways."""

from kassanet.edge.openapi.operation import Answer, Operation, Talk
from schemas.stream import (
    Auth,
    Command,
    Delta,
    Failed,
    Heartbeat,
    Lagged,
    Reply,
    Snapshot,
    Subscribe,
    Welcome,
)

_TEXT = """\
A WebSocket; every message is one JSON object in a text frame. The token comes in the `Authorization` header or in the
first message, `auth`, within ten seconds; `welcome` says that it is good.

`subscribe` names all topics at once: `kkt`, `circuit`, `circuit:<id>`, `receipts:<id>` (moves of one circuit's
receipts), `pinpads`, `prro` (software registers), `keys` and `agents` that sign for them, `sites`, `sales`, `payments`
(as lists show them), `billings` (breaker and backlog), `flow` (how much has gone over each edge of the topology),
`alarms`, `actors`. The answer is a `snapshot`, of receipts and payments with the last 50, then a `delta` whenever
something changed, several changes of a thing in one; with `since`, the last `rev` that was applied, only what changed
after it, as far as that is still at hand.

`command` lets a register (`kkt/<eip>`) do what `POST /api/v1/kkt/{eip}/{command}` does, with the same rights; its
`reply` comes when it is done. What is wrong with a message comes as `error`, with a problem in it.

A client that does not keep up is told `lagged` and closed with 4408; 4400 is for too many messages that mean nothing,
4401 for a token that is missing or not good any more, 4429 for one that connects too often, 1001 says that the service
stops. A command counts as a request does; one beyond the token's limit gets a `reply` with 429.
"""

STREAM = (
    Operation(
        method="get",
        path="/api/v1/stream",
        name="follow",
        tag="Stream",
        summary="Live state of registers, circuits, receipts and actors, and commands, over a WebSocket.",
        text=_TEXT,
        role=None,
        answers=(Answer(101, "The WebSocket is open."),),
        problems=("bad-request", "unauthorized", "too-many-requests", "starting"),
        talk=Talk(
            asks=(Auth, Subscribe, Command),
            tells=(Welcome, Snapshot, Delta, Heartbeat, Reply, Failed, Lagged),
            closes={
                1001: "The service stops.",
                4400: "Nonsense.",
                4401: "No good token.",
                4408: "Lagged.",
                4429: "The token connects too often.",
            },
        ),
    ),
)
