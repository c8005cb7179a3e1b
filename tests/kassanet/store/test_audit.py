"""The audit log in the store: a line before, its outcome after, replays, and searching."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.records import BeginAudit, EndAudit, NotFound
from schemas.rows import AuditFilter, StoredAudit
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import T0

LINE = BeginAudit("token 1", "127.0.0.1", "DELETE", "/frs/{eip}", "/frs/a:1", "r-1", b'{"eip":"a:1"}', T0)


def lines(case: Case, **wanted: Any) -> list[StoredAudit]:  # noqa: ANN401 - fields of the filter
    return list(case.reader.audit(AuditFilter(**wanted)))


def test_a_line_is_there_before_its_outcome_and_outlives_a_restart(case: Case) -> None:
    number = case.do(LINE)
    (begun,) = lines(case)
    assert (begun.id, begun.by, begun.before, begun.status, begun.ended_at) == (
        number,
        "token 1",
        LINE.before,
        None,
        None,
    )
    case.do(EndAudit(number, 204, None, T0 + 1))
    case.reopen()
    (ended,) = lines(case)
    assert (ended.status, ended.after, ended.ended_at) == (204, None, T0 + 1)


def test_replays_are_known_again(case: Case) -> None:
    number = case.do(LINE)
    assert case.do(LINE) == number
    assert case.do(replace(LINE, request_id="r-2")) != number
    for status, at in ((200, T0 + 1), (500, T0 + 2)):
        case.do(EndAudit(number, status, b'"first"' if status == 200 else None, at))
    (line,) = lines(case, status=200)
    assert (line.after, line.ended_at) == (b'"first"', T0 + 1)


def test_an_outcome_needs_its_line(case: Case) -> None:
    with pytest.raises(NotFound):
        case.do(EndAudit(7, 200, None, T0))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [3, 2, 1]),
        ({"limit": 2}, [3, 2]),
        ({"before_id": 3}, [2, 1]),
        ({"by": "token 2"}, [3, 2]),
        ({"by": "token 2", "method": "POST"}, [3]),
        ({"target": "/frs/a:1"}, [2, 1]),
        ({"targets": ("/frs/a:1", "/nowhere")}, [2, 1]),
        ({"targets": ("/nowhere",)}, []),
        ({"route": "/fcircuit"}, [3]),
        ({"status": 204}, [1]),
        ({"since": T0 + 1}, [3, 2]),
        ({"since": T0 + 1, "until": T0 + 2}, [2]),
    ],
)
def test_searching(case: Case, wanted: dict[str, Any], found: list[int]) -> None:
    case.do(LINE)
    case.do(EndAudit(1, 204, None, T0))
    case.do(replace(LINE, by="token 2", request_id="r-2", at=T0 + 1))
    case.do(
        replace(LINE, by="token 2", method="POST", route="/fcircuit", target="/fcircuit", request_id="r-3", at=T0 + 2)
    )
    assert [line.id for line in lines(case, **wanted)] == found
