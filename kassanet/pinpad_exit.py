"""What became of an operation, in the numbers that DUALConnector answers with and that tills were written for.

0 ok, 1 time-out, 3 system, 4 bad request, 6 no configuration, 13 no link to the device, 15 cancelled, 16 busy; its
console tool adds 101 for bad arguments. 1 is also what a till must take as "not completed": it was not, or it was taken
back, or nobody knows yet.
"""

from schemas.operations import Operation
from schemas.problems import Problem

DONE, NOT_COMPLETED, SYSTEM, BAD_REQUEST, NO_CONFIGURATION, NO_LINK, CANCELLED, BUSY = 0, 1, 3, 4, 6, 13, 15, 16
BAD_ARGUMENTS = 101

_BY_SLUG = {
    "pinpad-busy": BUSY,
    "pinpad-held": BUSY,
    "pinpad-blocked": BUSY,
    "sales-open": BUSY,
    "overloaded": BUSY,
    "pinpad-inactive": NO_CONFIGURATION,
    "operation-not-configured": NO_CONFIGURATION,
    "operation-not-known": NO_CONFIGURATION,
    "no-answer": NOT_COMPLETED,
}
_BY_STATUS = {401: NO_CONFIGURATION, 403: NO_CONFIGURATION, 404: NO_CONFIGURATION, 503: SYSTEM, 504: NOT_COMPLETED}


def code_of(operation: Operation, *, refused: int) -> int:
    """The exit code; ``refused`` is the bank's definite no."""
    match operation.status:
        case "approved":
            return DONE
        case "refused":
            # A refusal without an answer was found out afterwards: the till hears what it would of a time-out.
            return refused if operation.result is not None else NOT_COMPLETED
        case "failed":
            return NO_LINK
        case "cancelled":
            return CANCELLED
        case _:
            return NOT_COMPLETED


def code_of_problem(problem: Problem) -> int:
    """The exit code for what the service would not do."""
    slug = problem.type.rpartition(":")[2]
    if slug in _BY_SLUG:
        return _BY_SLUG[slug]
    return _BY_STATUS.get(problem.status, BAD_REQUEST if 400 <= problem.status < 500 else SYSTEM)
