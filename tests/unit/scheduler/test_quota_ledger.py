"""What is granted and when, the ledger as a fold over sessions, and plans that go too far."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.clock import SITE_ZONE
from server.domain.errors import DomainError
from server.domain.places import Committee, Post, Venue, VenueKind
from server.domain.session import AgendaItem, Session, SessionState
from server.scheduler.audiences import Calling
from server.scheduler.quota_ledger import (
    Called,
    calls_of,
    compute_ledger_of,
    compute_line,
    find_overruns,
)
from server.scheduler.quota_rules import (
    FIRST_VERSION,
    PRESET,
    OwnAmounts,
    QuotaRule,
    QuotaVersion,
    limits_of,
    month_period,
    parse_period,
    require_sound,
    version_for,
    week_period,
)

TUESDAY = date(2026, 11, 24)
WEEK = week_period(TUESDAY)
COMMITTEES = [Committee(n, n, f"第{n}居委会") for n in (1, 2, 3)]
VENUES = [Venue(n + 10, n, "", VenueKind.BRANCH, n) for n in (1, 2, 3)]
SOCIAL = (Post.SOCIAL_WORKER,)


def a_session(number: int, day: date = TUESDAY, **changes: Any) -> Session:
    start = datetime(day.year, day.month, day.day, 9, 30, tzinfo=SITE_ZONE)
    values: dict[str, Any] = {
        "id": number,
        "title": f"第{number}场",
        "state": SessionState.SCHEDULED,
        "starts_at": start,
        "ends_at": start + timedelta(minutes=40),
        "hall": "",
        "items": (AgendaItem(1, 1, "议题", "平安办", 20), AgendaItem(2, 2, "议题", "平安办", 20)),
        "venue_ids": (11, 12),
    }
    return Session(**(values | changes))


def calls(*sessions: Session, posts: dict[int, tuple[Post, ...]] | None = None) -> list[Called]:
    return calls_of(sessions, VENUES, posts or {})


def granting(number: int, valid_from: date, **changes: Any) -> QuotaVersion:
    values: dict[str, Any] = {"counts": PRESET.counts, "week": 3, "month": 8}
    return QuotaVersion(number, valid_from, QuotaRule(**(values | changes)))


def test_the_preset_counts_every_post_but_secretary_and_director() -> None:
    assert PRESET.counts == (Post.DEPUTY, Post.SOCIAL_WORKER)


def test_held_sessions_use_the_quota_and_scheduled_ones_reserve_it() -> None:
    made = calls(
        a_session(1, state=SessionState.CLOSED),
        a_session(2, state=SessionState.OPEN, venue_ids=(11,)),
        a_session(3),
        a_session(4, state=SessionState.CANCELLED),
        a_session(5, state=SessionState.PROPOSED),
        a_session(6, TUESDAY + timedelta(days=7)),
    )
    ledger = compute_ledger_of(WEEK, [], COMMITTEES, made)
    assert [(n.used, n.reserved, n.left, n.state) for n in ledger.lines] == [
        (2, 1, 0, "full"),
        (1, 1, 1, "nearly"),
        (0, 0, 3, "roomy"),
    ]
    assert (ledger.calls, ledger.granted, ledger.full, ledger.over) == (5, 9, 1, 0)
    assert ledger.lines[0].calls[0].departments == ("平安办",)


def test_a_session_that_calls_only_secretaries_uses_no_quota() -> None:
    made = calls(a_session(1), posts={1: (Post.SECRETARY, Post.DIRECTOR)})
    ledger = compute_ledger_of(WEEK, [], COMMITTEES, made)
    assert ledger.calls == 0
    assert [call.session.id for call in ledger.uncounted] == [1]
    assert [use.calls for use in ledger.lines[0].posts] == [1, 1, 0, 0]


def test_a_post_over_its_own_quota_makes_the_line_over() -> None:
    versions = [granting(1, WEEK.first, post_week={Post.SECRETARY: 0})]
    made = calls(a_session(1), posts={1: (Post.SECRETARY,)})
    line = compute_ledger_of(WEEK, versions, COMMITTEES, made).lines[0]
    assert (line.over, line.state, line.posts[0].over) == (0, "over", 1)


def test_without_a_limit_nothing_is_over() -> None:
    versions = [granting(1, WEEK.first, week=None)]
    ledger = compute_ledger_of(WEEK, versions, COMMITTEES, calls(a_session(1)))
    assert (ledger.granted, ledger.lines[0].left, ledger.lines[0].state) == (
        None,
        None,
        "unlimited",
    )


def test_a_retired_committee_has_a_line_only_when_it_was_called() -> None:
    gone = [Committee(1, 1, "旧", retired=True), Committee(3, 3, "旧三", retired=True)]
    ledger = compute_ledger_of(WEEK, [], gone, calls(a_session(1)))
    assert [line.committee.id for line in ledger.lines] == [1]


def test_a_version_holds_for_periods_that_begin_on_its_first_day_or_later() -> None:
    versions = [granting(1, WEEK.first, week=2), granting(2, TUESDAY, week=1)]
    assert version_for(versions, WEEK).number == 1
    assert version_for(versions, WEEK.moved(1)).number == 2
    assert version_for(versions, WEEK.moved(-1)) == FIRST_VERSION
    assert version_for(versions, month_period(TUESDAY)) == FIRST_VERSION


def test_a_committee_may_be_granted_another_amount_than_all() -> None:
    own = {2: OwnAmounts(week=1), 3: OwnAmounts(month=0)}
    version = granting(1, WEEK.first, own=own)
    ledger = compute_ledger_of(WEEK, [version], COMMITTEES, calls(a_session(1), a_session(2)))
    assert [line.granted for line in ledger.lines] == [3, 1, 3]
    assert [line.state for line in ledger.lines] == ["nearly", "over", "roomy"]
    assert (ledger.granted, version.rule.differs(WEEK)) == (7, 1)
    month = month_period(TUESDAY)
    assert [version.rule.amount_of(n, month) for n in (1, 2, 3)] == [8, 8, 0]


def test_amounts_of_single_committees_are_kept_and_older_versions_know_none() -> None:
    rule = granting(1, WEEK.first, own={2: OwnAmounts(week=1)}).rule
    stored = rule.to_payload()
    assert QuotaRule.from_payload(stored) == rule
    del stored["own"]
    assert QuotaRule.from_payload(stored).own == {}
    wrong = granting(1, WEEK.first, own={2: OwnAmounts(month=100)}).rule
    with pytest.raises(DomainError, match="quota_amount"):
        require_sound(wrong, "年底清理", WEEK.first, TUESDAY)


def test_a_plan_above_the_quota_is_listed_with_sessions_and_the_next_room() -> None:
    versions = [granting(1, WEEK.first, week=1)]
    made = calls(a_session(1), a_session(2), a_session(3, TUESDAY + timedelta(days=7)))
    (overrun,) = find_overruns(TUESDAY, versions, COMMITTEES, made)
    assert overrun.period == WEEK
    assert [line.committee.id for line in overrun.lines] == [1, 2]
    assert [call.session.id for call in overrun.sessions] == [1, 2]
    assert overrun.room == WEEK.moved(2)


def test_what_was_held_cannot_be_moved_and_is_no_overrun() -> None:
    versions = [granting(1, WEEK.first, week=0)]
    made = calls(a_session(1, state=SessionState.CLOSED))
    assert find_overruns(TUESDAY, versions, COMMITTEES, made) == []


@pytest.mark.parametrize("key", ["2026-W48", "2026-11", "2026-W53", "1971-01", "2099-W01"])
def test_a_period_comes_back_from_its_key(key: str) -> None:
    period = parse_period(key)
    assert period is not None
    assert period.key == key
    assert period.moved(3).moved(-3) == period


@pytest.mark.parametrize(
    "key", ["", "2026", "2026-W54", "2026-13", "2025-W53", "1969-01", "2101-01", "٢٠٢٦-11", "x"]
)
def test_what_is_no_period_is_none(key: str) -> None:
    assert parse_period(key) is None


@given(st.text(max_size=9))
def test_junk_is_a_period_or_none(text: str) -> None:
    period = parse_period(text)
    assert period is None or period.key == text


def test_the_amounts_of_several_periods_become_one_and_calls_that_count_as_used() -> None:
    assert limits_of({}) == limits_of({"a": None})
    both = limits_of({"2026-W48": 3, "2026-W49": 2})
    assert (both.amount, both.extra) == (3, {"2026-W49": 1})
    mixed = limits_of({"2026-W48": None, "2026-W49": 2})
    assert (mixed.amount, mixed.extra) == (99, {"2026-W49": 97})


@given(st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 99)))
def test_one_amount_leaves_each_period_exactly_what_it_is_granted(
    amounts: dict[str, int | None],
) -> None:
    limits = limits_of(amounts)
    for key, amount in amounts.items():
        if limits.amount is None:
            assert amount is None
        else:
            free = limits.amount - limits.extra.get(key, 0)
            assert free == (99 if amount is None else amount)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"counts": ()}, "quota_counts"),
        ({"week": 100}, "quota_amount"),
        ({"post_month": {Post.DEPUTY: -1}}, "quota_amount"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(changes: dict[str, Any], code: str) -> None:
    rule = granting(1, TUESDAY, **changes).rule
    with pytest.raises(DomainError) as refused:
        require_sound(rule, "为什么", TUESDAY, TUESDAY)
    assert refused.value.code == code


def test_a_reason_is_asked_for_and_history_stays() -> None:
    for reason, day, code in (
        ("", TUESDAY, "quota_reason"),
        ("x" * 61, TUESDAY, "quota_reason"),
        ("x", date(2026, 10, 31), "quota_from"),
        ("x", date(2028, 1, 1), "quota_from"),
    ):
        with pytest.raises(DomainError) as refused:
            require_sound(PRESET, reason, day, TUESDAY)
        assert refused.value.code == code
    require_sound(PRESET, "x", date(2026, 11, 1), TUESDAY)


@given(
    st.builds(
        QuotaRule,
        counts=st.lists(st.sampled_from(Post), unique=True).map(tuple),
        week=st.none() | st.integers(0, 99),
        month=st.none() | st.integers(0, 99),
        post_week=st.dictionaries(st.sampled_from(Post), st.integers(0, 99)),
        post_month=st.dictionaries(st.sampled_from(Post), st.integers(0, 99)),
        target=st.none() | st.integers(0, 99),
    )
)
def test_a_rule_comes_back_from_what_is_stored(rule: QuotaRule) -> None:
    assert QuotaRule.from_payload(rule.to_payload()) == rule


@given(
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.sampled_from(SessionState),
            st.sets(st.sampled_from([11, 12, 13])),
            st.sets(st.sampled_from(Post)),
        ),
        max_size=12,
    ),
    st.integers(0, 4),
)
def test_every_call_of_the_ledger_is_used_or_reserved_and_none_is_lost(
    made: list[tuple[int, SessionState, set[int], set[Post]]], amount: int
) -> None:
    sessions = [
        a_session(n, TUESDAY + timedelta(days=day), state=state, venue_ids=tuple(sorted(venues)))
        for n, (day, state, venues, _) in enumerate(made)
    ]
    posts = {n: tuple(sorted(called)) for n, (*_, called) in enumerate(made)}
    folded = calls(*sessions, posts=posts)
    versions = [granting(1, month_period(TUESDAY).first, week=amount)]
    for period in (WEEK.moved(n) for n in range(9)):
        ledger = compute_ledger_of(period, versions, COMMITTEES, folded)
        wanted = sum(
            len(call.committee_ids)
            for call in folded
            if period.first <= call.on <= period.last and call.posts & set(PRESET.counts)
        )
        assert ledger.calls == wanted == sum(n.used + n.reserved for n in ledger.lines)
        for line in ledger.lines:
            assert line.left is not None
            assert line.left - line.over == amount - len(line.calls)
    for overrun in find_overruns(TUESDAY, versions, COMMITTEES, folded):
        assert overrun.lines
        assert overrun.room is None or overrun.room.first > overrun.period.first


def test_a_committee_uses_its_quota_only_for_posts_of_its_own_that_are_called() -> None:
    director, social = (Post.DIRECTOR,), (Post.SOCIAL_WORKER,)
    made = calls_of(
        [a_session(1)],
        VENUES,
        {1: (*director, *social)},
        callings={1: (Calling((), director), Calling((2,), social))},
    )
    rule = QuotaRule(counts=social, week=3, month=None, post_week={Post.DIRECTOR: 1})
    first, second = (compute_line(c, WEEK, rule, made) for c in COMMITTEES[:2])
    assert (len(first.calls), len(second.calls)) == (0, 1)
    by_post = [{use.post: use.calls for use in line.posts} for line in (first, second)]
    assert [uses[Post.DIRECTOR] for uses in by_post] == [1, 1]
    assert [uses[Post.SOCIAL_WORKER] for uses in by_post] == [0, 1]


def test_a_posts_own_quota_counts_calls_that_use_no_committees_quota() -> None:
    director, social = (Post.DIRECTOR,), (Post.SOCIAL_WORKER,)
    sessions = [a_session(1), a_session(2), a_session(3)]
    posts = {1: director, 2: director, 3: social}
    made = calls_of(sessions, VENUES, posts)
    rule = QuotaRule(counts=social, week=1, month=None, post_week={Post.DIRECTOR: 1})
    line = compute_line(COMMITTEES[0], WEEK, rule, made)
    assert (len(line.calls), line.over, line.state) == (1, 0, "over")
    over = {use.post: use.over for use in line.posts}
    assert (over[Post.DIRECTOR], over[Post.SOCIAL_WORKER]) == (1, 0)
