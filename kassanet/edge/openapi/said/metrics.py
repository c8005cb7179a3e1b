"""What monitoring reads."""

from kassanet.edge.openapi.operation import Answer, Body, Operation
from kassanet.metrics.route import MEDIA_TYPE

METRICS = (
    Operation(
        method="get",
        path="/metrics",
        name="readMetrics",
        tag="Operation",
        summary="Figures for Prometheus.",
        text=(
            "Queues, receipts by status, registers, mailboxes, journal and HTTP. Networks that need no token for "
            "`/frs` need none here. For tokens that see every organisation."
        ),
        answers=(Answer(200, "Prometheus' text format.", Body(media=(MEDIA_TYPE,))),),
    ),
)
