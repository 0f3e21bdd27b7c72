"""What a standing meeting may say, how its form reads, and what becomes of its sessions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.places import Post
from server.domain.session import AgendaItem, Session, SessionState
from server.scheduler.filing import Approval
from server.scheduler.workdays import WorkdayTable, edited
from server.standing.meeting_form import empty_values, read_plan, values_of
from server.standing.model import (
    Cancelled,
    DayOff,
    Occurrence,
    OwnItem,
    Pattern,
    Plan,
    Recurrence,
    SeriesState,
    StandingMeeting,
    Written,
    facts_of,
    faults_of,
    plan_of,
)
from server.standing.occurring import (
    Action,
    CallOff,
    Clash,
    Create,
    Rehouse,
    Rewrite,
    due_actions,
    leaving_guests,
    wanted,
)
from tests.unit.standing.test_filling import a_plan, request

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
TODAY = date(2026, 11, 24)
SERIES = StandingMeeting(1, a_plan())


def kept(meeting: StandingMeeting, *, now: datetime = NOW) -> list[Occurrence]:
    """Return what the series' sessions are once everything was entered."""
    wishes = wanted(meeting, WorkdayTable(), now, department="自治办", hall="")
    return [held(key, written, 10 + n) for n, (key, written) in enumerate(wishes.items())]


def held(key: str, written: Written, number: int, **changes: object) -> Occurrence:
    items = [AgendaItem(n, n, *item) for n, item in enumerate(written.items, 1)]
    values: dict = {
        "id": number,
        "title": written.title,
        "state": SessionState.SCHEDULED,
        "starts_at": written.starts_at,
        "ends_at": written.starts_at + timedelta(minutes=written.own_minutes),
        "hall": written.hall,
        "items": tuple(items),
        "venue_ids": (1, 2),
    }
    return Occurrence(1, key, Session(**(values | changes)), written)


def due(
    meeting: StandingMeeting,
    occurrences: list[Occurrence],
    *others: Session,
    table: WorkdayTable | None = None,
) -> tuple[list[Action], list[Clash]]:
    wishes = wanted(meeting, table or WorkdayTable(), NOW, department="自治办", hall="")
    taken = [o.session for o in occurrences if o.session.state is SessionState.SCHEDULED]
    return due_actions(meeting, occurrences, [*taken, *others], wishes=wishes, now=NOW)


def test_eight_weeks_are_scheduled_ahead_and_then_there_is_nothing_to_do() -> None:
    actions, clashes = due(SERIES, [])
    assert [a.key for a in actions if isinstance(a, Create)] == [
        *(f"2026-W{week}" for week in range(49, 54)),
        "2027-W01",
        "2027-W02",
        "2027-W03",
    ]
    assert clashes == []
    assert due(SERIES, kept(SERIES)) == ([], [])


def test_a_change_of_the_series_changes_what_lies_ahead() -> None:
    later = replace(SERIES, plan=a_plan(start=15 * 60))
    actions, _ = due(later, kept(SERIES))
    assert len(actions) == 8
    assert all(isinstance(a, Rewrite) and a.written.starts_at.hour == 7 for a in actions)


def test_what_was_changed_by_hand_is_open_or_closed_to_items_stays() -> None:
    first, second, third, *rest = kept(SERIES)
    moved = replace(first.session, starts_at=first.session.starts_at + timedelta(hours=1))
    by_hand = replace(first, session=moved)
    opened = replace(second, session=replace(second.session, state=SessionState.OPEN))
    fixed = replace(third, session=replace(third.session, fixed=True))
    later = replace(SERIES, plan=a_plan(start=15 * 60))
    actions, _ = due(later, [by_hand, opened, fixed, *rest])
    keys = {a.occurrence.key for a in actions if isinstance(a, Rewrite)}
    assert keys == {o.key for o in rest}
    assert by_hand.by_hand
    assert not opened.by_hand


