"""What the agent says of itself, in the words of :mod:`kassanet.edge.openapi`: its own routes and problems."""

from kassanet.agent.openapi.problems import CLOSED, PROBLEMS
from kassanet.agent.openapi.said import OPERATIONS
from kassanet.agent.openapi.words import INTRODUCTION, PARAMETERS, TAGS
from kassanet.edge.openapi.problems import PUBLIC
from kassanet.edge.openapi.subject import Subject

AGENT = Subject(
    title="kassanet agent",
    introduction=INTRODUCTION,
    tags=TAGS,
    schemes={"token": {"type": "http", "scheme": "bearer", "description": "`kassanet agent token`"}},
    parameters=PARAMETERS,
    problems=PROBLEMS,
    closed=CLOSED,
    public=PUBLIC,
)

__all__ = ["AGENT", "OPERATIONS"]
