"""The quota ledger (限额台账): granted, used, reserved and left, folded from sessions. Pure.

A committee is called once by each session on whose roster its venue stands, when an item calls one
of its posts that counts; a post's own quota counts the sessions that call that very post. Held and
open sessions have used it, scheduled ones reserve it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from server.domain.clock import SITE_ZONE
from server.domain.places import Committee, Post, Venue
from server.domain.session import Session, SessionState
from server.merging.verdict.quota import used_key
from server.scheduler.audiences import Calling, posts_called
from server.scheduler.exceptions import SignedException
from server.scheduler.filing import request_number
from server.scheduler.quota_rules import (
    Period,
    QuotaRule,
    QuotaVersion,
    month_period,
    version_for,
    week_period,
)

HELD = (SessionState.OPEN, SessionState.CLOSED, SessionState.ARCHIVED)
COUNTED_STATES = (*HELD, SessionState.SCHEDULED)
NEARLY = 1
"""A committee with so many calls left, or fewer, is nearly full."""
LOOK_AHEAD = 12
"""Periods in which room is looked for."""


@dataclass(frozen=True, slots=True)
class Called:
    """One session as quotas see it: which committees it calls, and which of their posts.

    ``signed`` are the quotas, as in ``Quota.used``, that a leader allowed it to exceed. ``own`` are
    the posts of each committee where they are known apart.
    """

    session: Session
    on: date
    committee_ids: frozenset[int]
    posts: frozenset[Post]
    signed: frozenset[str] = frozenset()
    own: Mapping[int, frozenset[Post]] = field(default_factory=dict)

    def posts_of(self, committee_id: int) -> frozenset[Post]:
        """Return which posts of a committee it calls."""
        return self.own.get(committee_id, self.posts)

    @property
    def held(self) -> bool:
        """Whether it has used the quota; otherwise it reserves it."""
        return self.session.state in HELD

    @property
    def departments(self) -> tuple[str, ...]:
        """The departments that present, in order of the agenda, each once."""
        return tuple(dict.fromkeys(item.department for item in self.session.items))


def calls_of(
    sessions: Iterable[Session],
    venues: Iterable[Venue],
    posts: Mapping[int, tuple[Post, ...]],
    exceptions: Collection[SignedException] = (),
    callings: Mapping[int, Sequence[Calling]] = MappingProxyType({}),
) -> list[Called]:
    """Return what each session calls, in the order given.

    Args:
        sessions: those that count; others are let be.
        venues: to know whose venue stands on a roster.
        posts: by session; one that is missing calls every post.
        exceptions: calls above quotas that were signed.
        callings: by session, what its items call; one that is missing calls the same posts of
            every committee.
    """
    owners = {venue.id: venue.committee_id for venue in venues}
    found = []
    for session in sessions:
        if session.state not in COUNTED_STATES:
            continue
        committees = frozenset(c for v in session.venue_ids if (c := owners.get(v)))
        parts = callings.get(session.id)
        own = {} if parts is None else {c: posts_called(parts, c) for c in committees}
        found.append(
            Called(
                session=session,
                on=session.starts_at.astimezone(SITE_ZONE).date(),
                committee_ids=committees,
                posts=frozenset(posts.get(session.id, tuple(Post))),
                signed=_signed(session, exceptions),
                own=own,
            )
        )
    return found


def _signed(session: Session, exceptions: Collection[SignedException]) -> frozenset[str]:
    """Return which quotas a session may exceed: its requests are where that was signed for."""
    here = {request_number(i.request_id) for i in session.items if i.request_id is not None}
    day = session.starts_at.astimezone(SITE_ZONE).date()
    return frozenset(one.key for one in exceptions if one.request in here and one.date == day)


@dataclass(frozen=True, slots=True)
class PostUse:
    """How often one post of a committee is called in a period; ``granted`` None: no limit.

    ``signed`` of the calls were allowed by a leader.
    """

    post: Post
    calls: int
    granted: int | None
    signed: int = 0

    @property
    def over(self) -> int:
        """By how many calls the post's quota is exceeded."""
        return 0 if self.granted is None else max(0, self.calls - self.granted)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One committee in one period: what is granted, and every call that counts, by time."""

    committee: Committee
    period: Period
    granted: int | None
    calls: tuple[Called, ...]
    posts: tuple[PostUse, ...]

    @property
    def used(self) -> int:
        """Calls by sessions that were held or are on."""
        return sum(call.held for call in self.calls)

    @property
    def reserved(self) -> int:
        """Calls by sessions that are scheduled."""
        return len(self.calls) - self.used

    @property
    def left(self) -> int | None:
        """How many calls are free; None when there is no limit."""
        return None if self.granted is None else max(0, self.granted - len(self.calls))

    @property
    def over(self) -> int:
        """By how many calls the quota is exceeded; 0 when it is kept."""
        return 0 if self.granted is None else max(0, len(self.calls) - self.granted)

    @property
    def signed(self) -> int:
        """How many of its calls a leader allowed above the quota."""
        key = used_key(f"C{self.committee.id}", "", self.period.key)
        return sum(key in call.signed for call in self.calls)

    @property
    def state(self) -> str:
        """``over``, ``signed``, ``full``, ``nearly``, ``roomy``, or ``unlimited``.

        Posts count for the first two; ``signed`` is over with a leader's word for all of it.
        """
        if self.over > self.signed or any(use.over > use.signed for use in self.posts):
            return "over"
        if self.over or any(use.over for use in self.posts):
            return "signed"
        if self.left is None:
            return "unlimited"
        if self.left == 0:
            return "full"
        return "nearly" if self.left <= NEARLY else "roomy"


def compute_line(
    committee: Committee, period: Period, rule: QuotaRule, calls: Iterable[Called]
) -> LedgerLine:
    """Return one line of the ledger."""
    own = [
        call
        for call in calls
        if committee.id in call.committee_ids and period.first <= call.on <= period.last
    ]
    amounts = rule.post_amounts(period)
    return LedgerLine(
        committee=committee,
        period=period,
        granted=rule.amount_of(committee.id, period),
        calls=tuple(call for call in own if call.posts_of(committee.id) & set(rule.counts)),
        posts=tuple(
            PostUse(
                post=post,
                calls=sum(post in call.posts_of(committee.id) for call in own),
                granted=amounts.get(post),
                signed=sum(
                    used_key(f"C{committee.id}", post, period.key) in call.signed for call in own
                ),
            )
            for post in Post
        ),
    )


def count_calls(committee_id: int, rule: QuotaRule, calls: Iterable[Called]) -> int:
    """Return how many calls of one period use a committee's quota: as many as its line has."""
    counts = set(rule.counts)
    return sum(
        committee_id in call.committee_ids and not counts.isdisjoint(call.posts_of(committee_id))
        for call in calls
    )


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every committee in one period, with the version of the rule that holds for it.

    ``uncounted`` are the period's sessions that use nobody's quota.
    """

    period: Period
    version: QuotaVersion
    lines: tuple[LedgerLine, ...]
    uncounted: tuple[Called, ...]

    @property
    def calls(self) -> int:
        """Committee-calls that count, of all committees."""
        return sum(len(line.calls) for line in self.lines)

    @property
    def granted(self) -> int | None:
        """What all committees together are granted; None without a limit."""
        amounts = [line.granted for line in self.lines]
        known = [amount for amount in amounts if amount is not None]
        return sum(known) if len(known) == len(amounts) else None

    @property
    def full(self) -> int:
        """How many committees have nothing left, those over included."""
        return sum(line.left == 0 for line in self.lines)

    @property
    def over(self) -> int:
        """How many committees are over without a leader's word, by their quota or a post's."""
        return sum(line.state == "over" for line in self.lines)


def compute_ledger_of(
    period: Period,
    versions: Sequence[QuotaVersion],
    committees: Iterable[Committee],
    calls: Sequence[Called],
) -> Ledger:
    """Fold the calls of a period; a retired committee has a line only when it was called."""
    version = version_for(versions, period)
    lines = (compute_line(c, period, version.rule, calls) for c in committees)
    inside = [call for call in calls if period.first <= call.on <= period.last]
    counts = set(version.rule.counts)
    return Ledger(
        period=period,
        version=version,
        lines=tuple(line for line in lines if line.calls or not line.committee.retired),
        uncounted=tuple(call for call in inside if not call.posts & counts),
    )


@dataclass(frozen=True, slots=True)
class Overrun:
    """A period in which the published plan calls some committees too often.

    ``lines`` are those committees; ``sessions`` the scheduled ones that could be moved or call
    fewer; ``room`` the next period in which each of these committees has a call left.
    """

    period: Period
    lines: tuple[LedgerLine, ...]
    sessions: tuple[Called, ...]
    room: Period | None


def find_overruns(
    today: date,
    versions: Sequence[QuotaVersion],
    committees: Sequence[Committee],
    calls: Sequence[Called],
) -> list[Overrun]:
    """Check everything that is scheduled against what is granted, weeks first, then months."""
    days = sorted({call.on for call in calls if not call.held and call.on >= today})
    periods = dict.fromkeys([*map(week_period, days), *map(month_period, days)])
    found = (_overrun(p, versions, committees, calls) for p in periods)
    return [overrun for overrun in found if overrun is not None]


def _overrun(
    period: Period,
    versions: Sequence[QuotaVersion],
    committees: Sequence[Committee],
    calls: Sequence[Called],
) -> Overrun | None:
    ledger = compute_ledger_of(period, versions, committees, calls)
    lines = tuple(line for line in ledger.lines if line.state == "over")
    if not lines:
        return None
    ids = {line.committee.id for line in lines}
    sessions = tuple(
        call
        for call in calls
        if not call.held and period.first <= call.on <= period.last and call.committee_ids & ids
    )
    return Overrun(period, lines, sessions, _room(period, versions, lines, calls))


def _room(
    period: Period,
    versions: Sequence[QuotaVersion],
    lines: Sequence[LedgerLine],
    calls: Sequence[Called],
) -> Period | None:
    following = period
    for _ in range(LOOK_AHEAD):
        following = following.moved(1)
        rule = version_for(versions, following).rule
        there = (compute_line(line.committee, following, rule, calls) for line in lines)
        if all(line.state in {"nearly", "roomy", "unlimited"} for line in there):
            return following
    return None
