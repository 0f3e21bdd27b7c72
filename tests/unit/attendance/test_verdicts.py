"""Verdicts by item and by person, corrections that wait, and what must hold for every session."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.attendance.accounting import compute_attendance
from server.attendance.model import (
    Attendance,
    CorrectionState,
    Excuse,
    ItemAttendance,
    PersonAttendance,
    Verdict,
)
from server.attendance.period import Totals, totals_of
from server.attendance.report import report_of
from server.domain.events import EventKind
from server.domain.opening import ExpectedPerson, ItemCall
from server.domain.places import Post
from server.domain.timespan import total
from tests.unit.attendance.meeting import Meeting, at

CALLS = (ItemCall(1, (), ()), ItemCall(2, (Post.SECRETARY,), (1, 2)), ItemCall(3, (), (3,)))
PEOPLE = tuple(
    ExpectedPerson(venue * 10 + n, venue, f"人{venue}{n}", post)
    for venue in (1, 2, 3)
    for n, post in enumerate((Post.SECRETARY, Post.DIRECTOR))
)


class NamedMeeting(Meeting):
    """A session whose items call some venues and posts only, with people by name."""

    def __init__(self, venues: int = 3, **rules: int) -> None:
        super().__init__(venues, **rules)
        payload = self.events[0].payload | {
            "calls": [
                {
                    "item_id": c.item_id,
                    "posts": [str(p) for p in c.posts],
                    "venue_ids": [*c.venue_ids],
                }
                for c in CALLS
            ],
            "people": [
                {
                    "person_id": p.person_id,
                    "venue_id": p.venue_id,
                    "name": p.name,
                    "post": str(p.post),
                }
                for p in PEOPLE
            ],
        }
        self.events[0] = replace(self.events[0], payload=payload)

    def run_items(self, *minutes: float) -> "NamedMeeting":
        for number, minute in enumerate(minutes, 1):
            self.tell(minute, EventKind.AGENDA_ITEM_STARTED, item_id=number)
        return self

    def sign(self, minute: float, person: int) -> "NamedMeeting":
        found = next((p for p in PEOPLE if p.person_id == person), PEOPLE[0])
        payload: dict[str, Any] = {
            "venue_id": person // 10,
            "person_id": person,
            "name": found.name,
            "post": "DIRECTOR",
            "way": "phone",
        }
        self.tell(minute, EventKind.VENUE_SIGNED_IN, **payload)
        return self


def fold(meeting: Meeting, now: float = 60) -> Attendance:
    return compute_attendance(meeting.events, at(now))


def item(meeting: Meeting, number: int) -> ItemAttendance:
    return fold(meeting).items[number - 1]


def person(meeting: Meeting, person_id: int) -> PersonAttendance:
    return next(p for p in fold(meeting).people if p.person.person_id == person_id)


def verdicts(found: ItemAttendance) -> dict[int, Verdict]:
    return {line.venue.venue_id: line.verdict for line in found.lines}


# --- items --------------------------------------------------------------------------------------


def test_an_item_judges_only_those_whom_it_calls() -> None:
    meeting = NamedMeeting().run_items(0, 20, 40).join(0).join(0, 2).join(0, 3)
    meeting.close()
    assert [item(meeting, n).called for n in (1, 2, 3)] == [3, 2, 1]
    assert set(verdicts(item(meeting, 2))) == {1, 2}
    assert set(verdicts(item(meeting, 3))) == {3}


def test_who_is_on_time_for_the_session_may_be_late_for_nothing_and_absent_later() -> None:
    meeting = NamedMeeting().run_items(0, 20, 40).join(0).leave(18).join(28, 2)
    meeting.close()
    assert verdicts(item(meeting, 1)) == {
        1: Verdict.PRESENT,
        2: Verdict.ABSENT,
        3: Verdict.ABSENT,
    }
    assert verdicts(item(meeting, 2)) == {1: Verdict.ABSENT, 2: Verdict.LATE}
    assert item(meeting, 2).lines[1].late_by == timedelta(minutes=8)


def calling(meeting: NamedMeeting, **venues: list[int]) -> NamedMeeting:
    """Let the items call other venues: ``one``, ``two``, ``three``."""
    calls = [
        {"item_id": number, "posts": [], "venue_ids": venues[name]}
        for number, name in enumerate(("one", "two", "three"), 1)
    ]
    payload = meeting.events[0].payload | {"calls": calls}
    meeting.events[0] = replace(meeting.events[0], payload=payload)
    return meeting


def test_whom_no_item_that_began_has_called_is_not_absent() -> None:
    meeting = calling(NamedMeeting(), one=[1, 2], two=[1, 2], three=[3]).run_items(0, 20)
    meeting.join(0).join(0, 2).sign(5, 30).close()
    third = fold(meeting).venues[2]
    assert (third.verdict, third.excuse) == (Verdict.EXCUSED, Excuse.NOT_REACHED)
    assert person(meeting, 31).excuse is Excuse.NOT_REACHED


def test_who_comes_early_for_a_later_item_is_not_late() -> None:
    meeting = calling(NamedMeeting(), one=[1, 2], two=[1, 2], three=[3]).run_items(0)
    meeting.join(12, 3)
    assert fold(meeting, now=20).venues[2].verdict is Verdict.PRESENT


def test_who_was_told_that_it_may_leave_has_not_left_early_after_an_undo() -> None:
    meeting = calling(NamedMeeting(), one=[1, 2], two=[1, 2], three=[3]).run_items(0, 20)
    meeting.join(0, 2).tell(30, EventKind.AGENDA_ITEM_STARTED, item_id=3).leave(30.1, 2)
    meeting.tell(30.15, EventKind.AGENDA_ITEM_ENDED, item_id=3, undoes=9)
    meeting.tell(30.15, EventKind.AGENDA_ITEM_STARTED, item_id=2)
    meeting.tell(40, EventKind.AGENDA_ITEM_STARTED, item_id=3).close()
    assert fold(meeting).venues[1].verdict is Verdict.PRESENT


def test_who_leaves_after_the_beginning_was_taken_back_left_early() -> None:
    meeting = calling(NamedMeeting(), one=[1, 2], two=[1, 2], three=[3]).run_items(0, 20)
    meeting.join(0, 2).tell(30, EventKind.AGENDA_ITEM_STARTED, item_id=3)
    meeting.tell(30.15, EventKind.AGENDA_ITEM_ENDED, item_id=3, undoes=9)
    meeting.tell(30.15, EventKind.AGENDA_ITEM_STARTED, item_id=2).leave(31, 2)
    meeting.tell(40, EventKind.AGENDA_ITEM_STARTED, item_id=3).close()
    assert fold(meeting).venues[1].verdict is Verdict.LEFT_EARLY


def test_a_corrected_verdict_holds_at_its_items_and_for_its_people() -> None:
    meeting = NamedMeeting().run_items(0, 20, 40).join(0, 2).sign(5, 10).close()
    assert person(meeting, 10).verdict is Verdict.ABSENT
    assert verdicts(item(meeting, 1))[1] is Verdict.ABSENT
    meeting.tell(
        100,
        EventKind.ATTENDANCE_CORRECTED,
        venue_id=1,
        field="verdict",
        value="PRESENT",
        reason="电话",
    )
    assert verdicts(item(meeting, 1))[1] is Verdict.PRESENT
    assert person(meeting, 10).verdict is Verdict.PRESENT


def test_an_item_that_has_not_begun_judges_nobody() -> None:
    meeting = NamedMeeting().run_items(0).join(0).close()
    found = item(meeting, 2)
    assert (found.actual, found.lines, found.there, found.called) == (None, (), 0, 2)


def test_a_line_that_broke_in_an_item_excuses_for_it() -> None:
    meeting = NamedMeeting().run_items(0, 20, 40).join(0).lose(15).close()
    found = item(meeting, 2).lines[0]
    assert (found.verdict, found.excuse) == (Verdict.EXCUSED, Excuse.LINE)


def test_an_item_whose_beginning_was_taken_back_has_not_run() -> None:
    meeting = NamedMeeting().join(0).run_items(0)
    meeting.tell(10, EventKind.AGENDA_ITEM_ENDED, item_id=1)
    meeting.tell(10, EventKind.AGENDA_ITEM_STARTED, item_id=2)
    meeting.tell(10.2, EventKind.AGENDA_ITEM_ENDED, item_id=2, undoes=4)
    meeting.tell(10.2, EventKind.AGENDA_ITEM_STARTED, item_id=1, undoes=4)
    meeting.close()
    assert item(meeting, 2).actual is None
    first = item(meeting, 1).actual
    assert first is not None
    assert (first.start, first.end) == (at(0), at(52))


def test_a_session_from_before_calls_were_kept_calls_everybody_for_every_item() -> None:
    meeting = Meeting().join(0).tell(0, EventKind.AGENDA_ITEM_STARTED, item_id=1).close()
    assert [i.called for i in fold(meeting).items] == [3, 3, 3]
    assert fold(meeting).people == ()


# --- whom only some items call -----------------------------------------------------------------


def test_a_venue_whose_items_are_over_may_leave_and_did_not_leave_early() -> None:
    meeting = NamedMeeting().run_items(0, 20, 40)
    meeting.join(0, 2).leave(41, 2).join(0, 1).leave(30, 1).close()
    told, early = fold(meeting).venues[1], fold(meeting).venues[0]
    assert (told.verdict, told.early_by) == (Verdict.PRESENT, timedelta())
    assert (early.verdict, early.early_by) == (Verdict.LEFT_EARLY, timedelta(minutes=10))


def test_while_a_later_item_may_still_call_it_going_is_leaving_early() -> None:
    meeting = NamedMeeting().run_items(0, 20).join(0, 2).leave(41, 2).close()
    assert fold(meeting).venues[1].verdict is Verdict.LEFT_EARLY


def test_a_venue_that_comes_for_its_first_item_is_not_late() -> None:
    calls = [{"item_id": 1, "posts": [], "venue_ids": [1]}]
    meeting = NamedMeeting(minimum_percent=50).run_items(0, 20, 40).join(21, 2).close()
    meeting.events[0] = replace(
        meeting.events[0], payload=meeting.events[0].payload | {"calls": calls}
    )
    assert fold(meeting).venues[1].verdict is Verdict.PRESENT
    late = NamedMeeting().run_items(0, 20, 40).join(31, 2).close()
    assert fold(late).venues[1].late_by == timedelta(minutes=31)


def test_who_came_and_went_before_its_item_was_not_there() -> None:
    calls = [{"item_id": n, "posts": [], "venue_ids": [1]} for n in (1, 2)]
    meeting = NamedMeeting().run_items(0, 20, 40).join(0, 2).leave(10, 2).close()
    meeting.events[0] = replace(
        meeting.events[0], payload=meeting.events[0].payload | {"calls": calls}
    )
    assert fold(meeting).venues[1].verdict is Verdict.ABSENT


def test_a_person_whose_items_are_over_leaves_with_the_venue_but_not_early() -> None:
    """Item 2 is the last that calls the director of venue 2 only as item 1, the secretary both."""
    meeting = NamedMeeting().run_items(0, 20, 40).join(0, 2).leave(25, 2)
    meeting.sign(0, 20).sign(0, 21).close()
    assert person(meeting, 20).verdict is Verdict.LEFT_EARLY
    assert person(meeting, 21).verdict is Verdict.PRESENT


# --- people -------------------------------------------------------------------------------------


def test_who_signed_in_in_time_was_there_and_who_did_not_was_absent() -> None:
    meeting = NamedMeeting().join(0).sign(1, 10).close()
    assert person(meeting, 10).verdict is Verdict.PRESENT
    assert person(meeting, 11).verdict is Verdict.ABSENT
    assert report_of(fold(meeting)).people.there == 1


def test_where_nobody_signed_in_by_name_nothing_is_said_of_people() -> None:
    meeting = NamedMeeting().join(0).close()
    assert person(meeting, 10).verdict is None
    figures = report_of(fold(meeting)).people
    assert (figures.called, figures.unknown, figures.known) == (6, 2, 4)
    assert figures.known == figures.there + figures.excused + figures.absent


@pytest.mark.parametrize(("minute", "verdict"), [(5, Verdict.PRESENT), (9, Verdict.LATE)])
def test_who_signs_in_after_the_grace_is_late(minute: float, verdict: Verdict) -> None:
    assert person(NamedMeeting().join(0).sign(minute, 10).close(), 10).verdict is verdict


def test_a_person_leaves_with_the_venue() -> None:
    meeting = NamedMeeting().join(0).sign(1, 10).leave(30).close()
    assert person(meeting, 10).verdict is Verdict.LEFT_EARLY


def test_a_sign_in_that_was_taken_back_is_none_and_may_be_made_again() -> None:
    meeting = NamedMeeting().join(0).sign(1, 10).sign(1, 11)
    meeting.tell(1.1, EventKind.VENUE_SIGN_IN_WITHDRAWN, venue_id=1, person_id=10)
    assert person(meeting, 10).signed_at is None
    assert person(meeting.sign(3, 10), 10).signed_at == at(3)
    assert person(meeting.sign(9, 10).close(), 10).signed_at == at(3)


def test_who_was_not_called_and_came_is_named_without_a_verdict() -> None:
    meeting = NamedMeeting().join(0).sign(1, 19).close()
    guest = person(meeting, 19)
    assert (guest.called, guest.verdict) == (False, None)
    assert report_of(fold(meeting)).people.unasked == 1


def test_leave_is_one_person_s_or_the_whole_venue_s() -> None:
    meeting = NamedMeeting().join(0).sign(1, 10)
    own = {"venue_id": 1, "person_id": 11, "reason": "住院"}
    meeting.tell(-60, EventKind.LEAVE_GRANTED, **own)
    meeting.tell(-60, EventKind.LEAVE_GRANTED, venue_id=2, reason="寒潮值班").close()
    away = person(meeting, 11)
    assert (away.verdict, away.excuse) == (Verdict.EXCUSED, Excuse.LEAVE)
    assert person(meeting, 20).excuse is Excuse.LEAVE
    assert fold(meeting).venues[0].verdict is Verdict.PRESENT
    meeting.tell(-50, EventKind.LEAVE_WITHDRAWN, venue_id=1, person_id=11)
    assert person(meeting, 11).verdict is Verdict.ABSENT


def test_a_venue_whose_line_never_came_back_excuses_its_people() -> None:
    meeting = NamedMeeting().join(-9).lose(-2).sign(-8, 10).close()
    assert person(meeting, 10).excuse is Excuse.LINE
    assert person(meeting, 11).excuse is Excuse.LINE


def test_an_item_counts_people_who_signed_in_before_its_end() -> None:
    meeting = NamedMeeting().run_items(0, 20, 40).join(0).join(0, 2)
    meeting.sign(1, 10).sign(45, 20).close()
    found = item(meeting, 2)
    assert (found.people_there, found.people_called) == (1, 2)


# --- roll calls and prompts ---------------------------------------------------------------------


def test_an_answer_that_was_taken_back_is_none() -> None:
    meeting = Meeting().join(0).tell(10, EventKind.ROLL_CALLED, venue_id=1)
    meeting.tell(11, EventKind.ROLL_ANSWERED, venue_id=1, by="hand")
    assert fold(meeting).venues[0].answered_at == (at(11),)
    meeting.tell(12, EventKind.ROLL_WITHDRAWN, venue_id=1)
    meeting.tell(13, EventKind.ROLL_MISSED, venue_id=1, reason="silent").close()
    assert fold(meeting).venues[0].answered_at == ()


def test_a_prompt_counts_where_it_could_be_answered() -> None:
    meeting = Meeting().join(0).join(0, 2)
    meeting.tell(10, EventKind.PROMPT_ASKED, venue_ids=[1, 2], seconds=120)
    meeting.tell(11, EventKind.PROMPT_ANSWERED, venue_id=1).lose(11.5, 2)
    meeting.tell(30, EventKind.PROMPT_ASKED, venue_ids=[1], seconds=120).close()
    assert [v.prompts for v in fold(meeting).venues] == [(2, 1), (0, 0), (0, 0)]


def test_an_answer_that_was_taken_counts_though_it_was_written_down_later() -> None:
    meeting = Meeting().join(0).tell(10, EventKind.PROMPT_ASKED, venue_ids=[1], seconds=60)
    meeting.tell(11.01, EventKind.PROMPT_ANSWERED, venue_id=1).close()
    assert fold(meeting).venues[0].prompts == (1, 1)


# --- watching later ----------------------------------------------------------------------------


def test_watching_later_is_counted_once_apart_and_makes_nobody_present() -> None:
    meeting = NamedMeeting().join(0, 2).close()
    for start, end in ((0, 600), (300, 900), (900, 900), (1200, 1100)):
        part = {"from_second": start, "to_second": end}
        meeting.tell(300, EventKind.RECORDING_WATCHED, venue_id=1, person_id=10, **part)
    meeting.tell(400, EventKind.RECORDING_WATCHED, venue_id=1, from_second=1800, to_second=1860)
    found = fold(meeting)
    assert found.venues[0].watched == timedelta(minutes=16)
    assert found.people[0].watched == timedelta(minutes=15)
    assert (found.venues[0].verdict, found.venues[0].in_session) == (Verdict.ABSENT, timedelta())
    assert report_of(found).lines[0].watched_minutes == 16
    assert report_of(found).figures.minutes == 52


# --- corrections --------------------------------------------------------------------------------


def asked(meeting: Meeting, **payload: Any) -> int:
    meeting.tell(100, EventKind.CORRECTION_ASKED, venue_id=1, reason="登记本为证", **payload)
    return meeting.events[-1].sequence


def test_a_correction_changes_nothing_until_another_confirms_it() -> None:
    meeting = Meeting().join(0).close()
    number = asked(meeting, field="head_count", value=7, by="杏雨里")
    waiting = fold(meeting)
    assert waiting.venues[0].head_count is None
    assert waiting.corrections[0].state is CorrectionState.WAITING
    meeting.tell(110, EventKind.CORRECTION_COMMENTED, asked=number, words="对的", by="王芳")
    meeting.tell(
        120,
        EventKind.ATTENDANCE_CORRECTED,
        venue_id=1,
        field="head_count",
        value=7,
        asked=number,
        by="会务",
    )
    done = fold(meeting)
    assert done.venues[0].head_count == 7
    assert done.corrections[0].state is CorrectionState.CONFIRMED
    assert (done.corrections[0].by, done.corrections[0].decided_by) == ("杏雨里", "会务")
    assert [c.words for c in done.corrections[0].comments] == ["对的"]


def test_a_refused_correction_stays_visible_and_changes_nothing() -> None:
    meeting = Meeting().close()
    number = asked(meeting, field="verdict", value="PRESENT")
    meeting.tell(110, EventKind.CORRECTION_REFUSED, asked=number, venue_id=1, words="查无此事")
    found = fold(meeting)
    assert found.venues[0].verdict is Verdict.ABSENT
    assert found.corrections[0].state is CorrectionState.REFUSED
    assert found.corrections[0].before == "ABSENT"


def test_a_person_s_verdict_is_corrected_and_nobody_else_s() -> None:
    meeting = NamedMeeting().join(0).sign(1, 10).close()
    number = asked(meeting, field="verdict", value="PRESENT", person_id=11, by="云杉苑")
    assert person(meeting, 11).verdict is Verdict.ABSENT
    assert fold(meeting).corrections[0].before == "ABSENT"
    payload = {"venue_id": 1, "person_id": 11, "field": "verdict", "value": "PRESENT"}
    meeting.tell(120, EventKind.ATTENDANCE_CORRECTED, asked=number, by="会务", **payload)
    found = fold(meeting)
    assert person(meeting, 11).verdict is Verdict.PRESENT
    assert found.venues[0].verdict is Verdict.PRESENT
    assert found.corrections[0].person == PEOPLE[1]
    assert report_of(found).people.there == 2


def test_a_correction_of_somebody_unknown_changes_nothing() -> None:
    meeting = NamedMeeting().join(0).close()
    asked(meeting, field="verdict", value="PRESENT", person_id=99)
    assert fold(meeting).corrections == ()


# --- what always holds --------------------------------------------------------------------------

moves = st.lists(
    st.tuples(
        st.floats(-10, 60, width=32),
        st.sampled_from(["join", "leave", "lose", "sign", "item", "ask", "correct"]),
        st.integers(1, 3),
    ),
    max_size=25,
)


def told(steps: list[tuple[float, str, int]]) -> NamedMeeting:
    meeting = NamedMeeting()
    for minute, what, venue in sorted(steps):
        if what == "sign":
            meeting.sign(minute, venue * 10)
        elif what == "item":
            meeting.tell(minute, EventKind.AGENDA_ITEM_STARTED, item_id=venue)
        elif what == "ask":
            meeting.tell(minute, EventKind.PROMPT_ASKED, venue_ids=[venue], seconds=60)
        elif what == "correct":
            payload = {"venue_id": venue, "field": "head_count", "value": venue}
            meeting.tell(minute, EventKind.ATTENDANCE_CORRECTED, **payload)
        else:
            getattr(meeting, what)(minute, venue)
    meeting.close()
    return meeting


@settings(max_examples=60, deadline=None)
@given(moves)
def test_presence_never_exceeds_the_session_nor_any_item(
    steps: list[tuple[float, str, int]],
) -> None:
    found = fold(told(steps))
    for venue in found.venues:
        assert venue.in_session == total(venue.presence) <= found.frame.length
        assert total([*venue.presence, *(g.span for g in venue.gaps)]) <= found.frame.length
        assert all(span.clipped_to(found.frame) == span for span in venue.presence)
    for item in found.items:
        assert len(item.lines) in {0, item.called}
        for line in item.lines:
            assert item.actual is not None
            assert line.in_item <= item.actual.length
    figures = report_of(found).people
    assert figures.known == figures.there + figures.excused + figures.absent


stays = st.lists(
    st.tuples(st.integers(-20, 70), st.integers(0, 40), st.sampled_from(["left", "lost"])),
    min_size=1,
    max_size=8,
)


@settings(max_examples=80, deadline=None)
@given(stays)
def test_overlapping_connections_of_a_venue_count_once(stays: list[tuple[int, int, str]]) -> None:
    """Counted minute by minute: one in which any of its connections stood is present, once."""
    steps: list[tuple[int, int, int, str]] = []
    for peer, (start, length, reason) in enumerate(stays):
        steps += [(start, 0, peer, ""), (start + length, 1, peer, reason)]
    meeting = Meeting()
    for minute, ends, peer, reason in sorted(steps):
        if ends:
            meeting.leave(minute, peer=f"p{peer}", reason=reason)
        else:
            meeting.join(minute, peer=f"p{peer}")
    meeting.tell(52, EventKind.SESSION_CLOSED)
    meeting.events.sort(key=lambda event: event.at)
    events = [replace(event, sequence=n) for n, event in enumerate(meeting.events, 1)]
    closed = next(n for n, e in enumerate(events, 1) if e.kind == EventKind.SESSION_CLOSED)
    venue = compute_attendance(events[:closed], at(52)).venues[0]
    inside = [m for m in range(52) if any(s <= m < s + length for s, length, _ in stays)]
    assert venue.in_session == timedelta(minutes=len(inside))
    assert all(a.end < b.start for a, b in pairwise(venue.presence))


@settings(max_examples=60, deadline=None)
@given(moves, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_attendance(
    steps: list[tuple[float, str, int]], random: Any
) -> None:
    meeting = told(steps)
    once = fold(meeting)
    random.shuffle(meeting.events)
    assert fold(meeting) == once


@settings(max_examples=80, deadline=None)
@given(moves)
def test_sums_of_lines_are_the_figures_of_the_report(steps: list[tuple[float, str, int]]) -> None:
    held = compute_attendance(told(steps).events, at(60))
    figures = report_of(held).figures
    sums = sum((totals_of(held, venue) for venue in held.venues), Totals())
    assert sums.expected == sums.present + sums.excused + sums.absent == 3
    assert (sums.present, sums.absent, sums.heads) == (
        figures.present,
        figures.absent,
        figures.head_count,
    )
    assert (sums.minutes, sums.excused) == (figures.minutes, figures.excused)


@settings(max_examples=80, deadline=None)
@given(st.floats(-20, 40), st.floats(0, 12), st.floats(0, 0.9), st.integers(0, 10))
def test_an_outage_of_the_server_never_makes_anyone_late(
    since: float, length: float, back: float, grace: int
) -> None:
    """Whoever was to be there at the start, and comes as soon as there is a service, is in time."""
    until = since + length
    joins = -1 if since > 0 else max(until, -1) + (back if until > -1 else 0)
    meeting = NamedMeeting(grace_minutes=grace, minimum_percent=0)
    if joins < since:
        meeting.join(joins).sign(joins, 10)
    meeting.outage(since, until)
    again = until + back if joins < since else joins
    meeting.join(max(again, joins), peer="q").sign(max(again, joins), 10)
    meeting.close(80)
    found = fold(meeting, 99)
    assert found.venues[0].verdict is not Verdict.LATE
    assert found.venues[0].late_by == timedelta()
    assert found.people[0].verdict is Verdict.PRESENT
    assert all(line.verdict is not Verdict.LATE for i in found.items for line in i.lines)


@settings(max_examples=60, deadline=None)
@given(moves, st.floats(-10, 55), st.floats(0, 20))
def test_an_outage_makes_nobody_later_than_without_it(
    steps: list[tuple[float, str, int]], since: float, length: float
) -> None:
    """What somebody is late by can only shrink when part of it is found to be our outage."""
    meeting = told([s for s in steps if s[1] in {"join", "leave", "lose", "sign"}])
    before = fold(meeting, 99)
    meeting.outage(since, since + length)
    after = fold(meeting, 99)
    for was, now in zip(before.venues, after.venues, strict=True):
        if now.presence and was.presence and now.presence[0].start == was.presence[0].start:
            assert now.late_by <= was.late_by
