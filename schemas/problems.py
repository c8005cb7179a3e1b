"""Problems as RFC 9457 documents, with every wrong field located."""

import msgspec


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wrong field: where it is, what is wrong, what was expected.

    ``path`` uses dots and indices: ``items[2].price``. An empty path is the document itself.
    """

    path: str
    message: str
    expected: str = ""

    def in_words(self) -> str:
        """One phrase for a terminal: ``name is not of the right form (expected text of 1 to 64 characters)``."""
        wanted = f" (expected {self.expected})" if self.expected else ""
        return f"{self.path} {self.message}{wanted}".lstrip()


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error answer (``application/problem+json``)."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


class ProblemError(Exception):
    """A request that cannot be served, on its way to becoming a :class:`Problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title}: {problem.detail}")
        self.problem = problem


_TITLES = {
    400: "Bad request",
    401: "Authentication needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Request not finished in time",
    409: "Conflict",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Cannot be processed",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
    504: "No answer in time",
}


def problem(status: int, slug: str, detail: str, errors: tuple[FieldError, ...] = ()) -> ProblemError:
    """Build the error to raise; ``slug`` is a stable word that programs may compare."""
    return ProblemError(Problem(f"urn:kassanet:problem:{slug}", _TITLES[status], status, detail, errors))
