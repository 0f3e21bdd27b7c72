"""Where things stand on the timeline: inside its width, in order, labels apart from each other."""

from itertools import pairwise

import pytest
from hypothesis import given

from server.attendance.accounting import compute_attendance
from server.attendance.timeline import Bar, bars, marks, scale_of
from server.domain.events import EventKind
from tests.unit.attendance.meeting import Meeting, at
from tests.unit.attendance.test_accounting import meetings


def bars_of(meeting: Meeting) -> list[tuple[str, float, float]]:
    attendance = compute_attendance(meeting.events, at(60))
    found = bars(attendance.venues[0], scale_of(attendance))
    return [(bar.kind, bar.x, bar.width) for bar in found]


def test_the_session_takes_three_quarters_of_the_width() -> None:
    attendance = compute_attendance(Meeting().close().events, at(60))
    scale = scale_of(attendance)
    assert (scale.x(at(0)), scale.x(at(52))) == (14.18, 88.81)


def test_a_venue_that_came_before_the_start_is_drawn_from_then() -> None:
    kinds = [kind for kind, _, _ in bars_of(Meeting().join(-5).lose(20).join(25).close())]
    assert kinds == ["in", "in", "line", "in"]


@pytest.mark.parametrize(("leave", "kind"), [(False, "absent"), (True, "excused")])
def test_a_venue_that_was_not_there_has_an_empty_frame(leave: bool, kind: str) -> None:
    meeting = Meeting()
    if leave:
        meeting.tell(-60, EventKind.LEAVE_GRANTED, venue_id=1, reason="值班")
    assert bars_of(meeting.close()) == [(kind, 14.18, 74.63)]


def test_outages_and_stepping_out_have_their_own_kind() -> None:
    meeting = Meeting().join(0).outage(10, 12).join(12).leave(30).join(40).close()
    assert [kind for kind, _, _ in bars_of(meeting)] == ["in", "outage", "in", "away", "in"]


def test_a_session_of_no_length_stands_at_the_edge() -> None:
    attendance = compute_attendance(Meeting(opened=0).close(0).events, at(0))
    assert bars(attendance.venues[0], scale_of(attendance)) == [Bar("absent", 0.0, 0.0)]


def test_labels_name_items_where_they_began_and_the_end() -> None:
    meeting = Meeting().join(0)
    meeting.tell(0, EventKind.AGENDA_ITEM_STARTED, item_id=1)
    meeting.tell(22, EventKind.AGENDA_ITEM_STARTED, item_id=2).close()
    attendance = compute_attendance(meeting.events, at(60))
    found = marks(attendance, scale_of(attendance))
    assert [(mark.item, mark.at) for mark in found] == [
        ("自治办", at(0)),
        ("平安办", at(22)),
        ("服务办", at(40)),
        ("", at(52)),
    ]
    assert [mark.is_end for mark in found] == [False, False, False, True]


@given(meetings())
def test_everything_lies_inside_and_labels_do_not_run_into_one_another(meeting: Meeting) -> None:
    attendance = compute_attendance(meeting.events, at(60))
    scale = scale_of(attendance)
    for venue in attendance.venues:
        for bar in bars(venue, scale):
            assert 0 <= bar.x <= bar.x + bar.width <= 100.01
            assert bar.width >= 0
    places = [mark.x for mark in marks(attendance, scale)]
    assert all(b - a >= 7 for a, b in pairwise(places))
