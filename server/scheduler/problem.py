"""Puts the street's facts together into one merging instance. Pure: everything is an argument.

The street has one main venue: its hall holds one session in a half-day, and the branch venues take
part by video. Sessions that are already scheduled are standing meetings, which others may share.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from server.domain.clock import SITE_ZONE
from server.domain.places import Committee, Department, Post, Venue
from server.domain.session import Session
from server.merging.instance.model import (
    Audience,
    Block,
    CalledCommittee,
    CallingDepartment,
    Cell,
    Hall,
    HallKind,
    Instance,
    MeetingRequest,
    Overflow,
    Quota,
    StandingMeeting,
    WorkingDay,
)
from server.merging.verdict.quota import used_key
from server.scheduler.audiences import Calling, posts_called
from server.scheduler.filing import HALVES, Approval, FiledRequest
from server.scheduler.quota_rules import (
    Period,
    QuotaRule,
    QuotaVersion,
    limits_of,
    month_period,
    version_for,
    week_period,
)
from server.scheduler.workdays import (
    WorkdayTable,
    digest_days,
    shifted,
    working_days,
)

GRANULARITY = 5
MAX_SESSION, MAX_ITEMS = 120, 8
MAIN_HALL = "MAIN"
UNIT = "S"
OFFICE = CallingDepartment("D0", "", UNIT, exempt=False)
"""Stands for whoever called a session that was scheduled already."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the street when requests are merged.

    ``called`` are the posts that each scheduled session calls, by its id; a session that is not
    in it calls everybody of its roster. ``callings`` are the same item by item, where known.
    ``quotas`` are the versions of what is granted, oldest first; without any the preset holds.
    """

    today: date
    hall: str
    committees: Sequence[Committee]
    departments: Sequence[Department]
    venues: Sequence[Venue]
    sessions: Sequence[Session]
    called: dict[int, tuple[Post, ...]]
    workdays: WorkdayTable
    quotas: Sequence[QuotaVersion] = ()
    callings: Mapping[int, Sequence[Calling]] = field(default_factory=dict)


def committee_key(committee_id: int) -> str:
    """Return a committee's id in the instance."""
    return f"C{committee_id}"


def department_key(department_id: int) -> str:
    """Return a department's id in the instance."""
    return f"D{department_id}"


def session_key(session_id: int) -> str:
    """Return the id of a scheduled session in the instance."""
    return f"H{session_id}"


def first_day(situation: Situation) -> date:
    """Return the first day on which something new may be held: the next working day."""
    return shifted(situation.workdays, situation.today + timedelta(days=1), 0)


def compose_instance(situation: Situation, requests: Sequence[FiledRequest]) -> Instance:
    """Return the instance of placing these requests beside what is scheduled already."""
    first = first_day(situation)
    last = max((request.filing.deadline for request in requests), default=first)
    days = working_days(situation.workdays, first, last)
    dates = {day.date for day in days}
    standing: dict[Cell, StandingMeeting] = {}
    blocked: list[Block] = []
    used: Counter[str] = Counter()
    for session in situation.sessions:
        meeting = _standing(situation, session)
        if meeting is not None and meeting.cell.date in dates and meeting.cell not in standing:
            standing[meeting.cell] = meeting
            continue
        used.update(_used(situation, session))
        blocked += [block for block in _blocked(situation, session) if block.date in dates]
    return Instance(
        name=f"{first.isoformat()} – {last.isoformat()}",
        days=days,
        digest_days=digest_days(situation.workdays, first, last),
        halves=HALVES,
        granularity=GRANULARITY,
        max_session=MAX_SESSION,
        max_items=MAX_ITEMS,
        roles=tuple(Post),
        committees=tuple(
            CalledCommittee(committee_key(c.id), UNIT, c.name) for c in situation.committees
        ),
        departments=(OFFICE, *(_department(d) for d in situation.departments)),
        halls=(Hall(MAIN_HALL, UNIT, HallKind.VIDEO, 100_000, situation.hall),),
        standing=tuple(standing.values()),
        blocked=tuple(blocked),
        quota=_quota(situation, standing.values(), days, used),
        requests=tuple(_request(request) for request in requests),
    )


def _department(department: Department) -> CallingDepartment:
    key = department_key(department.id)
    return CallingDepartment(key, department.name, UNIT, department.exempt)


def _quota(
    situation: Situation,
    standing: Iterable[StandingMeeting],
    days: Sequence[WorkingDay],
    used: Counter[str],
) -> Quota:
    """Return the amounts of every week and month of the instance, and what was used of them.

    The format knows one set of posts that count. Where a change of them falls into the instance,
    all that count in any of its weeks do: no week is then ever over its quota, at the price of a
    call that it might have had. Sessions that are fixed are counted exactly, by what holds in
    their own week and month.

    Args:
        situation: with the versions.
        standing: the sessions that may be shared.
        days: the working days of the instance.
        used: calls outside the instance by key; whoever is granted less than others has used more.
    """
    periods = [
        dict.fromkeys(week_period(day.date) for day in days),
        dict.fromkeys(month_period(day.date) for day in days),
    ]
    rules = {p: version_for(situation.quotas, p).rule for both in periods for p in both}
    counts = {post for week in periods[0] for post in rules[week].counts}
    spared, missed = _misjudged(standing, rules, counts)
    used.update(missed)

    def own(found: Iterable[Period]) -> int | None:
        limits = limits_of(
            {
                (committee_key(c.id), p.key): None
                if (n := rules[p].amount_of(c.id, p)) is None
                else n + spared[committee_key(c.id), p.key]
                for p in found
                for c in situation.committees
            }
        )
        used.update({used_key(key, "", period): n for (key, period), n in limits.extra.items()})
        return limits.amount

    def by_post(found: Iterable[Period]) -> dict[str, int]:
        kept = {}
        for post in Post:
            limits = limits_of({p.key: rules[p].post_amounts(p).get(post) for p in found})
            for period, n in limits.extra.items():
                used.update(
                    {used_key(committee_key(c.id), post, period): n for c in situation.committees}
                )
            if limits.amount is not None:
                kept[str(post)] = limits.amount
        return kept

    first = version_for(situation.quotas, week_period(first_day(situation))).rule
    return Quota(
        committee_week=own(periods[0]),
        committee_month=own(periods[1]),
        role_week=by_post(periods[0]),
        role_month=by_post(periods[1]),
        counts=tuple(str(post) for post in Post if post in (counts or first.counts)),
        soft_week_target=first.target,
        overflow=Overflow.REJECT,
        used=dict(sorted(used.items())),
    )


