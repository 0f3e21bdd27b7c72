"""Retention: what is due is told first, then erased with an account, and the chain holds."""

from datetime import timedelta

import pytest

from server.attendance import service as attendance
from server.attendance.service import Reader
from server.audit import keeping, service, store
from server.audit.retention import Group, Policy, check_policy, kinds_of
from server.burden import service as burden
from server.burden import store as copies
from server.burden.periods import Kind, around
from server.db.engine import Database
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.scheduler.store import load_never_held
from server.simulator.demo_street import enter_street
from server.street import store as street
from tests.conftest import SECRET
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.held import begin, hold_tuesday

POLICY = Policy(security_days=183, attendance_days=1827)


async def tell(db: Database, clock: FakeClock, kind: EventKind) -> None:
    async with db.tx() as tx:
        await service.record(tx, clock, kind, actor="login:1", payload={"x": 1}, session_id=7)


async def test_a_dry_run_changes_nothing_and_an_erasure_leaves_tombstones(
    db: Database, clock: FakeClock
) -> None:
    for kind in (EventKind.LOGIN_FAILED, EventKind.SESSION_CLOSED, EventKind.ACCOUNT_CREATED):
        await tell(db, clock, kind)
    async with db.tx() as tx:
        await service.seal_session(tx, clock, 7, title="例会", starts_at=clock.now())
    clock.advance(hours=24 * 184)
    await tell(db, clock, EventKind.LOGIN_FAILED)
    async with db.view() as tx:
        due = {one.group: one for one in await keeping.load_due(tx, clock, POLICY, load_never_held)}
    assert due[Group.SECURITY].sequences == (1,)
    assert due[Group.SECURITY].kinds == {"login.failed": 1}
    assert due[Group.ATTENDANCE].sequences == ()
    clock.advance(hours=24 * 1828)
    gone = await keeping.erase_due(db, clock, POLICY, load_never_held, actor="login:1")
    assert gone == {Group.SECURITY: 2, Group.ATTENDANCE: 1}
    async with db.view() as tx:
        events = await store.load_recorded(tx)
        finding = await service.check(tx)
        again = await keeping.load_due(tx, clock, POLICY, load_never_held)
    assert [event.sequence for event in events if not event.payload] == [1, 2, 5]
    assert events[5].payload == {"sequences": [1, 5], "reason": "retention:security:183"}
    assert (finding.fault, finding.erased) == (None, 3)
    assert [one.sequences for one in again] == [(), ()]
    async with db.view() as tx:
        assert len(await service.load_seals(tx)) == 1


async def due_of(db: Database, clock: FakeClock) -> tuple[int, ...]:
    async with db.view() as tx:
        return (await keeping.load_due(tx, clock, POLICY, load_never_held))[1].sequences


async def test_a_session_is_kept_whole_until_its_last_word_is_old(
    db: Database, clock: FakeClock
) -> None:
    await enter_street(db, SECRET, "a-good-long-password")
    held = await hold_tuesday(db)
    # between the leave, which is older than the opening, and the correction, which is the last
    clock.advance(days=1827, hours=2)
    assert await due_of(db, clock) == ()
    clock.advance(hours=3)
    await tell(db, clock, EventKind.REPORT_VIEWED)
    due = await due_of(db, clock)
    async with db.view() as tx:
        events = await store.load_recorded(tx, session_id=held.id)
    opening = next(e.sequence for e in events if e.kind == EventKind.SESSION_OPENED)
    assert due[0] == opening
    wanted = {e.sequence for e in events if str(e.kind) in kinds_of(Group.ATTENDANCE)}
    assert set(due) == wanted
    async with db.view() as tx:
        counted = await keeping.count_due(tx, clock, POLICY, load_never_held)
        told = await keeping.load_due(tx, clock, POLICY, load_never_held)
    assert [(one.kinds, one.limit) for one in counted] == [(one.kinds, one.limit) for one in told]
    assert counted[1].count == len(due)


async def test_a_session_that_was_not_closed_is_not_due(db: Database, clock: FakeClock) -> None:
    await enter_street(db, SECRET, "a-good-long-password")
    await begin(db)
    clock.advance(days=4000)
    assert await due_of(db, clock) == ()


