"""The demo's month of requests works on any day and hour."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.db.engine import Database
from server.db.migrate import upgrade
from server.domain.session import SessionState
from server.scheduler import store as scheduler
from server.scheduler.filing import RequestState
from server.simulator.demo_requests import EARLIER, KNOWN, WAITING, file_a_month
from server.simulator.demo_street import enter_street
from server.street import store as street
from tests.conftest import SECRET
from tests.fakes import FakeClock


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
        datetime(2026, 12, 31, 15, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 2, 0, tzinfo=UTC),
        datetime(2026, 2, 13, 9, 0, tzinfo=UTC),
        datetime(2026, 9, 30, 1, 0, tzinfo=UTC),
    ],
    ids=["sunday-night", "new-years-eve", "leap-day", "before-spring-festival", "before-october"],
)
async def test_the_demo_files_and_merges_a_month_on_any_day(
    tmp_path: Path, moment: datetime
) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    upgrade(url)
    db, clock = Database(url), FakeClock(moment)
    await enter_street(db, SECRET, "a-good-long-password")
    await file_a_month(db, clock)
    async with db.view() as tx:
        departments = {d.id: d.name for d in await street.load_departments(tx)}
        found = await scheduler.load_requests(tx, departments)
        requests = sorted(found, key=lambda r: r.id)
        coming = await scheduler.load_sessions(tx, states=[SessionState.SCHEDULED])
    await db.close()
    requests, known = requests[: -len(KNOWN)], requests[-len(KNOWN) :]
    assert len(requests) == len(EARLIER) + len(WAITING)
    assert {r.state for r in known} == {RequestState.IN_DIGEST}
    placed = [r for r in requests if r.state is RequestState.PLACED]
    assert len(placed) >= 12
    assert all(r.reason is not None for r in placed)
    assert len({r.session_id for r in placed}) < len(placed)
    assert all(s.starts_at > moment for s in coming)
    assert [r.state for r in requests[len(EARLIER) :]] == [RequestState.SUBMITTED] * len(WAITING)
