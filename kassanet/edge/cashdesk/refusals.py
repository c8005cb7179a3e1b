"""Errors as CashDesk's programs read them: one form, whatever went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from quart import Response
from werkzeug.exceptions import HTTPException

from kassanet.edge.answers import answer
from kassanet.edge.decoding import invalid
from kassanet.edge.problems import RETRY_AFTER, fault, http_problem, problem_of
from kassanet.edge.prro_sight import refusals
from kassanet.edge.rates import TooManyRequests
from schemas.cashdesk_answers import Refusal
from schemas.problems import FieldError, Problem, problem
from schemas.prro_commands import CannotBeMade
from schemas.prro_records import StoredDocument
from transports.cashdesk.operations import NotUnderstood, as_asked
from transports.cashdesk.spellings import Said

WHOLE = "body"
"""Where an error is that is of no field."""


async def on_error(error: Exception) -> Response:
    """The answer for anything that a view raises."""
    found = http_problem(error) if isinstance(error, HTTPException) else problem_of(error) or fault(error)
    response = answer(refusal(found), found.status)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    elif found.status in RETRY_AFTER:
        response.headers["Retry-After"] = str(RETRY_AFTER[found.status])
    if found.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kassanet"'
    return response


def refusal(found: Problem) -> Refusal:
    errors: dict[str, tuple[str, ...]] = {}
    for error in found.errors:
        name = error.path or WHOLE
        errors[name] = (*errors.get(name, ()), _sentence(error))
    return Refusal(found.type.rpartition(":")[2], found.detail or found.title, errors)


@contextmanager
def not_made(said: Said) -> Iterator[None]:
    """What is not understood, and what a register does not do, located in the request; nothing was made."""
    with refusals():
        try:
            yield
        except (NotUnderstood, CannotBeMade) as wrong:
            raise invalid(said.located(map(as_asked, wrong.errors))) from None


def must_not_be_refused(made: StoredDocument) -> None:
    """CashDesk's programs know checks that were made, and errors: what the tax service refused is one."""
    if made.status == "refused":
        code = "" if made.code is None else f" ({made.code})"
        raise problem(422, "refused-by-tax-service", f"The tax service refused the document{code}: {made.reason}.")


def _sentence(error: FieldError) -> str:
    return f"{error.message}; expected: {error.expected}" if error.expected else error.message
