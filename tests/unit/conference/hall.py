"""A conference of a few branches for the tests of its rules, and seats that act in it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from server.conference.commands import decide
from server.conference.fold import apply, opened
from server.conference.model import ConferenceState, Order, Rank, Seat
from server.domain.events import EventKind, Recorded
from server.domain.opening import AttendanceRules, Expected, ItemCall, Opening, opening_payload
from server.domain.places import Post, Venue, VenueKind
from server.domain.session import AgendaItem
from tests.fakes import NOON_TUESDAY as NOON

MAIN_VENUE = Venue(100, 0, "主会场", VenueKind.MAIN, None)
LEADER = Seat("login:1", "王主任", Rank.LEADER)
OTHER_LEADER = Seat("login:2", "李书记", Rank.LEADER)
OFFICE = Seat("login:3", "会务小陈", Rank.OFFICE)
OTHER_OFFICE = Seat("login:4", "会务小林", Rank.OFFICE)
BRANCH = Seat("venue:2", "第2居", Rank.VENUE)
SEATS = (LEADER, OTHER_LEADER, OFFICE, OTHER_OFFICE, BRANCH)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def opening(branches: int = 4, *, early: float = 0) -> Recorded:
    """Return the event that opens a session; venue ids are 100 + number.

    The first item calls directors everywhere, the second secretaries and directors of 1 and 2, the
    third the social workers of 3 and 4.
    """
    value = Opening(
        session_id=1,
        title="主任工作例会",
        starts_at=NOON,
        ends_at=NOON + timedelta(minutes=60),
        items=(
            AgendaItem(11, 1, "自治金使用说明", "自治办", 20),
            AgendaItem(12, 2, "岁末消防检查部署", "平安办", 30),
            AgendaItem(13, 3, "助餐点意见征集", "服务办", 10),
        ),
        roster=tuple(Expected(100 + n, n, f"第{n}居") for n in range(1, branches + 1)),
        rules=AttendanceRules(),
        calls=(
            ItemCall(11, (Post.DIRECTOR,), ()),
            ItemCall(12, (Post.SECRETARY, Post.DIRECTOR), (101, 102)),
            ItemCall(13, (Post.SOCIAL_WORKER,), (103, 104)),
        ),
    )
    at = after(-early)
    return Recorded(1, at, EventKind.SESSION_OPENED, 1, "system", opening_payload(value))


def conference(connected: Sequence[int] = (1, 2, 3, 4), branches: int = 4) -> ConferenceState:
    """Return a session that has begun, with these branches connected."""
    state = opened(opening(branches), MAIN_VENUE)
    state = apply(state, EventKind.AGENDA_ITEM_STARTED, {"item_id": 11}, NOON)
    return come(state, *connected)


def come(state: ConferenceState, *numbers: int) -> ConferenceState:
    for number in numbers:
        payload = {"venue_id": 100 + number, "peer": f"p{number}"}
        state = apply(state, EventKind.VENUE_CONNECTED, payload, NOON)
    return state


def go(state: ConferenceState, *numbers: int) -> ConferenceState:
    for number in numbers:
        payload = {"venue_id": 100 + number, "peer": f"p{number}", "reason": "lost"}
        state = apply(state, EventKind.VENUE_DISCONNECTED, payload, NOON)
    return state


def carry_out(state: ConferenceState, order: Order) -> ConferenceState:
    for happening in decide(state, order):
        state = apply(state, happening.kind, happening.payload, order.now)
    return state


def do(
    state: ConferenceState,
    name: str,
    venue: int = 0,
    *,
    at: float = 0,
    by: Seat | None = OFFICE,
    **words: object,
) -> ConferenceState:
    """Return the state after a command that somebody gave at a moment."""
    order = Order(name, venue, by=by, now=after(at))
    return carry_out(state, replace(order, **words))  # type: ignore[arg-type]