def test_another_hall_reaches_also_a_closed_agenda_but_not_what_was_moved_by_hand() -> None:
    first, second, third, *rest = kept(SERIES)
    elsewhere = replace(first, session=replace(first.session, hall="别处"))
    fixed = replace(second, session=replace(second.session, fixed=True))
    opened = replace(third, session=replace(third.session, state=SessionState.OPEN))
    moved = replace(SERIES, plan=a_plan(hall="一楼大厅"))
    actions, _ = due(moved, [elsewhere, fixed, opened, *rest])
    assert elsewhere.by_hand
    assert {type(a) for a in actions} == {Rehouse}
    keys = {a.occurrence.key for a in actions if isinstance(a, Rehouse)}
    assert keys == {fixed.key, *(o.key for o in rest)}


def test_a_paused_series_calls_everything_off_and_goes_on_where_it_was() -> None:
    occurrences = kept(SERIES)
    actions, _ = due(replace(SERIES, state=SeriesState.PAUSED), occurrences)
    assert [type(a) for a in actions] == [CallOff] * 8
    off = [
        replace(
            o,
            cancelled=Cancelled.BY_SERIES,
            session=replace(o.session, state=SessionState.CANCELLED),
        )
        for o in occurrences
    ]
    again, _ = due(SERIES, off)
    assert [type(a) for a in again] == [Rewrite] * 8
    by_hand = [replace(o, cancelled=Cancelled.BY_HAND) for o in off]
    assert due(SERIES, by_hand) == ([], [])


def test_a_half_day_that_is_taken_is_left_to_who_has_it() -> None:
    other = held("x", kept(SERIES)[0].written, 99).session
    actions, clashes = due(SERIES, [], other)
    assert len(actions) == 7
    assert [(c.key, c.session.id) for c in clashes] == [("2026-W49", 99)]


def test_a_holiday_that_is_decreed_later_moves_the_occurrence() -> None:
    table = edited(WorkdayTable(), date(2026, 11, 30), working=False)
    actions, _ = due(SERIES, kept(SERIES), table=table)
    assert len(actions) == 1
    assert isinstance(actions[0], Rewrite)
    assert actions[0].written.starts_at == datetime(2026, 12, 1, 6, tzinfo=UTC)


def entered(actions: list[Action], occurrences: list[Occurrence]) -> list[Occurrence]:
    """Return the occurrences after the actions were carried out, as the services do."""
    now = {o.key: o for o in occurrences}
    for action in actions:
        if isinstance(action, Create):
            now[action.key] = held(action.key, action.written, 100 + len(now))
        elif isinstance(action, Rewrite | Rehouse):
            old = action.occurrence
            now[old.key] = held(old.key, action.written, old.session.id)
        else:
            old = action.occurrence
            session = replace(old.session, state=SessionState.CANCELLED)
            now[old.key] = replace(old, session=session, cancelled=Cancelled.BY_SERIES)
    return list(now.values())


@given(st.lists(st.deferred(lambda: PLANS), min_size=1, max_size=4), st.sampled_from(SeriesState))
def test_once_a_change_is_entered_nothing_is_left_to_do(
    plans: list[Plan], state: SeriesState
) -> None:
    occurrences: list[Occurrence] = []
    for plan in plans:
        meeting = replace(SERIES, plan=plan)
        occurrences = entered(due(meeting, occurrences)[0], occurrences)
        assert due(meeting, occurrences) == ([], [])
        assert len({o.session.id for o in occurrences}) == len(occurrences)
        starts = [o.session.starts_at for o in occurrences if not o.cancelled]
        assert len(set(starts)) == len(starts)
    turned = replace(SERIES, plan=plans[-1], state=state)
    occurrences = entered(due(turned, occurrences)[0], occurrences)
    assert due(turned, occurrences) == ([], [])


# --- guests ----------------------------------------------------------------------------------


def test_guests_stay_while_they_may_come_and_fit() -> None:
    written = kept(SERIES)[0].written
    session = kept(SERIES)[0].session
    early = request(2, 10)
    long = request(3, 40)
    other_post = replace(
        request(4, 5), filing=replace(request(4, 5).filing, posts=(Post.SECRETARY,))
    )
    granted = replace(other_post, id=5, approval=Approval.GRANTED)
    leaving = leaving_guests(session, [early, long, other_post], written, exempt=())
    assert [g.id for g in leaving] == [3, 4]
    assert leaving_guests(session, [other_post, granted], written, exempt=()) == []
    moved = replace(written, starts_at=written.starts_at + timedelta(days=1))
    assert leaving_guests(session, [early], moved, exempt=()) == [early]
    fewer = replace(written, committee_ids=(1,))
    assert leaving_guests(session, [early], fewer, exempt=()) == [early]


