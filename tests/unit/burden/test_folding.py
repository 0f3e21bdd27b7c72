"""What is kept of a session: its venues' shares, and that the copy says the same."""

from dataclasses import replace

from server.attendance.accounting import compute_attendance
from server.burden.folding import held_from_payload, held_of, held_payload
from server.domain.events import EventKind
from server.domain.places import Post
from tests.unit.attendance.meeting import SESSION, at
from tests.unit.attendance.test_verdicts import NamedMeeting


def three_items() -> NamedMeeting:
    """Item 1 calls all from 0 to 20, item 2 venues 1 and 2 to 40, item 3 venue 3 to 52."""
    meeting = NamedMeeting(3)
    for venue in (1, 2, 3):
        meeting.join(-5, venue)
    for item, minute in ((1, 0), (2, 20), (3, 40)):
        meeting.tell(minute, EventKind.AGENDA_ITEM_STARTED, item_id=item)
    return meeting


def test_the_time_of_items_that_do_not_call_a_venue_is_spare() -> None:
    found = held_of(compute_attendance(three_items().close(52).events, at(99)))
    assert [(s.venue_id, s.spare, s.waited, s.items) for s in found.shares] == [
        (1, 12, 12, 2),
        (2, 12, 12, 2),
        (3, 20, 20, 2),
    ]
    assert [(i.department, i.planned, i.minutes, i.called) for i in found.items] == [
        ("自治办", 20, 20, 3),
        ("平安办", 20, 20, 2),
        ("服务办", 10, 12, 1),
    ]


def test_who_leaves_when_its_items_are_over_has_waited_for_nothing() -> None:
    meeting = three_items().leave(40, 1).close(52)
    found = held_of(compute_attendance(meeting.events, at(99)))
    assert [s.waited for s in found.shares] == [0, 12, 20]
    assert found.shares[0].minutes == 40


def test_posts_are_those_that_its_items_call() -> None:
    found = held_of(compute_attendance(three_items().close(52).events, at(99)))
    assert found.shares[0].posts == tuple(Post)


def test_each_post_has_the_items_that_call_it_and_what_is_spare_for_it() -> None:
    attendance = compute_attendance(three_items().close(52).events, at(99))
    assert held_of(attendance).shares[2].by_post == (), "all its posts are called alike"
    opening = attendance.opening
    calls = (
        replace(opening.calls[0], posts=(Post.SECRETARY,)),
        replace(opening.calls[1], posts=(Post.SECRETARY, Post.DIRECTOR)),
        *opening.calls[2:],
    )
    found = held_of(replace(attendance, opening=replace(opening, calls=calls)))
    assert found.shares[0].posts == (Post.SECRETARY, Post.DIRECTOR)
    assert found.shares[0].by_post == ((2, 12, 12), (1, 32, 32))
    assert (found.shares[0].items, found.shares[0].spare) == (2, 12)
    assert held_from_payload(SESSION, held_payload(found)) == found


def test_without_items_that_ran_nothing_is_spare() -> None:
    meeting = NamedMeeting(3).join(0, 1).close(50)
    found = held_of(compute_attendance(meeting.events, at(99)))
    assert [(s.spare, s.waited) for s in found.shares] == [(0, 0)] * 3
    assert [i.minutes for i in found.items] == [None, None, None]


def test_what_is_kept_of_a_session_says_the_same() -> None:
    found = held_of(compute_attendance(three_items().close(52).events, at(99)))
    assert held_from_payload(SESSION, held_payload(found)) == found