async def test_what_was_said_of_a_session_that_was_never_opened_is_due_some_day(
    db: Database, clock: FakeClock
) -> None:
    await enter_street(db, SECRET, "a-good-long-password")
    async with db.tx() as tx:
        at = clock.now()
        session_id = await sessions.save_session(
            tx, title="例会", starts_at=at, ends_at=at, hall="", items=[], venue_ids=[]
        )
    async with db.tx() as tx:
        asked: Payload = {"venue_id": 1, "reason": "住院"}
        kind = EventKind.LEAVE_ASKED
        event = await service.record(
            tx, clock, kind, actor="login:1", payload=asked, session_id=session_id
        )
    clock.advance(days=1826)
    assert await due_of(db, clock) == ()
    clock.advance(days=2)
    assert await due_of(db, clock) == (event.sequence,)
    async with db.tx() as tx:
        late = clock.now()
        await sessions.set_state(tx, session_id, SessionState.OPEN, late)
    assert await due_of(db, clock) == ()


async def test_the_copy_of_an_erased_session_is_deleted_and_not_made_again(
    db: Database, clock: FakeClock
) -> None:
    await enter_street(db, SECRET, "a-good-long-password")
    held = await hold_tuesday(db)
    day = around(Kind.MONTH, NOON_TUESDAY.date())
    known, missing = await burden.load_held(db, day)
    assert ([one.session_id for one in known], missing) == ([held.id], 0)
    clock.advance(days=1830)
    await keeping.erase_due(db, clock, POLICY, load_never_held, actor="login:1")
    await burden.forget_erased(db)
    async with db.view() as tx:
        assert await copies.load_folded_ids(tx) == set()
        assert await burden.missing(tx) == []
    assert await burden.load_held(db, day) == ([], 1)


async def test_an_erased_session_says_so_is_left_out_of_records_and_still_checked(
    db: Database, clock: FakeClock
) -> None:
    await enter_street(db, SECRET, "a-good-long-password")
    held = await hold_tuesday(db)
    clock.advance(days=1830)
    await keeping.erase_due(db, clock, POLICY, load_never_held, actor="login:1")
    with pytest.raises(DomainError, match="session_erased"):
        await attendance.read_report(db, clock, held.id, reader=Reader("login:5", "督"), form="csv")
    async with db.view() as tx:
        venue = (await street.load_venues(tx))[1]
        assert await attendance.load_own_lines(tx, clock, venue.id) == []
        last = (await store.load_bounds(tx, held.id))[1]
        value = await store.load_hash(tx, last)
    checked = await attendance.check_session(db, clock, held.id, value or "")
    assert (checked.report, checked.about) == (None, {})
    assert checked.audit_number == "PH-2026-1124-01"
    assert checked.holds
    assert checked.value_at == last


async def test_a_part_that_was_erased_is_accounted_for_from_outside_of_it(
    db: Database, clock: FakeClock
) -> None:
    for _ in range(6):
        await tell(db, clock, EventKind.LOGIN_FAILED)
    async with db.tx() as tx:
        await service.erase(tx, clock, [2, 3], actor="login:1", reason="retention:security:183")
    async with db.view() as tx:
        part = await service.check(tx, first=1, last=4)
        later = await service.check(tx, first=4, last=6)
    assert (part.fault, part.erased, later.fault) == (None, 2, None)


async def test_nothing_is_due_where_things_are_kept_for_ever(
    db: Database, clock: FakeClock
) -> None:
    await tell(db, clock, EventKind.LOGIN_FAILED)
    clock.advance(hours=24 * 9000)
    async with db.view() as tx:
        due = await keeping.load_due(tx, clock, Policy(0, 0), load_never_held)
    assert [(one.limit, one.sequences) for one in due] == [(None, ()), (None, ())]


def test_security_logs_are_kept_for_six_months_at_least() -> None:
    with pytest.raises(ValueError, match="183"):
        check_policy(Policy(security_days=182))
    with pytest.raises(ValueError, match="366"):
        check_policy(Policy(attendance_days=1))
    with pytest.raises(ValueError, match="negative"):
        check_policy(Policy(attendance_days=-1))
    assert check_policy(Policy(183, 0)).limit_of(Group.ATTENDANCE, FakeClock().now()) is None


def test_what_proves_the_log_is_in_no_group() -> None:
    erasable = {kind for group in Group for kind in kinds_of(group)}
    assert not erasable & {"audit.erased", "session.sealed", "proof.made", "account.changed"}
    assert {"login.failed", "venue.connected", "attendance.corrected"} <= erasable
    assert timedelta(days=POLICY.days_of(Group.SECURITY)) == timedelta(days=183)
