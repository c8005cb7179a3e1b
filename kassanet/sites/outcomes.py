"""What became of a command to a site's register, from the wire to the journal and to the asker."""

import msgspec

from schemas.problems import Problem, ProblemError, problem
from schemas.site_link import Carried
from schemas.site_records import EndSiteCommand, StoredSiteCommand
from schemas.sites import SiteCommand, qualified

NEVER_CAME = 0
"""A site's answer: the command did not come, or came too late, and was not done."""

_encode = msgspec.json.Encoder().encode


def outcome_of(said: Carried, at: float) -> EndSiteCommand:
    if said.status == NEVER_CAME:
        return EndSiteCommand(said.id, "not_done", None, None, at)
    answer = said.result if said.problem is None else said.problem
    return EndSiteCommand(said.id, "done", said.status, _encode(answer), at)


def answered(said: Carried, site: str) -> tuple[int, object]:
    """As the command's own route answers; raises what it would."""
    if said.status == NEVER_CAME:
        raise problem(503, "not-done", f"Site {site} did not get the command in time; nothing was done.")
    if said.problem is not None:
        raise ProblemError(msgspec.structs.replace(said.problem, detail=f"Site {site}: {said.problem.detail}"))
    return said.status, said.result


def shown_command(row: StoredSiteCommand, site: str) -> SiteCommand:
    failed = row.code is not None and row.code >= 400
    answer = None if row.answer is None else msgspec.json.decode(row.answer)
    return SiteCommand(
        row.id, site, qualified(site, row.kkt), row.name, row.by, row.at, row.status, row.code,
        None if failed else answer, msgspec.convert(answer, Problem) if failed else None, row.ended_at,
    )  # fmt: skip
