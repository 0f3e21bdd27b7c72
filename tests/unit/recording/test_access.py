"""Who may watch which recording, and how much of what is said to be watched can be true."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.auth.model import Login, Role
from server.auth.permissions import ROUTES, may_use
from server.domain.places import Venue, VenueKind
from server.domain.session import AgendaItem, Session, SessionState
from server.recording.access import Viewer, may_watch
from server.recording.watched import MOST_SECONDS, Tally, read_stretches
from tests.fakes import NOON_TUESDAY as NOON

VENUE = Venue(112, 12, "听泉苑", VenueKind.BRANCH, 12)
SESSION = Session(
    id=7,
    title="主任工作例会",
    state=SessionState.CLOSED,
    starts_at=NOON,
    ends_at=NOON + timedelta(minutes=50),
    hall="",
    items=(AgendaItem(1, 1, "自治金使用说明", "自治办", 20, request_id=40),),
    venue_ids=(112,),
)


def viewer(role: Role, **belonging: object) -> Viewer:
    login = Login(1, "name", "陈晓", role, None, None, NOON)
    return replace(Viewer(login), **belonging)


@pytest.mark.parametrize("role", [Role.LEADER, Role.OFFICE, Role.AUDITOR, Role.ADMIN])
def test_the_street_office_and_the_auditors_watch_all(role: Role) -> None:
    assert may_watch(viewer(role), replace(SESSION, venue_ids=()))


def test_a_committee_watches_what_it_was_called_to() -> None:
    assert may_watch(viewer(Role.SECRETARY, venue=VENUE), SESSION)
    assert not may_watch(viewer(Role.SECRETARY, venue=VENUE), replace(SESSION, venue_ids=(113,)))
    assert not may_watch(viewer(Role.SECRETARY), SESSION)


def test_a_department_watches_sessions_in_which_it_had_an_item() -> None:
    assert may_watch(viewer(Role.CLERK, department="自治办"), SESSION)
    assert may_watch(viewer(Role.CLERK, department="改了名的", requests={40}), SESSION)
    assert not may_watch(viewer(Role.CLERK, department="平安办", requests={41}), SESSION)
    assert not may_watch(viewer(Role.CLERK), SESSION)


def test_only_the_office_and_the_administrator_take_films_away() -> None:
    allowed = {role for role in Role if may_use(ROUTES["recording.download"], role)}
    assert allowed == {Role.OFFICE, Role.ADMIN}


def test_the_mark_over_the_picture_is_the_venue_or_the_person() -> None:
    assert viewer(Role.SECRETARY, venue=VENUE).mark == "听泉苑"
    assert viewer(Role.LEADER).mark == "陈晓"


def test_what_a_page_says_is_read_and_nonsense_dropped() -> None:
    said = ["0-60", "50-40", "x", "90-200", "5-5", "7-8-9", "-1-4"]
    assert read_stretches(said, 100) == [(0, 60), (90, 100)]
    assert len(read_stretches(["1-2"] * 20, 100)) == 8


def test_nobody_watches_faster_than_twice_the_time_that_passed() -> None:
    tally = Tally()
    assert tally.credit(1, 7, [(0, 3600)], now=NOON) == [(0, MOST_SECONDS)]
    tally.begin(2, 7, NOON)
    later = NOON + timedelta(seconds=20)
    tally.begin(2, 7, later)
    assert tally.credit(2, 7, [(0, 40), (100, 200)], now=later) == [(0, 40), (100, 110)]
    assert tally.credit(2, 7, [(0, 30), (40, 50)], now=later) == [(0, 10)]
