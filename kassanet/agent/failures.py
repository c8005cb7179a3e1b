"""Failures of the agent that are told to a person on one line, and say what to do."""


class AgentFailure(Exception):
    """The text is for the command line and the log; it holds nothing secret."""