def _misjudged(
    standing: Iterable[StandingMeeting], rules: Mapping[Period, QuotaRule], counts: Collection[Post]
) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Return how many fixed sessions one set of posts judges otherwise than their period's rule.

    Returns:
        By committee and period those that seem to use a quota and do not, and by the key of
        ``Quota.used`` those that do and seem not to.
    """
    spared: Counter[tuple[str, str]] = Counter()
    missed: Counter[str] = Counter()
    for meeting in standing:
        called = {Post(role) for role in meeting.audience.roles}
        seems = bool(called & set(counts))
        for period, rule in rules.items():
            does = bool(called & set(rule.counts))
            if not period.first <= meeting.cell.date <= period.last or does == seems:
                continue
            for key in meeting.audience.committees or ():
                if seems:
                    spared[key, period.key] += 1
                else:
                    missed[used_key(key, "", period.key)] += 1
    return spared, missed


def _request(request: FiledRequest) -> MeetingRequest:
    filing = request.filing
    return MeetingRequest(
        id=request.number,
        department=department_key(filing.department_id),
        unit=UNIT,
        topic=filing.topic,
        minutes=filing.minutes,
        audience=audience_of(filing.committee_ids, filing.posts),
        earliest=filing.earliest,
        deadline=filing.deadline,
        filed=request.filed_at.astimezone(SITE_ZONE).date(),
        priority=filing.priority,
        mode=filing.mode,
        read_only=filing.read_only,
        approved=request.approval is Approval.GRANTED,
        time_window=filing.hours,
    )


def audience_of(committee_ids: Iterable[int], posts: Iterable[Post]) -> Audience:
    """Return the audience of some committees, or of all when none are named."""
    committees = tuple(committee_key(c) for c in committee_ids)
    return Audience(committees or None, tuple(posts))


def _committees(situation: Situation, session: Session) -> tuple[int, ...]:
    """Return the ids of the committees whose venues are on a session's roster, but retired ones."""
    serving = {committee.id for committee in situation.committees}
    venues = {v.id: v.committee_id for v in situation.venues if v.committee_id in serving}
    return tuple(c for v in session.venue_ids if (c := venues.get(v)) is not None)


def _posts(situation: Situation, session: Session) -> tuple[Post, ...]:
    """Return whom a session calls: what is known of it, else its own posts, else everybody."""
    return situation.called.get(session.id, session.posts or tuple(Post))


def _minutes(session: Session) -> tuple[date, int, int]:
    """Return day, start and end of a session at the site, in minutes of that day."""
    start = session.starts_at.astimezone(SITE_ZONE)
    length = int((session.ends_at - session.starts_at).total_seconds()) // 60
    begin = start.hour * 60 + start.minute
    return start.date(), begin, begin + length


def _standing(situation: Situation, session: Session) -> StandingMeeting | None:
    """Return a scheduled session as a meeting to be shared; None when it fits no half-day."""
    day, start, end = _minutes(session)
    half = next((h for h in HALVES if h.start <= start < end <= h.end), None)
    committees = _committees(situation, session)
    if half is None or start % GRANULARITY or not committees:
        return None
    own = end - start
    posts = _posts(situation, session)
    return StandingMeeting(
        id=session_key(session.id),
        title=session.title,
        department=OFFICE.id,
        unit=UNIT,
        cell=Cell(day, half.name, MAIN_HALL),
        start=start,
        own_minutes=own,
        max_minutes=own if session.fixed else max(own, session.longest or MAX_SESSION),
        audience=audience_of(committees, posts),
    )


def _used(situation: Situation, session: Session) -> Iterator[str]:
    """Yield a quota key for each call that a session outside the instance has used."""
    parts = situation.callings.get(session.id)
    everyone = set(_posts(situation, session))
    day, _, _ = _minutes(session)
    for period in (week_period(day), month_period(day)):
        rule = version_for(situation.quotas, period).rule
        for committee in _committees(situation, session):
            posts = everyone if parts is None else posts_called(parts, committee)
            roles = [""] if posts & set(rule.counts) else []
            roles += sorted(map(str, posts & set(rule.post_amounts(period))))
            for role in roles:
                yield used_key(committee_key(committee), role, period.key)


def _blocked(situation: Situation, session: Session) -> Iterator[Block]:
    """Yield the half-days that a session which cannot be shared takes from its committees."""
    day, start, end = _minutes(session)
    for half in HALVES:
        if start < half.end and half.start < end:
            for committee in _committees(situation, session):
                yield Block(committee_key(committee), day, half.name, ())
