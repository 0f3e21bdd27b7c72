"""A report read out of a real log on both databases, proved, and its reading recorded."""

import asyncio

import pytest

from server.attendance import service
from server.attendance.records import concerning
from server.attendance.service import Reader, Turnstile
from server.audit import service as audit
from server.audit import store as log
from server.audit.checking import Fault
from server.db.engine import Database
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import SYSTEM, EventKind
from server.scheduler import store as sessions
from server.simulator.demo_street import enter_street
from tests.conftest import SECRET
from tests.fakes import FakeClock
from tests.held import TWO, Held, hold_tuesday

AUDITOR = Reader("login:5", "督查室")


@pytest.fixture
async def held(db: Database) -> Held:
    await enter_street(db, SECRET, "a-good-long-password")
    return await hold_tuesday(db)


async def test_a_report_is_folded_from_the_log_and_proved(
    db: Database, held: Held, clock: FakeClock
) -> None:
    shown = await service.read_report(db, clock, held.id, reader=AUDITOR, form="page")
    figures = shown.report.figures
    assert (figures.expected, figures.present, figures.excused, figures.absent) == (33, 31, 1, 1)
    assert (figures.late, figures.left_early, figures.minutes) == (2, 1, 1588)
    assert [item.there for item in shown.report.attendance.items] == [31, 31, 30]
    assert shown.proof.fault is None
    async with db.view() as tx:
        assert await log.find_hash(tx, shown.session.id, shown.proof.value) == shown.proof.sequence


async def test_reading_a_report_changes_neither_its_figures_nor_its_value(
    db: Database, held: Held, clock: FakeClock
) -> None:
    first = await service.read_report(db, clock, held.id, reader=AUDITOR, form="page")
    again = await service.read_report(db, clock, held.id, reader=AUDITOR, form="pdf")
    third = await service.read_report(db, clock, held.id, reader=AUDITOR, form="page")
    assert third.report == first.report
    assert third.proof == first.proof == again.proof
    assert [event.payload for event in third.readers] == [
        {"format": "pdf", "by": "督查室"},
        {"format": "page", "by": "督查室"},
    ]
    assert third.readers[0].kind == EventKind.REPORT_DOWNLOADED


async def test_a_venue_s_own_line_is_the_one_of_the_report_and_only_its_events_are_read(
    db: Database, held: Held, clock: FakeClock
) -> None:
    clock.advance(hours=4)
    shown = await service.read_report(db, clock, held.id, reader=AUDITOR, form="page")
    async with db.view() as tx:
        everything = await log.load_recorded(tx, session_id=held.id)
        for line in shown.report.lines:
            own_id = line.venue.expected.venue_id
            (own,) = await service.load_own_lines(tx, clock, own_id)
            assert own.venue == line.venue
            read = await log.load_recorded(tx, session_id=held.id, of_venue=own_id)
            assert {e.payload.get("venue_id", own_id) for e in read} == {own_id}
            assert concerning(read, own_id) == concerning(everything, own_id)


async def test_checking_places_the_value_and_refuses_a_foreign_one(
    db: Database, held: Held, clock: FakeClock
) -> None:
    shown = await service.read_report(db, clock, held.id, reader=AUDITOR, form="pdf")
    held.tell(200, EventKind.ATTENDANCE_CORRECTED, number=9, field="head_count", value=1)
    await held.write()
    checked = await service.check_session(db, clock, held.id, shown.proof.value)
    assert checked.holds
    assert checked.value_at == shown.proof.sequence
    assert "07 竹溪园" in checked.about.values()
    assert "自治金使用说明" in checked.about.values()
    assert not (await service.check_session(db, clock, held.id, "0" * 64)).holds
    assert (await service.check_session(db, clock, held.id, "")).holds


async def test_an_outage_of_another_day_is_not_part_of_the_count(
    db: Database, held: Held, clock: FakeClock
) -> None:
    before = await service.read_report(db, clock, held.id, reader=AUDITOR, form="page")
    clock.advance(days=30)
    async with db.tx() as tx:
        await audit.record(tx, clock, EventKind.SYSTEM_OUTAGE_STARTED, actor=SYSTEM)
    after = await service.read_report(db, clock, held.id, reader=AUDITOR, form="page")
    assert after.report == before.report


async def test_a_part_of_the_log_is_checked_from_the_event_before_it(
    db: Database, held: Held, clock: FakeClock
) -> None:
    async with db.view() as tx:
        part = await audit.check(tx, first=10, last=20)
        beyond = await audit.check(tx, first=9_999)
    assert (part.fault, part.last) == (None, 20)
    assert beyond.fault == Fault(9_998, "missing")


async def test_a_session_without_an_opening_or_without_existence_has_no_report(
    db: Database, held: Held, clock: FakeClock
) -> None:
    async with db.tx() as tx:
        planned = await sessions.save_session(
            tx, title="社工例会", starts_at=TWO, ends_at=TWO, hall="", items=[], venue_ids=[]
        )
    with pytest.raises(DomainError, match="session_not_opened"):
        await service.read_report(db, clock, planned, reader=AUDITOR, form="page")
    with pytest.raises(NotFoundError):
        await service.read_report(db, clock, 999, reader=AUDITOR, form="page")
    assert [session.id for session in await service.load_held_sessions(db)] == [held.id]


async def test_visitors_check_one_after_the_other_with_a_rest_and_too_many_are_turned_away() -> (
    None
):
    turnstile, loop = Turnstile(most_waiting=1), asyncio.get_running_loop()
    inside, let_go = asyncio.Event(), asyncio.Event()
    entered: list[float] = []

    async def check() -> None:
        async with turnstile:
            entered.append(loop.time())
            inside.set()
            await let_go.wait()

    first, second = asyncio.create_task(check()), asyncio.create_task(check())
    await inside.wait()
    with pytest.raises(ConflictError, match="checks_busy"):
        await check()
    assert len(entered) == 1
    begun = entered[0]
    await asyncio.sleep(0.02)
    let_go.set()
    await asyncio.gather(first, second)
    assert entered[1] - begun >= 4 * 0.02
