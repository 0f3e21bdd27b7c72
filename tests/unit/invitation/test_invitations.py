"""Who is told what: own times, first invitations, changes, cancellations, and answers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.places import Post
from server.domain.session import AgendaItem, Session, SessionState
from server.invitation.model import (
    Answer,
    Invitation,
    Message,
    Method,
    Refusal,
    Reply,
    Sent,
    due_messages,
    judge_reply,
    uid_of,
)
from server.scheduler.filing import Approval, FiledRequest, Filing, RequestState
from server.scheduler.times import parts_of, time_of_department, times_of_committee

NINE = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
SECRET = b"s"
COME = Invitation(
    session_id=7,
    invitee="committee:3:SECRETARY",
    email="three@street.test",
    name="杏雨里",
    title="书记例会",
    hall="三楼会议室",
    starts_at=NINE,
    ends_at=NINE + timedelta(minutes=30),
)


def session(*items: tuple[str, str, int]) -> Session:
    """Return a session whose n-th item is request n, where there is one."""
    agenda = [AgendaItem(n, n, *item, request_id=n) for n, item in enumerate(items, 1)]
    end = NINE + timedelta(minutes=sum(item.minutes for item in agenda))
    return Session(7, "例会", SessionState.SCHEDULED, NINE, end, "", tuple(agenda), (1, 2, 3))


def request(
    number: int, topic: str, minutes: int, posts: tuple[Post, ...], committees: tuple[int, ...] = ()
) -> FiledRequest:
    filing = Filing(
        department_id=1,
        topic=topic,
        minutes=minutes,
        read_only=False,
        posts=posts,
        committee_ids=committees,
        earliest=date(2026, 11, 25),
        deadline=date(2026, 11, 30),
    )
    return FiledRequest(
        id=number,
        filing=filing,
        department="平安办",
        state=RequestState.PLACED,
        approval=Approval.GRANTED,
        filed_at=NINE,
        session_id=7,
        digest_on=None,
        reason=None,
    )


def minutes(moment: datetime) -> int:
    return int((moment - NINE).total_seconds() // 60)


def test_posts_come_for_their_own_items_and_those_with_the_same_time_together() -> None:
    agenda = session(("防汛", "平安办", 20), ("反诈", "平安办", 10), ("选举", "党建办", 30))
    parts = parts_of(
        agenda,
        [
            request(1, "防汛", 20, (Post.DIRECTOR, Post.SECRETARY)),
            request(2, "反诈", 10, (Post.SOCIAL_WORKER,), (3,)),
            request(3, "选举", 30, (Post.SECRETARY, Post.DIRECTOR)),
        ],
    )
    groups = times_of_committee(parts, 3)
    assert [(g.posts, minutes(g.start), minutes(g.end)) for g in groups] == [
        ((Post.SECRETARY, Post.DIRECTOR), 0, 60),
        ((Post.SOCIAL_WORKER,), 20, 30),
    ]
    assert [part.item.topic for part in groups[0].parts] == ["防汛", "选举"]
    assert [g.posts for g in times_of_committee(parts, 4)] == [(Post.SECRETARY, Post.DIRECTOR)]


def test_an_item_of_no_request_calls_every_post() -> None:
    groups = times_of_committee(parts_of(session(("学习", "党建办", 50)), []), 1)
    assert [g.posts for g in groups] == [tuple(Post)]


def test_two_items_alike_are_those_of_two_requests() -> None:
    agenda = session(("学习", "平安办", 10), ("学习", "平安办", 10))
    twice = [request(n, "学习", 10, (Post.SECRETARY,), (n,)) for n in (2, 1)]
    parts = parts_of(agenda, twice)
    assert [part.committee_ids for part in parts] == [{1}, {2}]


def test_an_item_stays_its_requests_own_when_the_request_was_worded_anew() -> None:
    agenda = session(("防汛", "平安办", 20))
    parts = parts_of(agenda, [request(1, "防汛防台", 10, (Post.DIRECTOR,), (3,))])
    assert [(part.posts, part.committee_ids) for part in parts] == [((Post.DIRECTOR,), {3})]


def test_a_sessions_own_item_is_no_request_that_sounds_like_it() -> None:
    item = AgendaItem(1, 1, "学习", "平安办", 10)
    own = replace(session(), items=(item,))
    parts = parts_of(own, [request(1, "学习", 10, (Post.SECRETARY,), (1,))])
    assert parts[0].posts == tuple(Post)


def test_a_department_comes_from_its_first_item_to_its_last() -> None:
    agenda = session(("a", "党建办", 10), ("b", "平安办", 10), ("c", "党建办", 10), ("d", "x", 5))
    own = time_of_department(parts_of(agenda, []), "党建办")
    assert own is not None
    assert (minutes(own.start), minutes(own.end)) == (0, 30)
    assert time_of_department(parts_of(agenda, []), "无名") is None


def sent(invitation: Invitation = COME, sequence: int = 0, **more: object) -> Sent:
    return replace(Sent(invitation, uid_of(SECRET, invitation.key), sequence), **more)


def due(
    wanted: list[Invitation], before: list[Sent], begun: set[int] | None = None
) -> list[Message]:
    return due_messages(SECRET, wanted, before, begun or set())


def test_who_is_new_is_invited_with_sequence_0() -> None:
    (message,) = due([COME], [])
    assert (message.method, message.sent.sequence) == (Method.REQUEST, 0)


def test_nothing_is_told_twice_nor_when_only_others_times_change() -> None:
    assert due([COME], [sent()]) == []
    assert due([replace(COME, title="改名了", agenda=("别人的",))], [sent()]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"starts_at": NINE + timedelta(minutes=5)},
        {"ends_at": NINE + timedelta(minutes=50)},
        {"hall": "二楼"},
    ],
)
def test_a_changed_own_time_or_place_is_told_under_the_same_uid(change: dict[str, object]) -> None:
    before = sent(sequence=4, answer=Answer.ACCEPTED, answered_at=NINE)
    (message,) = due([replace(COME, **change)], [before])
    assert message.method is Method.REQUEST
    assert (message.sent.uid, message.sent.sequence) == (before.uid, 5)
    assert message.sent.answer is Answer.NEEDS_ACTION


def test_who_is_not_wanted_any_more_is_told_once_and_may_be_invited_again() -> None:
    (off,) = due([], [sent()])
    assert (off.method, off.sent.sequence, off.sent.cancelled) == (Method.CANCEL, 1, True)
    assert due([], [off.sent]) == []
    (again,) = due([COME], [off.sent])
    assert (again.method, again.sent.sequence, again.sent.cancelled) == (Method.REQUEST, 2, False)


def test_who_moved_to_another_address_is_told_off_at_the_old_one() -> None:
    messages = due([replace(COME, email="new@street.test")], [sent()])
    assert [(m.method, m.sent.invitation.email) for m in messages] == [
        (Method.CANCEL, "three@street.test"),
        (Method.REQUEST, "new@street.test"),
    ]


def test_of_a_session_that_has_begun_nothing_is_told() -> None:
    assert due([], [sent()], {7}) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12))
def test_what_was_told_last_is_what_holds_and_sequences_only_grow(
    steps: list[tuple[int, bool]],
) -> None:
    state: list[Sent] = []
    for shift, wanted in steps:
        invitation = replace(COME, starts_at=NINE + timedelta(minutes=shift))
        messages = due([invitation] if wanted else [], state)
        for message in messages:
            assert not state or message.sent.sequence == state[0].sequence + 1
            state = [message.sent]
        assert bool(state and not state[0].cancelled) == wanted
        assert not wanted or state[0].invitation.own == invitation.own


REPLY = Reply(
    uid=uid_of(SECRET, COME.key),
    sequence=2,
    attendee="three@street.test",
    sender="three@street.test",
    answer=Answer.ACCEPTED,
    written_at=NINE,
)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"sequence": 1}, Refusal.OUTDATED),
        ({"written_at": NINE - timedelta(seconds=1)}, Refusal.OUTDATED),
        ({"attendee": "four@street.test"}, Refusal.NOT_INVITED),
        ({"sender": "four@street.test"}, Refusal.NOT_INVITED),
    ],
)
def test_an_answer_counts_only_from_the_invited_one_to_the_last_time(
    change: dict[str, object], refusal: Refusal | None
) -> None:
    standing = sent(sequence=2, answered_at=NINE)
    assert judge_reply(replace(REPLY, **change), standing) is refusal


def test_an_answer_to_nothing_or_to_a_cancelled_session_does_not_count() -> None:
    assert judge_reply(REPLY, None) is Refusal.UNKNOWN
    assert judge_reply(REPLY, sent(sequence=2, cancelled=True)) is Refusal.UNKNOWN
