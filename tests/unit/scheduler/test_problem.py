"""From the street's facts to an instance, to suggestions, and from a plan to what is entered."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from server.admission.book_form import empty_form, read_form
from server.domain.errors import DomainError
from server.domain.places import Committee, Department, Post, Venue, VenueKind
from server.domain.session import AgendaItem, Session, SessionState
from server.merging.instance.formats import parse_instance
from server.merging.instance.model import Instance, MergePlan
from server.merging.instance.writing import serialise_instance
from server.merging.search.merge import merge
from server.merging.verdict.check import check
from server.scheduler.filing import (
    Approval,
    FiledRequest,
    Filing,
    RequestState,
    only_serving,
    require_sound,
)
from server.scheduler.problem import Situation, compose_instance, first_day
from server.scheduler.publishing import (
    entries_of,
    moment_of,
    outcomes_of,
    still_called,
)
from server.scheduler.quota_rules import PRESET, OwnAmounts, QuotaRule, QuotaVersion
from server.scheduler.suggest import advise_on, suggest
from server.scheduler.workday_seed import seed_table

TUESDAY = date(2026, 11, 24)
EVERYBODY = frozenset({1, 2, 3})


def a_situation(*sessions: Session, **changes: Any) -> Situation:
    values: dict[str, Any] = {
        "today": TUESDAY,
        "hall": "三楼会议室",
        "committees": [Committee(n, n, f"第{n}居委会") for n in (1, 2, 3)],
        "departments": [Department(1, "自治办", True), Department(2, "平安办", False)],
        "venues": [Venue(n + 10, n, "", VenueKind.BRANCH, n) for n in (1, 2, 3)],
        "sessions": sessions,
        "called": {},
        "workdays": seed_table([2026]),
    }
    return Situation(**(values | changes))


def a_session(day: date, minutes: int, **changes: Any) -> Session:
    start = moment_of(day, minutes)
    values: dict[str, Any] = {
        "id": 7,
        "title": "自治例会",
        "state": SessionState.SCHEDULED,
        "starts_at": start,
        "ends_at": start + timedelta(minutes=40),
        "hall": "三楼会议室",
        "items": (AgendaItem(1, 1, "自治例会", "自治办", 40),),
        "venue_ids": (11, 12, 13),
    }
    return Session(**(values | changes))


def a_filing(**changes: Any) -> Filing:
    values: dict[str, Any] = {
        "department_id": 1,
        "topic": "反诈宣传",
        "minutes": 15,
        "read_only": False,
        "posts": (Post.DIRECTOR,),
        "committee_ids": (),
        "earliest": date(2026, 11, 25),
        "deadline": date(2026, 12, 4),
    }
    return Filing(**(values | changes))


def filed(number: int, **changes: Any) -> FiledRequest:
    filing = a_filing(**changes)
    return FiledRequest(
        id=number,
        filing=filing,
        department="自治办",
        state=RequestState.SUBMITTED,
        approval=Approval.NOT_NEEDED if filing.department_id == 1 else Approval.PENDING,
        filed_at=datetime(2026, 11, 24, 4, tzinfo=UTC),
        session_id=None,
        digest_on=None,
        reason=None,
    )


def test_an_instance_of_the_street_is_in_the_format() -> None:
    instance = compose_instance(
        a_situation(a_session(date(2026, 11, 26), 540)), [filed(1), filed(2, department_id=2)]
    )
    assert parse_instance(serialise_instance(instance)) == instance
    assert instance.days[0].date == date(2026, 11, 25)
    assert instance.days[-1].date == date(2026, 12, 4)
    assert [meeting.id for meeting in instance.standing] == ["H7"]


def test_nothing_new_is_held_today() -> None:
    assert first_day(a_situation()) == date(2026, 11, 25)
    assert first_day(a_situation(today=date(2026, 11, 27))) == date(2026, 11, 30)


def test_a_session_outside_the_half_days_blocks_its_committees() -> None:
    evening = a_session(date(2026, 11, 26), 11 * 60, venue_ids=(11,))
    instance = compose_instance(a_situation(evening), [filed(1)])
    assert instance.standing == ()
    assert [(b.committee, b.half) for b in instance.blocked] == [("C1", "AM")]


def test_the_second_of_two_sessions_in_a_half_day_blocks_its_committees() -> None:
    day = date(2026, 11, 26)
    instance = compose_instance(
        a_situation(a_session(day, 540), a_session(day, 600, id=8, venue_ids=(12,))), [filed(1)]
    )
    assert [meeting.id for meeting in instance.standing] == ["H7"]
    assert [(b.committee, b.half) for b in instance.blocked] == [("C2", "AM")]


def test_what_was_held_this_week_is_used_of_the_quota_when_its_posts_count() -> None:
    held = a_session(date(2026, 11, 23), 540, venue_ids=(11,))
    instance = compose_instance(a_situation(held), [filed(1)])
    assert instance.quota.used == {"C1|2026-11": 1, "C1|2026-W48": 1}
    spared = compose_instance(a_situation(held, called={7: (Post.SECRETARY,)}), [filed(1)])
    assert spared.quota.used == {}


def test_a_ride_for_the_same_people_is_suggested_before_a_session_of_its_own() -> None:
    situation = a_situation(a_session(date(2026, 11, 26), 540), called={7: (Post.DIRECTOR,)})
    ride, alone = suggest(compose_instance(situation, [filed(1, department_id=2)]))
    assert (ride.title, ride.trips, ride.anyway, ride.start) == ("自治例会", 0, 3, 580)
    assert not ride.needs_approval
    assert (alone.rides, alone.trips, alone.needs_approval) == (False, 3, True)


def test_people_of_another_post_make_no_trip_but_need_approval() -> None:
    situation = a_situation(a_session(date(2026, 11, 26), 540), called={7: (Post.SECRETARY,)})
    ride = suggest(compose_instance(situation, [filed(1, department_id=2)]))[0]
    assert (ride.trips, ride.anyway, ride.needs_approval) == (0, 0, True)


def test_nothing_is_suggested_for_reading_matter() -> None:
    assert suggest(compose_instance(a_situation(), [filed(1, read_only=True)])) == []


def merged(situation: Situation, *requests: FiledRequest) -> tuple[Instance, MergePlan]:
    instance = compose_instance(situation, requests)
    return instance, merge(instance, rounds=5)


def test_a_published_plan_enters_new_sessions_and_adds_to_scheduled_ones() -> None:
    situation = a_situation(a_session(date(2026, 11, 26), 540), called={7: (Post.DIRECTOR,)})
    rider = filed(1, department_id=2)
    own = filed(2, posts=(Post.SOCIAL_WORKER,), committee_ids=(2,), deadline=date(2026, 11, 25))
    _, plan = merged(situation, rider, own)
    entries = entries_of(plan, {r.number: r for r in (rider, own)}, EVERYBODY)
    new, added = sorted(entries, key=lambda entry: entry.session_id or 0)
    assert (new.session_id, new.title, new.committee_ids) == (None, "反诈宣传", frozenset({2}))
    assert (added.session_id, added.requests) == (7, (rider,))
    assert added.ends_at == moment_of(date(2026, 11, 26), 540 + 40 + 15)


def test_each_request_has_one_outcome() -> None:
    known = filed(1, read_only=True)
    waiting = filed(2, department_id=2)
    placed = filed(3, posts=(Post.SECRETARY,))
    requests = {r.number: r for r in (known, waiting, placed)}
    _, plan = merged(a_situation(), *requests.values())
    states = {o.request.id: o.state for o in outcomes_of(plan, requests)}
    assert states == {
        1: RequestState.IN_DIGEST,
        2: RequestState.LEFT_OUT,
        3: RequestState.PLACED,
    }


def test_the_moment_of_a_minute_is_in_utc() -> None:
    assert moment_of(date(2026, 11, 25), 540) == datetime(2026, 11, 25, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"topic": ""}, "request_topic"),
        ({"topic": "字" * 61}, "request_topic"),
        ({"minutes": 0}, "request_minutes"),
        ({"minutes": 12}, "request_minutes"),
        ({"minutes": 65}, "request_minutes"),
        ({"posts": ()}, "request_audience"),
        ({"deadline": date(2026, 11, 24)}, "request_deadline"),
        ({"deadline": date(2027, 11, 24)}, "request_deadline"),
    ],
)
def test_a_filing_that_cannot_be_meant_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        require_sound(a_filing(**changes))
    assert refusal.value.code == code


def test_a_form_with_all_committees_ticked_names_none() -> None:
    form = empty_form(date(2026, 11, 25), [1, 2, 3], 1)
    assert form.filing(date(2026, 11, 25), [1, 2, 3]).committee_ids == ()
    some = replace(form, committee_ids=(1, 3)).filing(date(2026, 11, 25), [1, 2, 3])
    assert some.committee_ids == (1, 3)


def test_a_form_drops_strangers_and_keeps_to_the_logins_department() -> None:
    form = read_form(
        {"topic": " x ", "minutes": "x", "deadline": "soon", "department": "9"},
        posts=["DIRECTOR", "MAYOR"],
        committees=[3, 99],
        everybody=[1, 2, 3],
        department_id=2,
    )
    assert (form.topic, form.minutes, form.deadline) == ("x", 0, None)
    assert (form.posts, form.committee_ids, form.department_id) == ((Post.DIRECTOR,), (3,), 2)


# --- committees that have come or gone -----------------------------------------------------------


def serving(*ids: int) -> list[Committee]:
    return [Committee(n, n, "改了名") for n in ids]


def test_a_request_loses_the_committees_that_were_retired_since() -> None:
    kept = only_serving(filed(1, committee_ids=(1, 2)), [1, 3])
    assert kept is not None
    assert kept.filing.committee_ids == (1,)
    assert only_serving(filed(1), [1, 3]) == filed(1)
    assert only_serving(filed(1, committee_ids=(2,)), [1, 3]) is None


def test_a_retired_committee_on_the_roster_of_a_shared_session_is_not_called_anew() -> None:
    situation = a_situation(a_session(date(2026, 11, 26), 540), committees=serving(1, 3))
    instance = compose_instance(situation, [filed(1)])
    assert [c.id for c in instance.committees] == ["C1", "C3"]
    assert instance.standing[0].audience.committees == ("C1", "C3")


def test_a_later_version_that_grants_less_counts_as_used_in_its_weeks() -> None:
    version = QuotaVersion(1, date(2026, 11, 30), QuotaRule(counts=PRESET.counts, week=2, month=8))
    instance = compose_instance(a_situation(quotas=[version]), [filed(1)])
    quota = instance.quota
    assert (quota.committee_week, quota.committee_month) == (3, 8)
    assert quota.used == {f"C{n}|2026-W49": 1 for n in (1, 2, 3)}


def test_without_a_version_the_preset_holds() -> None:
    quota = compose_instance(a_situation(), [filed(1)]).quota
    assert (quota.committee_week, quota.committee_month, quota.soft_week_target) == (3, 8, 1)
    assert quota.counts == ("DEPUTY", "SOCIAL_WORKER")
    assert quota.used == {}


def granting(number: int, valid_from: date, **changes: Any) -> QuotaVersion:
    values: dict[str, Any] = {"counts": (Post.DIRECTOR,), "week": 1, "month": None}
    return QuotaVersion(number, valid_from, QuotaRule(**(values | changes)))


def test_a_committee_with_an_amount_of_its_own_is_planned_by_it() -> None:
    quotas = [granting(1, date(2026, 11, 1), week=2, own={2: OwnAmounts(week=0)})]
    instance = compose_instance(a_situation(quotas=quotas), [filed(1)])
    assert instance.quota.committee_week == 2
    used = {key: n for key, n in instance.quota.used.items() if key.endswith("W48")}
    assert used == {"C2|2026-W48": 2}
    plan = merge(instance)
    assert [out.request for out in plan.left_out] == ["R001"]
    (alone,) = advise_on(a_situation(quotas=quotas), filed(1)).suggestions
    strain = (alone.strains[0].committee, alone.strains[0].used, alone.strains[0].limit)
    assert (alone.strained, strain) == (1, ("C2", 1, 0))


def test_which_posts_count_is_asked_week_by_week() -> None:
    """A session that calls directors counts in week 48 only, one of secretaries in week 49 only."""
    quotas = [
        granting(1, date(2026, 11, 1), week=2),
        granting(2, date(2026, 11, 30), week=2, counts=(Post.SECRETARY,)),
    ]
    sessions = [
        a_session(day, 14 * 60, id=number)
        for number, day in enumerate((date(2026, 11, 26), date(2026, 12, 1), date(2026, 12, 2)), 1)
    ]
    called = {1: (Post.DIRECTOR,), 2: (Post.DIRECTOR,), 3: (Post.SECRETARY,)}
    situation = a_situation(*sessions, quotas=quotas, called=called)
    instance = compose_instance(situation, [filed(1, department_id=1)])
    assert instance.quota.counts == ("SECRETARY", "DIRECTOR")
    ledger = {
        (line.committee, line.period): line.left
        for line in check(instance, merge(replace(instance, requests=()))).ledger
    }
    assert ledger["C1", "2026-W48"] == ledger["C1", "2026-W49"] == 1


def test_a_post_above_its_own_quota_is_listed_beside_its_committee() -> None:
    quotas = [granting(1, date(2026, 11, 1), week=5, post_week={Post.DIRECTOR: 0})]
    (alone,) = advise_on(a_situation(quotas=quotas), filed(1)).suggestions
    assert [(s.committee, s.role, s.used, s.limit) for s in alone.strains] == [
        (f"C{n}", "DIRECTOR", 1, 0) for n in (1, 2, 3)
    ]


def test_who_is_named_by_nothing_left_of_a_session_is_called_no_more() -> None:
    items = tuple(AgendaItem(n, n, "", "自治办", 20, n) for n in (1, 2))
    session = a_session(date(2026, 11, 26), 540, items=items)
    named = {1: filed(1, committee_ids=(1, 2)), 2: filed(2, committee_ids=(2,))}
    assert still_called(session, named) == {1, 2}
    assert still_called(replace(session, items=items[1:]), named) == {2}
    assert still_called(session, named | {2: filed(2)}) is None
    assert still_called(session, {1: named[1]}) is None
