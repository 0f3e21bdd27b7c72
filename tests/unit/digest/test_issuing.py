"""When a digest is issued and what stands in it: holidays, late items, corrections, deadlines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.digest.format import fingerprint, parse_digest, serialise_digest
from server.digest.issuing import (
    Correction,
    Issue,
    Material,
    compose_digest,
    is_taken,
    issues_around,
)
from server.digest.model import (
    Deadline,
    DigestEntry,
    DigestFile,
    WeeklyDigest,
    concerned,
    copy_for,
    corrections_of,
)
from server.domain.places import Post
from server.domain.session import AgendaItem, Session, SessionState
from server.scheduler.filing import Approval, FiledRequest, Filing, RequestState
from server.scheduler.workdays import WorkdayTable, next_digest_day

MONDAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
ISSUE = Issue("2026-W48", MONDAY, AT, AT + timedelta(days=6))
USUAL = WorkdayTable()
GOLDEN_WEEK = WorkdayTable(
    exceptions={date(2026, 10, d): False for d in (1, 2, 5, 6, 7)} | {date(2026, 10, 10): True}
)


def request(number: int = 1, **changes: object) -> FiledRequest:
    filing = Filing(
        department_id=4,
        topic="医保缴费",
        minutes=15,
        read_only=True,
        posts=(Post.DIRECTOR,),
        committee_ids=(),
        earliest=MONDAY,
        deadline=MONDAY + timedelta(days=14),
    )
    of_filing = {k: v for k, v in changes.items() if k in Filing.__slots__}
    of_request = {k: v for k, v in changes.items() if k not in of_filing}
    made = FiledRequest(
        id=number,
        filing=replace(filing, **of_filing),  # type: ignore[arg-type]
        department="服务办",
        state=RequestState.IN_DIGEST,
        approval=Approval.NOT_NEEDED,
        filed_at=AT - timedelta(days=3),
        session_id=None,
        digest_on=MONDAY,
        reason=None,
    )
    return replace(made, **of_request)  # type: ignore[arg-type]


def material(**changes: object) -> Material:
    empty = Material(
        requests=[],
        files={},
        corrections=[],
        sessions=[],
        placed={},
        committee_of={11: 1, 12: 2, 13: 3},
        earlier=[],
        committee_ids=[1, 2, 3],
    )
    return replace(empty, **changes)  # type: ignore[arg-type]


# --- when --------------------------------------------------------------------------------------


def test_it_is_issued_on_monday_at_half_past_eight_at_the_site() -> None:
    this, following = issues_around(USUAL, date(2026, 11, 25))
    assert (this.key, this.day, this.at) == ("digest:2026-W48", MONDAY, AT)
    assert this.until == datetime(2026, 11, 29, 16, 0, tzinfo=UTC)
    assert following.key == "digest:2026-W49"


def test_after_a_holiday_it_is_issued_on_the_first_working_day_even_a_thursday() -> None:
    (issue, _) = issues_around(GOLDEN_WEEK, date(2026, 10, 5))
    assert issue.day == date(2026, 10, 8)


def test_a_week_whose_only_working_day_is_a_made_up_saturday_is_issued_then() -> None:
    days = {date(2026, 10, d): False for d in (5, 6, 7, 8, 9)} | {date(2026, 10, 10): True}
    (issue, _) = issues_around(WorkdayTable(exceptions=days), date(2026, 10, 5))
    assert issue.day == date(2026, 10, 10)


def test_a_week_without_a_working_day_has_none() -> None:
    days = {date(2026, 10, d): False for d in (5, 6, 7, 8, 9)}
    (issue,) = issues_around(WorkdayTable(exceptions=days), date(2026, 10, 5))
    assert issue.week == "2026-W42"


def test_the_first_week_of_january_belongs_to_the_year_of_its_thursday() -> None:
    new_year = WorkdayTable(exceptions={date(2027, 1, 1): False})
    (issue, following) = issues_around(new_year, date(2027, 1, 1))
    assert (issue.key, following.key) == ("digest:2026-W53", "digest:2027-W01")


@pytest.mark.parametrize(
    ("now", "earliest", "day"),
    [
        (AT - timedelta(minutes=1), MONDAY, MONDAY),
        (AT, MONDAY, date(2026, 11, 30)),
        (AT - timedelta(days=2), date(2026, 12, 2), date(2026, 12, 7)),
    ],
)
def test_what_comes_after_half_past_eight_goes_into_the_next(
    now: datetime, earliest: date, day: date
) -> None:
    assert next_digest_day(USUAL, now, earliest) == day


# --- what --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"digest_on": MONDAY - timedelta(days=7)}, True),
        ({"digest_on": MONDAY + timedelta(days=7)}, False),
        ({"issued_at": AT}, False),
        ({"state": RequestState.SUBMITTED, "digest_on": None}, True),
        ({"state": RequestState.LEFT_OUT, "digest_on": None}, True),
        ({"state": RequestState.SUBMITTED, "read_only": False}, False),
        ({"state": RequestState.SUBMITTED, "earliest": MONDAY + timedelta(days=1)}, False),
        ({"state": RequestState.SUBMITTED, "deadline": MONDAY}, True),
        (
            {"state": RequestState.SUBMITTED, "earliest": date(2026, 11, 1), "deadline": AT.date()},
            True,
        ),
        ({"state": RequestState.WITHDRAWN}, False),
        ({"state": RequestState.DRAFT}, False),
    ],
)
def test_what_stands_in_a_digest(changes: dict[str, object], taken: bool) -> None:
    assert is_taken(request(**changes), MONDAY) is taken


def test_corrections_come_first_then_what_is_due_soonest_then_the_rest() -> None:
    corrected = DigestEntry(3, "燃气", 5, "平安办", committee_ids=(2,))
    made = material(
        requests=[request(1), request(2, due_on=date(2026, 12, 20)), request(3, due_on=MONDAY)],
        corrections=[(Correction(9, "2026-W47", 3, "应为 12 月 4 日", AT), corrected)],
        files={2: [DigestFile("表.xlsx", "a" * 64, 9)]},
    )
    digest = compose_digest(ISSUE, made, AT)
    assert [e.number for e in digest.entries] == [1, 2, 3, 4]
    assert [e.request for e in digest.entries] == ["", "R003", "R002", "R001"]
    assert digest.entries[0].corrects == "2026-W47/3"
    assert digest.entries[0].text == "应为 12 月 4 日"
    assert concerned(digest, digest.entries[0]) == (2,)
    assert digest.entries[2].files[0].name == "表.xlsx"
    before = WeeklyDigest("2026-W47", MONDAY, AT, (1, 2, 3), (corrected,))
    assert corrections_of(before, [digest]) == {3: ("2026-W48", 1)}
    assert corrections_of(digest, [before, digest]) == {}


def test_who_was_retired_is_told_nothing_and_an_entry_for_nobody_else_is_left_out() -> None:
    made = material(
        requests=[request(1, committee_ids=(2, 9)), request(2, committee_ids=(9,))],
        committee_ids=[1, 2],
    )
    digest = compose_digest(ISSUE, made, AT)
    assert [(e.request, e.committee_ids) for e in digest.entries] == [("R001", (2,))]


def session(starts_at: datetime, number: int = 7, venues: tuple[int, ...] = (11, 12)) -> Session:
    items = (
        AgendaItem(1, 1, "防汛", "平安办", 20, request_id=1),
        AgendaItem(2, 2, "反诈", "平安办", 10, request_id=2),
    )
    end = starts_at + timedelta(minutes=30)
    state = SessionState.SCHEDULED
    return Session(number, "主任例会", state, starts_at, end, "三楼", items, venues)


def test_a_committee_is_told_its_own_times_of_the_weeks_sessions() -> None:
    tuesday = AT + timedelta(days=1)
    sunday = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)
    placed = [
        request(1, posts=(Post.DIRECTOR,)),
        request(2, posts=(Post.SECRETARY,), committee_ids=(1,)),
    ]
    sessions = [
        session(AT - timedelta(hours=1), 5),
        session(tuesday),
        session(sunday, 8, (13,)),
        session(sunday + timedelta(hours=2), 9),
    ]
    digest = compose_digest(ISSUE, material(sessions=sessions, placed={7: placed, 9: placed}), AT)
    assert [s.session_id for s in digest.sessions] == [7, 8]
    own = copy_for(digest, 1).sessions
    assert [(s.posts, s.starts_at, s.ends_at) for s in own] == [
        ((Post.DIRECTOR,), tuesday, tuesday + timedelta(minutes=20)),
        ((Post.SECRETARY,), tuesday + timedelta(minutes=20), tuesday + timedelta(minutes=30)),
    ]
    assert [s.posts for s in copy_for(digest, 2).sessions] == [(Post.DIRECTOR,)]
    assert [s.session_id for s in copy_for(digest, 3).sessions] == [8]


def test_deadlines_of_earlier_digests_are_told_again_until_they_have_passed() -> None:
    def told(number: int, due_on: date | None, *committees: int) -> DigestEntry:
        return DigestEntry(number, f"第{number}条", 4, "服务办", "", due_on, committees)

    before = WeeklyDigest(
        week="2026-W45",
        day=date(2026, 11, 2),
        issued_at=AT,
        committee_ids=(1, 2, 3),
        entries=(
            told(1, date(2026, 12, 6)),
            told(2, date(2026, 12, 7)),
            told(3, date(2026, 11, 22)),
            told(4, date(2026, 11, 23), 3),
            told(5, None),
        ),
    )
    digest = compose_digest(ISSUE, material(earlier=[before]), AT)
    assert [(d.number, d.due_on.day) for d in digest.deadlines] == [(4, 23), (1, 6)]
    assert [d.number for d in copy_for(digest, 1).deadlines] == [1]
    assert not copy_for(digest, 1).is_empty
    assert copy_for(compose_digest(ISSUE, material(), AT), 1).is_empty


# --- as it is kept -----------------------------------------------------------------------------

WORDS = st.text(max_size=20)
IDS = st.lists(st.integers(1, 99), max_size=3).map(tuple)
ENTRIES = st.builds(
    DigestEntry,
    number=st.integers(1, 99),
    topic=WORDS,
    department_id=st.integers(1, 20),
    department=WORDS,
    text=WORDS,
    due_on=st.none() | st.dates(),
    committee_ids=IDS,
    files=st.lists(st.builds(DigestFile, WORDS, WORDS, st.integers(0, 2**40)), max_size=2).map(
        tuple
    ),
    request=WORDS,
    corrects=WORDS,
)
DIGESTS = st.builds(
    WeeklyDigest,
    week=WORDS,
    day=st.dates(),
    issued_at=st.datetimes(timezones=st.just(UTC)),
    committee_ids=IDS,
    entries=st.lists(ENTRIES, max_size=3).map(tuple),
    deadlines=st.lists(
        st.builds(Deadline, st.dates(), WORDS, WORDS, WORDS, st.integers(1, 9), IDS), max_size=2
    ).map(tuple),
)


@given(DIGESTS)
def test_a_digest_is_read_as_it_was_kept(digest: WeeklyDigest) -> None:
    text = serialise_digest(digest)
    assert parse_digest(text) == digest
    assert fingerprint(text) == fingerprint(serialise_digest(parse_digest(text)))


def test_a_digest_with_sessions_is_read_as_it_was_kept() -> None:
    made = material(sessions=[session(AT + timedelta(days=1))])
    digest = compose_digest(ISSUE, made, AT)
    assert digest.sessions
    assert parse_digest(serialise_digest(digest)) == digest
