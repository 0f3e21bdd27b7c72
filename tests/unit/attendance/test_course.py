"""The course of a session: items, venues connected, the floor and outages on one line."""

from server.attendance.accounting import compute_attendance
from server.attendance.course import WHOLE, course_of
from server.domain.events import EventKind
from tests.unit.attendance.meeting import at
from tests.unit.attendance.test_verdicts import NamedMeeting


def test_the_course_of_a_session_shows_items_venues_floor_and_outages() -> None:
    meeting = NamedMeeting(3)
    for venue in (1, 2, 3):
        meeting.join(-5, venue)
    for item, minute in ((1, 0), (2, 20), (3, 40)):
        meeting.tell(minute, EventKind.AGENDA_ITEM_STARTED, item_id=item)
    meeting.leave(26, 1)
    meeting.tell(10, EventKind.FLOOR_GIVEN, venue_id=2)
    meeting.tell(13, EventKind.FLOOR_TAKEN_BACK, venue_id=2)
    meeting.tell(48, EventKind.FLOOR_GIVEN, venue_id=3)
    meeting.outage(30, 31).close(50)
    course = course_of(compute_attendance(meeting.events, at(99)), meeting.events)
    assert [(p.text, p.x, p.width) for p in course.items] == [
        ("自治办", 0, 4000),
        ("平安办", 4000, 4000),
        ("服务办", 8000, 2000),
    ]
    assert [(p.text, p.x, p.width) for p in course.floor] == [
        ("居委会2", 2000, 600),
        ("居委会3", 9600, 400),
    ]
    assert course.joined[0].count == 3
    assert (5200, 2) in [(step.x, step.count) for step in course.joined]
    assert [part.x for part in course.outages] == [6000]
    assert (course.marks[0].text, course.marks[-1].text) == ("14:00", "14:50")
    assert course.marks[-1].x == WHOLE