# --- the form and the log -------------------------------------------------------------------


PLANS = st.builds(
    Plan,
    title=st.just("书记例会"),
    department_id=st.integers(1, 9),
    recurrence=st.builds(
        Recurrence,
        pattern=st.sampled_from(Pattern),
        weekday=st.integers(1, 5),
        first=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
        day_off=st.sampled_from(DayOff),
        last=st.none() | st.dates(date(2027, 1, 1), date(2028, 1, 1)),
    ),
    start=st.sampled_from([9 * 60, 9 * 60 + 35, 14 * 60]),
    items=st.lists(
        st.builds(OwnItem, st.sampled_from(["防汛", "选举"]), st.sampled_from([10, 20])),
        min_size=1,
        max_size=4,
    ).map(tuple),
    longest=st.just(90),
    posts=st.just((Post.SECRETARY, Post.DIRECTOR)),
    committee_ids=st.sampled_from([(), (1, 3)]),
    chair_id=st.none() | st.integers(1, 9),
    call_hours=st.sampled_from([0, 48]),
    close_hours=st.just(12),
    hall=st.sampled_from(["", "一楼大厅"]),
)


@given(PLANS)
def test_a_plan_comes_back_from_the_form_and_from_the_log_as_it_was(plan: Plan) -> None:
    assert plan_of(facts_of(plan)) == plan
    chosen = plan.committee_ids or (1, 2, 3)
    read = read_plan(
        values_of(plan), posts=[str(p) for p in plan.posts], committees=chosen, everybody=(1, 2, 3)
    )
    if plan.recurrence.pattern is Pattern.WORKDAY:
        days = replace(read.recurrence, weekday=plan.recurrence.weekday)
        read = replace(read, recurrence=days)
    assert read == plan
    assert faults_of(plan, exempt=True, today=TODAY) == {}


def test_an_occurrence_comes_back_from_its_row_as_it_was_written() -> None:
    written = kept(SERIES)[0].written
    assert Written.from_payload(written.to_payload()) == written


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"posts": ()}, "audience"),
        ({"committee_ids": (0,)}, "audience"),
        ({"items": ()}, "items"),
        ({"items": (OwnItem("防汛", 7),)}, "items"),
        ({"hall": "厅" * 41}, "hall"),
        ({"start": 12 * 60}, "start"),
        ({"start": -1}, "start"),
        ({"longest": 10}, "longest"),
        ({"start": 16 * 60 + 30}, "longest"),
        ({"call_hours": 12}, "call_hours"),
        ({"call_hours": -9}, "call_hours"),
        ({"recurrence": Recurrence(Pattern.WEEKLY, 6, TODAY)}, "pattern"),
        ({"recurrence": Recurrence(Pattern.WEEKLY, 1, TODAY, every=9)}, "pattern"),
        ({"recurrence": Recurrence(Pattern.WEEKLY, 1, date.min)}, "first"),
        ({"recurrence": Recurrence(Pattern.WEEKLY, 1, TODAY, last=date.min)}, "last"),
    ],
)
def test_what_cannot_be_meant_is_named_by_its_field(changes: dict, field: str) -> None:
    assert list(faults_of(a_plan(**changes), exempt=True, today=TODAY)) == [field]


def test_a_department_that_needs_approval_holds_no_standing_meeting() -> None:
    assert list(faults_of(a_plan(), exempt=False, today=TODAY)) == ["department"]


def test_junk_in_the_form_is_refused_and_never_fails() -> None:
    junk = dict.fromkeys(empty_values(TODAY, 1), "\u0661x--9")
    plan = read_plan(junk, posts=["BOSS"], committees=[9], everybody=(1, 2))
    assert set(faults_of(plan, exempt=False, today=TODAY)) >= {"department", "audience", "start"}
