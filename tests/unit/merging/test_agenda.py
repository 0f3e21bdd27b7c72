"""Agendas: the order with the least waiting, clock windows kept, and everybody's own times."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.merging.instance.lookup import look_up
from server.merging.instance.model import Audience, Cell, MeetingRequest
from server.merging.search.agenda import (
    PersonalTimes,
    frame_of,
    lay_out,
    order_exists,
    personal_times,
    plan_agenda,
)
from server.merging.verdict.facts import waiting_minutes, work_out
from tests.unit.merging.problems import (
    DIRECTORS,
    MONDAY,
    SECRETARIES,
    a_request,
    a_standing_meeting,
    an_instance,
)

MORNING = Cell(MONDAY, "AM", "VC")


def audience(*numbers: int) -> Audience:
    return Audience(tuple(f"C{n}" for n in numbers), ("social",))


def test_people_of_one_kind_are_kept_together() -> None:
    lookup = look_up(
        an_instance(
            a_request("R1", audience=SECRETARIES),
            a_request("R2", audience=DIRECTORS),
            a_request("R3", audience=SECRETARIES),
        )
    )
    agenda = plan_agenda(lookup, MORNING, ["R1", "R2", "R3"])
    assert agenda is not None
    assert agenda.waiting == 0
    assert agenda.order in [("R1", "R3", "R2"), ("R2", "R1", "R3")]


def test_guests_who_were_at_the_standing_meeting_come_right_after_it() -> None:
    meeting = a_standing_meeting(cell=MORNING)
    lookup = look_up(
        an_instance(
            a_request("R1", audience=DIRECTORS),
            a_request("R2", audience=SECRETARIES),
            standing=(meeting,),
        )
    )
    agenda = plan_agenda(lookup, MORNING, ["R1", "R2"])
    assert agenda is not None
    assert (agenda.start, agenda.order, agenda.waiting) == (555, ("R2", "R1"), 0)


def test_a_session_waits_for_the_hours_of_its_item() -> None:
    lookup = look_up(an_instance(a_request("R1", time_window=(600, 660)), a_request("R2")))
    agenda = plan_agenda(lookup, MORNING, ["R1", "R2"])
    assert agenda is not None
    assert agenda.start + 20 >= 600


def test_hours_that_cannot_both_be_kept_leave_no_agenda() -> None:
    lookup = look_up(
        an_instance(
            a_request("R1", time_window=(540, 560)), a_request("R2", time_window=(540, 565))
        )
    )
    assert plan_agenda(lookup, MORNING, ["R1", "R2"]) is None


def test_items_longer_than_a_session_leave_no_agenda() -> None:
    lookup = look_up(an_instance(a_request("R1", minutes=70), a_request("R2", minutes=60)))
    assert plan_agenda(lookup, MORNING, ["R1", "R2"]) is None


def test_a_standing_meeting_without_guests_is_laid_out_alone() -> None:
    meeting = a_standing_meeting(cell=MORNING)
    lookup = look_up(an_instance(standing=(meeting,)))
    agenda = plan_agenda(lookup, MORNING, [])
    assert agenda is not None
    session = lay_out(lookup, MORNING, agenda, session_id="S001")
    assert [(i.request, i.start, i.minutes) for i in session.items] == [("H1", 555, 40)]


def test_each_comes_for_the_first_item_and_leaves_after_the_last_of_theirs() -> None:
    lookup = look_up(
        an_instance(
            a_request("R1", audience=SECRETARIES, minutes=30),
            a_request("R2", audience=Audience(None, ("secretary", "director")), minutes=10),
        )
    )
    agenda = plan_agenda(lookup, MORNING, ["R1", "R2"])
    assert agenda is not None
    facts = work_out(lookup, lay_out(lookup, MORNING, agenda, session_id="S001"))
    secretaries, directors = lookup.crowds["R1"], lookup.people.called(DIRECTORS)
    start, first = agenda.start, agenda.order[0]
    own = (start, start + 10) if first == "R2" else (start + 30, start + 40)
    assert personal_times(facts) == sorted(
        [PersonalTimes(start, start + 40, secretaries), PersonalTimes(*own, directors)],
        key=lambda times: (times.arrive, times.leave),
    )


REQUESTS = st.lists(
    st.tuples(
        st.sets(st.integers(1, 5), min_size=1),
        st.sampled_from([5, 10, 20]),
        st.sampled_from([None, None, (540, 600), (560, 620), (600, 690)]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(REQUESTS, st.booleans())
def test_no_order_waits_less_than_the_planned_one(
    wishes: list[tuple[set[int], int, tuple[int, int] | None]], shared: bool
) -> None:
    requests = [
        a_request(f"R{n}", audience=audience(*sorted(who)), minutes=minutes, time_window=hours)
        for n, (who, minutes, hours) in enumerate(wishes)
    ]
    standing = (a_standing_meeting(cell=MORNING, audience=audience(1, 2), own_minutes=10),)
    lookup = look_up(an_instance(*requests, standing=standing if shared else ()))
    frame = frame_of(lookup, MORNING)
    best = None
    for order in permutations(requests):
        for start in frame.starts:
            waiting = price_of(lookup, order, start)
            if waiting is not None and (best is None or waiting < best):
                best = waiting
    planned = plan_agenda(lookup, MORNING, [request.id for request in requests])
    assert (planned.waiting if planned else None) == best
    assert order_exists(frame, requests) == (best is not None)
    if planned is not None:
        facts = work_out(lookup, lay_out(lookup, MORNING, planned, session_id="S"))
        assert waiting_minutes(facts) == planned.waiting


def price_of(lookup: object, order: tuple[MeetingRequest, ...], start: int) -> int | None:
    """The waiting of one order by counting each person's minutes, None when it breaks hours."""
    clock, runs = start, []
    frame = frame_of(lookup, MORNING)  # type: ignore[arg-type]
    if frame.opening:
        runs.append((clock, clock + frame.opening, {1, 2}))
        clock += frame.opening
    for request in order:
        hours = request.time_window
        end = clock + request.minutes
        if hours and (clock < hours[0] or end > hours[1]):
            return None
        people = {int(c[1:]) for c in request.audience.committees or ()}
        runs.append((clock, end, people))
        clock = end
    if clock > frame.end or clock - start > frame.limit:
        return None
    waiting = 0
    for person in range(1, 6):
        mine = [(a, b) for a, b, people in runs if person in people]
        if mine:
            waiting += mine[-1][1] - mine[0][0] - sum(b - a for a, b in mine)
    return waiting


@pytest.mark.parametrize("hall", ["R1", "VC"])
def test_a_session_starts_on_the_grid(hall: str) -> None:
    lookup = look_up(an_instance(granularity=50))
    assert frame_of(lookup, Cell(MONDAY, "AM", hall)).starts == (550, 600, 650)
