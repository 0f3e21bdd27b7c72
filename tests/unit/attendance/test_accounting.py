"""Facts to verdicts: presence, gaps and their causes, outages held against nobody."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.attendance.accounting import compute_attendance
from server.attendance.judging import Case, Measure, judge
from server.attendance.model import Cause, Connection, Ending, Excuse, VenueAttendance, Verdict
from server.attendance.report import report_of
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded, time_text
from server.domain.opening import AttendanceRules
from server.domain.timespan import Span, total
from tests.unit.attendance.meeting import Meeting, at


def first(meeting: Meeting, now: float = 60) -> VenueAttendance:
    return compute_attendance(meeting.events, at(now)).venues[0]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def causes(venue: VenueAttendance) -> list[tuple[Cause, Span]]:
    return [(gap.cause, gap.span) for gap in venue.gaps]


def test_a_session_that_was_not_opened_has_no_attendance() -> None:
    with pytest.raises(DomainError, match="session_not_opened"):
        compute_attendance([], at(0))


def test_presence_is_clipped_to_the_session() -> None:
    venue = first(Meeting().join(-8).close())
    assert venue.presence == (Span(at(0), at(52)),)
    assert venue.in_session == minutes(52)
    assert venue.first_join == at(-8)
    assert venue.last_leave is None
    assert venue.verdict is Verdict.PRESENT


@pytest.mark.parametrize(
    ("opened", "closed", "frame"),
    [(-10, 52, (0, 52)), (5, 52, (5, 52)), (-10, -4, (-10, -4)), (-10, 0, (-10, 0))],
)
def test_the_frame_begins_with_the_plan_or_the_opening_whichever_is_later(
    opened: float, closed: float, frame: tuple[float, float]
) -> None:
    meeting = Meeting(opened=opened).close(closed)
    assert compute_attendance(meeting.events, at(99)).frame == Span(at(frame[0]), at(frame[1]))


def test_while_the_session_is_open_it_is_measured_up_to_now() -> None:
    attendance = compute_attendance(Meeting().join(2).events, at(30))
    assert attendance.closed_at is None
    assert attendance.venues[0].in_session == minutes(28)


def test_presence_ends_at_the_last_packet_not_when_that_was_noticed() -> None:
    venue = first(Meeting().join(0).lose(30, noticed=0.5).close())
    assert venue.presence == (Span(at(0), at(30)),)
    assert venue.last_leave == at(30)


def test_a_last_packet_later_than_its_event_counts_only_up_to_the_event() -> None:
    meeting = Meeting().join(0).lose(31, noticed=-1).close()
    assert first(meeting).presence == (Span(at(0), at(30)),)


def test_presence_begins_with_the_connection_not_when_that_was_written_down() -> None:
    meeting = Meeting()
    since = time_text(at(1))
    meeting.tell(3, EventKind.VENUE_CONNECTED, venue_id=1, peer="p", connected_at=since).close()
    assert first(meeting).first_join == at(1)


def test_overlapping_connections_count_once() -> None:
    meeting = Meeting().join(0, peer="a").join(10, peer="b").lose(12, peer="a").close()
    assert first(meeting).in_session == minutes(52)


def test_a_second_pc_with_the_same_link_leaves_no_gap() -> None:
    meeting = Meeting().join(0, peer="a").join(10, peer="b")
    meeting.tell(10, EventKind.VENUE_REPLACED, venue_id=1, peer="a", by_peer="b").close()
    venue = first(meeting)
    assert venue.presence == (Span(at(0), at(52)),)
    assert venue.gaps == ()


def test_an_event_told_twice_counts_once() -> None:
    meeting = Meeting().join(3).lose(30).join(32).close()
    once = compute_attendance(meeting.events, at(60))
    assert compute_attendance(meeting.events + meeting.events[1:3], at(60)) == once


def test_a_broken_line_is_a_gap_and_nobodys_fault() -> None:
    venue = first(Meeting().join(0).lose(26).join(30).close())
    assert causes(venue) == [(Cause.LINE, Span(at(26), at(30)))]
    assert venue.in_session == minutes(48)
    assert venue.verdict is Verdict.PRESENT
    assert venue.came_back


def test_a_line_that_never_comes_back_is_told_but_is_not_leaving_early() -> None:
    venue = first(Meeting().join(0).lose(26).close())
    assert venue.verdict is Verdict.PRESENT
    assert not venue.came_back
    assert causes(venue) == [(Cause.LINE, Span(at(26), at(52)))]


def test_stepping_out_is_told_apart_from_a_broken_line() -> None:
    venue = first(Meeting().join(0).leave(20).join(25).close())
    assert causes(venue) == [(Cause.AWAY, Span(at(20), at(25)))]
    assert venue.verdict is Verdict.PRESENT


@pytest.mark.parametrize(
    ("minute", "verdict"), [(5, Verdict.PRESENT), (5.01, Verdict.LATE), (6, Verdict.LATE)]
)
def test_who_comes_after_the_grace_is_late(minute: float, verdict: Verdict) -> None:
    venue = first(Meeting().join(minute).close())
    assert venue.verdict is verdict
    assert venue.late_by == minutes(minute)


@pytest.mark.parametrize(("minute", "verdict"), [(47, Verdict.PRESENT), (46.9, Verdict.LEFT_EARLY)])
def test_who_says_good_bye_before_the_grace_left_early(minute: float, verdict: Verdict) -> None:
    assert first(Meeting().join(0).leave(minute).close()).verdict is verdict


def test_who_was_late_and_left_early_is_called_late_and_keeps_both_facts() -> None:
    venue = first(Meeting().join(10).leave(40).close())
    assert venue.verdict is Verdict.LATE
    assert (venue.late_by, venue.early_by) == (minutes(10), minutes(12))


def test_rules_are_those_kept_with_the_session() -> None:
    assert first(Meeting(grace_minutes=0).join(1).close()).verdict is Verdict.LATE
    assert first(Meeting(minimum_percent=50).join(30).close()).verdict is Verdict.ABSENT
    assert first(Meeting(minimum_percent=0).join(51).close()).verdict is Verdict.LATE


def test_who_never_came_is_absent_with_a_leave_excused() -> None:
    assert first(Meeting().close()).verdict is Verdict.ABSENT
    meeting = Meeting()
    meeting.tell(-60, EventKind.LEAVE_GRANTED, venue_id=1, reason="寒潮值班").close()
    venue = first(meeting)
    assert (venue.verdict, venue.excuse) == (Verdict.EXCUSED, Excuse.LEAVE)
    assert venue.leave is not None
    assert venue.leave.reason == "寒潮值班"


def test_a_leave_that_was_refused_in_the_end_excuses_nothing() -> None:
    meeting = Meeting().tell(-60, EventKind.LEAVE_GRANTED, venue_id=1, reason="寒潮值班")
    meeting.tell(-50, EventKind.LEAVE_REFUSED, venue_id=1).close()
    assert first(meeting).verdict is Verdict.ABSENT


def test_who_has_leave_and_comes_all_the_same_is_present() -> None:
    meeting = Meeting().tell(-60, EventKind.LEAVE_GRANTED, venue_id=1, reason="寒潮值班")
    assert first(meeting.join(0).close()).verdict is Verdict.PRESENT


def test_who_looked_in_for_two_minutes_was_absent() -> None:
    venue = first(Meeting().join(0).leave(2).close())
    assert venue.verdict is Verdict.ABSENT
    assert venue.in_session == minutes(2)


def test_an_outage_is_told_apart_and_so_is_the_way_back() -> None:
    venue = first(Meeting().join(0).outage(20, 24).join(24.5).close())
    assert causes(venue) == [(Cause.OUTAGE, Span(at(20), at(24.5)))]
    assert venue.verdict is Verdict.PRESENT


def test_who_takes_longer_than_the_way_back_has_a_broken_line_for_the_rest() -> None:
    venue = first(Meeting().join(0).outage(20, 24).join(30).close())
    assert causes(venue) == [
        (Cause.OUTAGE, Span(at(20), at(25))),
        (Cause.LINE, Span(at(25), at(30))),
    ]


def test_a_line_lost_a_moment_before_its_outage_belongs_to_the_outage() -> None:
    venue = first(Meeting().join(0).lose(19.95).outage(20, 22).join(22).close())
    assert causes(venue) == [(Cause.OUTAGE, Span(at(19.95), at(22)))]


def test_an_outage_at_the_start_makes_nobody_late() -> None:
    venue = first(Meeting().outage(-5, 12).join(12.5).close())
    assert venue.verdict is Verdict.PRESENT
    assert venue.late_by == timedelta()
    assert causes(venue) == [(Cause.OUTAGE, Span(at(0), at(12.5)))]


def test_only_the_part_outside_the_outage_makes_late() -> None:
    assert first(Meeting().outage(0, 10).join(18).close()).late_by == minutes(7)


def test_an_outage_up_to_the_end_makes_nobody_leave_early() -> None:
    venue = first(Meeting().join(0).outage(40).close())
    assert venue.verdict is Verdict.PRESENT
    assert venue.early_by == timedelta()
    assert causes(venue) == [(Cause.OUTAGE, Span(at(40), at(52)))]


def test_who_left_before_an_outage_left_early_by_the_rest_only() -> None:
    assert first(Meeting().join(0).leave(40).outage(45, 49).close()).early_by == minutes(7 - 5 / 60)


def test_who_could_never_come_because_of_an_outage_is_excused() -> None:
    venue = first(Meeting().outage(-20, 52).close())
    assert (venue.verdict, venue.excuse) == (Verdict.EXCUSED, Excuse.OUTAGE)


def test_an_outage_that_left_too_little_to_judge_excuses_who_never_came() -> None:
    venue = first(Meeting().outage(5.15, 51.5).close())
    assert (venue.verdict, venue.excuse) == (Verdict.EXCUSED, Excuse.OUTAGE)


def test_a_line_that_was_lost_for_an_item_is_not_called_an_outage() -> None:
    found = judge(
        Case([Connection(Span(at(0), at(10)), Ending.LOST), _standing(50)]),
        Measure(Span(at(0), at(60)), Span(at(20), at(40))),
        [],
        rules=AttendanceRules(),
    )
    assert (found.verdict, found.excuse) == (Verdict.EXCUSED, Excuse.LINE)


def _standing(since: float) -> Connection:
    return Connection(Span(at(since), at(60)), Ending.STANDING)


def test_who_was_there_before_the_start_and_lost_the_line_is_neither_late_nor_absent() -> None:
    back = first(Meeting().join(-9).lose(-2).join(8).close())
    assert back.verdict is Verdict.PRESENT
    assert causes(back) == [(Cause.LINE, Span(at(0), at(8)))]
    never = first(Meeting().join(-9).lose(-2).close())
    assert (never.verdict, never.excuse) == (Verdict.EXCUSED, Excuse.LINE)


def test_who_left_before_the_start_and_came_back_late_is_late() -> None:
    assert first(Meeting().join(-9).leave(-2).join(8).close()).verdict is Verdict.LATE


def test_an_end_of_an_outage_that_never_began_is_nothing() -> None:
    meeting = Meeting().join(0).tell(5, EventKind.SYSTEM_OUTAGE_ENDED, session=None).close()
    assert compute_attendance(meeting.events, at(60)).outages == ()


def test_two_starts_of_an_outage_are_one_outage() -> None:
    meeting = Meeting().join(0)
    meeting.tell(20, EventKind.SYSTEM_OUTAGE_STARTED, session=None)
    meeting.tell(21, EventKind.SYSTEM_OUTAGE_STARTED, session=None)
    meeting.tell(22, EventKind.SYSTEM_OUTAGE_ENDED, session=None).join(22).close()
    assert compute_attendance(meeting.events, at(60)).outages == (Span(at(20), at(22)),)


def test_an_outage_after_the_session_is_not_part_of_it() -> None:
    meeting = Meeting().join(0).close()
    before = compute_attendance(meeting.events, at(60))
    meeting.tell(500, EventKind.SYSTEM_OUTAGE_STARTED, session=None)
    assert compute_attendance(meeting.events, at(600)) == before


def test_a_line_lost_at_the_very_end_is_told_even_if_noticed_after_it() -> None:
    venue = first(Meeting().join(0).close().lose(51, noticed=2))
    assert venue.presence == (Span(at(0), at(51)),)


def test_head_counts_keep_the_last_and_the_highest() -> None:
    meeting = Meeting().join(0)
    for minute, count in ((0, 5), (10, 8), (20, 7)):
        meeting.tell(minute, EventKind.VENUE_HEAD_COUNT, venue_id=1, count=count)
    venue = first(meeting.close())
    assert (venue.head_count, venue.head_count_max) == (7, 8)
    assert first(Meeting().join(0).close()).head_count is None


def test_answers_to_roll_calls_are_kept() -> None:
    meeting = Meeting().join(0).tell(11, EventKind.ROLL_ANSWERED, venue_id=1).close()
    assert first(meeting).answered_at == (at(11),)


def test_an_answer_that_was_withdrawn_does_not_count_a_withdrawn_silence_takes_none() -> None:
    meeting = Meeting().join(0)
    for minute in (11, 12):
        meeting.tell(minute, EventKind.ROLL_ANSWERED, venue_id=1)
    meeting.tell(13, EventKind.ROLL_WITHDRAWN, venue_id=1, answer="answered")
    meeting.tell(14, EventKind.ROLL_WITHDRAWN, venue_id=1, answer="silent")
    assert first(meeting.close()).answered_at == (at(11),)


def test_corrections_are_applied_in_order_and_keep_what_they_replace() -> None:
    meeting = Meeting().join(0).tell(5, EventKind.VENUE_HEAD_COUNT, venue_id=1, count=5).close()
    kind = EventKind.ATTENDANCE_CORRECTED
    meeting.tell(90, kind, venue_id=1, field="head_count", value=6, reason="登记本为证")
    meeting.tell(91, kind, venue_id=2, field="verdict", value="EXCUSED", reason="寒潮值班")
    meeting.tell(92, kind, venue_id=2, field="verdict", value="ABSENT", reason="查无此事")
    meeting.tell(93, kind, venue_id=99, field="verdict", value="ABSENT", reason="不在名单")
    attendance = compute_attendance(meeting.events, at(99))
    assert attendance.venues[0].head_count == 6
    assert attendance.venues[1].verdict is Verdict.ABSENT
    assert [(c.before, c.after) for c in attendance.corrections] == [
        ("5", "6"),
        ("ABSENT", "EXCUSED"),
        ("EXCUSED", "ABSENT"),
    ]


def test_items_have_their_real_time_and_the_venues_that_saw_them() -> None:
    meeting = Meeting().join(0, venue=1).join(0, venue=2).leave(41, venue=2)
    meeting.tell(0, EventKind.AGENDA_ITEM_STARTED, item_id=1)
    meeting.tell(20, EventKind.AGENDA_ITEM_STARTED, item_id=2)
    meeting.tell(42, EventKind.AGENDA_ITEM_ENDED, item_id=2)
    meeting.tell(43, EventKind.AGENDA_ITEM_STARTED, item_id=3).close()
    items = compute_attendance(meeting.events, at(60)).items
    assert [item.planned.start for item in items] == [at(0), at(20), at(40)]
    assert [item.actual for item in items] == [
        Span(at(0), at(20)),
        Span(at(20), at(42)),
        Span(at(43), at(52)),
    ]
    assert [item.there for item in items] == [2, 2, 1]


def test_an_item_that_was_not_reached_has_no_time_and_no_venues() -> None:
    item = compute_attendance(Meeting().join(0).close().events, at(60)).items[2]
    assert (item.actual, item.lines) == (None, ())


def test_events_of_other_sessions_are_not_ours() -> None:
    meeting = Meeting().join(0).close()
    stranger = Meeting().join(0, venue=2).events[1]
    alien = Recorded(50, stranger.at, stranger.kind, 8, stranger.actor, stranger.payload)
    attendance = compute_attendance([*meeting.events, alien], at(60))
    assert attendance.venues[1].verdict is Verdict.ABSENT
    assert (attendance.events, attendance.last_sequence) == (3, 3)


# --- properties ---------------------------------------------------------------------------------

MINUTES = st.integers(-20, 60)
PEERS = st.sampled_from(["a", "b"])
STEPS = st.one_of(
    st.tuples(st.just("join"), MINUTES, st.integers(1, 4), PEERS),
    st.tuples(st.just("leave"), MINUTES, st.integers(1, 4), PEERS),
    st.tuples(st.just("lose"), MINUTES, st.integers(1, 4), PEERS),
    st.tuples(st.just("outage"), MINUTES, st.integers(0, 20)),
    st.tuples(st.just("count"), MINUTES, st.integers(1, 4), st.integers(0, 30)),
)


@st.composite
def meetings(draw: st.DrawFn, outages: bool = True) -> Meeting:
    """Draw a meeting whose clock may even jump backwards."""
    meeting = Meeting(venues=3, opened=draw(st.integers(-15, 10)))
    for name, minute, *rest in draw(st.lists(STEPS, max_size=25)):
        if name == "outage":
            if outages:
                meeting.outage(minute, minute + rest[0])
        elif name == "count":
            meeting.tell(minute, EventKind.VENUE_HEAD_COUNT, venue_id=rest[0], count=rest[1])
        else:
            getattr(meeting, name)(minute, venue=rest[0], peer=rest[1])
    if draw(st.booleans()):
        meeting.close(draw(st.integers(10, 60)))
    return meeting


@given(meetings(), st.data())
def test_any_order_of_arrival_gives_the_same_report(meeting: Meeting, data: Any) -> None:
    shuffled = data.draw(st.permutations(meeting.events + meeting.events[::2]))
    assert report_of(compute_attendance(shuffled, at(60))) == report_of(
        compute_attendance(meeting.events, at(60))
    )


@given(meetings())
def test_presence_never_exceeds_the_session_and_gaps_never_overlap_it(meeting: Meeting) -> None:
    attendance = compute_attendance(meeting.events, at(60))
    for venue in attendance.venues:
        assert venue.in_session <= attendance.frame.length
        assert all(span.clipped_to(attendance.frame) == span for span in venue.presence)
        gaps = [gap.span for gap in venue.gaps]
        assert total([*venue.presence, *gaps]) == venue.in_session + sum(
            (gap.length for gap in gaps), timedelta()
        )
        assert gaps == sorted(gaps)


@given(meetings())
def test_sums_over_venues_equal_totals(meeting: Meeting) -> None:
    report = report_of(compute_attendance(meeting.events, at(60)))
    figures = report.figures
    assert figures.expected == len(report.lines) == 3
    assert figures.present + figures.excused + figures.absent == figures.expected
    assert figures.minutes == sum(line.minutes for line in report.lines)
    assert figures.late <= figures.present
    assert all(line.minutes <= figures.session_minutes for line in report.lines)
    assert sorted(report.notable_first, key=lambda line: line.venue.expected.number) == list(
        report.lines
    )


@given(meetings(outages=False), st.integers(-20, 55), st.integers(0, 30))
def test_an_outage_makes_nobody_later_or_earlier(meeting: Meeting, since: int, length: int) -> None:
    """Take an outage in which nobody was connected anyway: it can only excuse."""
    closed = meeting.events[-1].kind == EventKind.SESSION_CLOSED
    events = meeting.events[:-1] if closed else list(meeting.events)
    without_outage = compute_attendance(events, at(60))
    told = Meeting(venues=3)
    told.events = list(events[:1])
    told.outage(since, since + length)
    outage = [
        Recorded(-n, e.at, e.kind, e.session_id, e.actor, e.payload)
        for n, e in zip((2, 1), told.events[1:], strict=True)
    ]
    with_outage = compute_attendance([*outage, *events], at(60))
    for before, after in zip(without_outage.venues, with_outage.venues, strict=True):
        assert after.late_by <= before.late_by
        assert after.early_by <= before.early_by
        assert after.presence == before.presence
