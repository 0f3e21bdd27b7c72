"""Who gets minutes of a meeting, in which order they run, and when departments are asked."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.domain.places import Post
from server.domain.session import AgendaItem, Session, SessionState
from server.merging.instance.model import Priority
from server.scheduler.filing import Approval, FiledRequest, Filing, RequestState
from server.scheduler.workdays import WorkdayTable
from server.standing.calling import CallState, call_state, call_times
from server.standing.filling import Bid, agenda_order, bids_of, fill, fill_session
from server.standing.model import OwnItem, Pattern, Plan, Recurrence

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
START = datetime(2026, 11, 30, 6, tzinfo=UTC)


def bid(number: int, minutes: int, **changes: bool) -> Bid:
    return Bid(number, minutes, NOON + timedelta(minutes=number), **changes)


def request(number: int, minutes: int, **changes: object) -> FiledRequest:
    filing = Filing(
        department_id=number,
        topic=f"议题{number}",
        minutes=minutes,
        read_only=False,
        posts=(Post.DIRECTOR,),
        committee_ids=(),
        earliest=date(2026, 11, 30),
        deadline=date(2026, 11, 30),
        priority=Priority.URGENT if changes.pop("urgent", False) else Priority.NORMAL,
        why="急",
    )
    values: dict = {
        "id": number,
        "filing": filing,
        "department": f"科室{number}",
        "state": RequestState.SUBMITTED,
        "approval": Approval.PENDING,
        "filed_at": NOON + timedelta(minutes=number),
        "session_id": None,
        "digest_on": None,
        "reason": None,
        "wish_id": 7,
    }
    return FiledRequest(**(values | changes))


def session(*guests: FiledRequest, longest: int | None = 60) -> Session:
    items = [AgendaItem(1, 1, "自治项目", "自治办", 20)]
    for place, guest in enumerate(guests, 2):
        filing = guest.filing
        items.append(
            AgendaItem(place, place, filing.topic, guest.department, filing.minutes, guest.id)
        )
    end = START + timedelta(minutes=sum(item.minutes for item in items))
    return Session(
        7, "主任例会", SessionState.SCHEDULED, START, end, "", tuple(items), (1,), longest=longest
    )


def test_minutes_go_to_the_urgent_then_the_approved_then_whoever_asked_first() -> None:
    bids = [bid(1, 10), bid(2, 10), bid(3, 10, granted=True), bid(4, 10, urgent=True)]
    filling = fill(30, 8, bids)
    assert filling.seated == (4, 3, 1)
    assert (filling.waiting, filling.left) == ((2,), 0)


def test_a_shorter_item_may_use_what_a_longer_one_cannot() -> None:
    filling = fill(25, 8, [bid(1, 20), bid(2, 10), bid(3, 5)])
    assert (filling.seated, filling.waiting, filling.left) == ((1, 3), (2,), 0)


def test_no_more_items_come_than_an_agenda_takes() -> None:
    filling = fill(60, 1, [bid(1, 5), bid(2, 5)])
    assert (filling.seated, filling.places) == ((1,), 0)


BIDS = st.lists(
    st.builds(
        Bid,
        request_id=st.integers(1, 99),
        minutes=st.integers(1, 12).map(lambda n: n * 5),
        filed_at=st.integers(0, 9).map(lambda n: NOON + timedelta(minutes=n)),
        urgent=st.booleans(),
        granted=st.booleans(),
    ),
    unique_by=lambda b: b.request_id,
    max_size=12,
)


@given(st.integers(-20, 120), st.integers(0, 8), BIDS, st.randoms())
def test_nobody_is_passed_over_for_somebody_of_lower_rank(
    minutes: int, places: int, bids: list[Bid], chance: object
) -> None:
    filling = fill(minutes, places, bids)
    shuffled = list(bids)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fill(minutes, places, shuffled) == filling
    known = {b.request_id: b for b in bids}
    seated = [known[i] for i in filling.seated]
    assert sorted([*filling.seated, *filling.waiting]) == sorted(known)
    assert sum(b.minutes for b in seated) + filling.left == max(0, minutes)
    assert len(seated) <= places
    for waiting in (known[i] for i in filling.waiting):
        above = [b for b in seated if b.rank < waiting.rank]
        room = max(0, minutes) - sum(b.minutes for b in above)
        assert waiting.minutes > room or len(above) >= places


@given(st.integers(0, 120), st.integers(0, 8), BIDS)
def test_who_comes_last_of_all_displaces_nobody(minutes: int, places: int, bids: list[Bid]) -> None:
    late = Bid(100, 10, NOON + timedelta(days=1))
    before, after = fill(minutes, places, bids), fill(minutes, places, [*bids, late])
    assert [i for i in after.seated if i != 100] == list(before.seated)


def test_guests_who_did_not_ask_through_the_meeting_keep_their_minutes() -> None:
    placed = request(2, 20, state=RequestState.PLACED, session_id=7, wish_id=None)
    asks = request(3, 20)
    bids = bids_of(7, [placed, asks, request(4, 10, state=RequestState.WITHDRAWN)])
    assert bids == [asks]
    filling = fill_session(session(placed), bids)
    assert (filling.seated, filling.left) == ((3,), 0)
    assert fill_session(session(placed, longest=None), bids).left == 60


def test_a_closed_agenda_runs_own_items_first_then_by_rank() -> None:
    late, urgent = request(2, 10), request(9, 10, urgent=True)
    assert agenda_order(session(late, urgent), [late, urgent]) == [1, 3, 2]


# --- when a call opens and closes ----------------------------------------------------------------


def a_plan(**changes: object) -> Plan:
    values: dict = {
        "title": "主任例会",
        "department_id": 1,
        "recurrence": Recurrence(Pattern.WEEKLY, 1, date(2026, 11, 1)),
        "start": 14 * 60,
        "items": (OwnItem("自治项目", 20),),
        "longest": 60,
        "posts": (Post.DIRECTOR,),
    }
    return Plan(**(values | changes))


def test_a_call_that_would_open_on_a_weekend_opens_on_the_friday_before() -> None:
    times = call_times(a_plan(), START, WorkdayTable())
    assert times is not None
    assert times.opens_at == datetime(2026, 11, 27, 6, tzinfo=UTC)
    assert call_times(a_plan(call_hours=0), START, WorkdayTable()) is None


def test_an_agenda_closes_twelve_hours_before_but_never_on_the_day_itself() -> None:
    morning = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)
    at_nine = call_times(a_plan(), morning, WorkdayTable())
    at_two = call_times(a_plan(), START, WorkdayTable())
    assert at_nine is not None
    assert at_two is not None
    assert at_nine.closes_at == morning - timedelta(hours=12)
    assert at_two.closes_at == datetime(2026, 11, 29, 16, tzinfo=UTC)


def test_a_call_is_coming_then_open_then_closed() -> None:
    times = call_times(a_plan(), START, WorkdayTable())
    assert times is not None
    tick = timedelta(seconds=1)
    states = [
        call_state(session(), times, moment)
        for moment in (
            times.opens_at - tick,
            times.opens_at,
            times.closes_at - tick,
            times.closes_at,
        )
    ]
    assert states == [CallState.COMING, CallState.OPEN, CallState.OPEN, CallState.CLOSED]
