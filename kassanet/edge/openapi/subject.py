"""What a description is of: the words around the operations, and what their paths and problems mean there."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from kassanet.edge.openapi.operation import Parameter
from kassanet.edge.openapi.paths import PATH_PARAMETERS
from kassanet.edge.openapi.problems import CLOSED, PROBLEMS, PUBLIC, ProblemKind
from kassanet.edge.openapi.words import INTRODUCTION, SCHEMES, TAGS


class Subject(Struct, frozen=True):
    """``closed`` and ``public`` are the problems of every route with and without a token; ``schemes`` of security."""

    title: str
    introduction: str
    tags: Mapping[str, str]
    schemes: Mapping[str, Mapping[str, str]]
    parameters: Mapping[str, Parameter]
    problems: Sequence[ProblemKind]
    closed: Sequence[str]
    public: Sequence[str]


SERVICE = Subject(
    title="kassanet",
    introduction=INTRODUCTION,
    tags=TAGS,
    schemes=SCHEMES,
    parameters=PATH_PARAMETERS,
    problems=PROBLEMS,
    closed=CLOSED,
    public=PUBLIC,
)
