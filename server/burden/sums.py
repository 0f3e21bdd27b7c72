"""What sessions add up to: by venue, session, post, department and week. Pure.

Every sum is made of the same shares, one being one venue in one session, so that sums over
committees equal sums over sessions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from server.burden.model import Held, Share
from server.domain.places import Post


@dataclass(frozen=True, slots=True)
class Burden:
    """What some shares add up to; minutes are sums of whole minutes.

    Attributes:
        calls: how often a venue was called (被叫家次): the denominator of all counts.
        minutes: how long the sessions lasted, once for each call (被叫时长).
        present: calls that were followed, late and early ones included.
        late: late ones among the present.
        left_early: those among the present who left early.
        excused: calls with a leave, or lost to an outage or a broken line.
        absent: calls not followed; present + excused + absent = calls.
        in_session: how long those venues were in session, out of ``minutes``.
        items: items that called them: so many meetings without merging.
        spare: how long, of those present, items ran that did not call them.
        waited: how long of ``spare`` they were there nevertheless.
        heads: head-counts of those present.
    """

    calls: int = 0
    minutes: int = 0
    present: int = 0
    late: int = 0
    left_early: int = 0
    excused: int = 0
    absent: int = 0
    in_session: int = 0
    items: int = 0
    spare: int = 0
    waited: int = 0
    heads: int = 0

    def __add__(self, other: "Burden") -> "Burden":
        return Burden(*(getattr(self, n) + getattr(other, n) for n in _FIELDS))

    @property
    def merged(self) -> int:
        """Trips saved by merging (拼会少跑): items beyond the first of each session."""
        return self.items - self.calls

    @property
    def by_video(self) -> int:
        """Trips saved by video (视频少跑): whoever was present was so from its own venue."""
        return self.present

    @property
    def saved(self) -> int:
        """Waiting minutes saved (少等): time of others' items that venues were not there for."""
        return self.spare - self.waited

    @property
    def present_tenths(self) -> int:
        """Present out of calls, in tenths of a percent; 0 without a call."""
        return share_tenths(self.present, self.calls)


_FIELDS = tuple(field.name for field in fields(Burden))
_NOTHING = Burden()


def share_tenths(part: int, whole: int) -> int:
    """Return part ÷ whole in tenths of a percent, to the nearest; 0 without a denominator."""
    return (2000 * part + whole) // (2 * whole) if whole else 0


_Counts = tuple[int, ...]
"""What something counts for, in the order of ``Burden``."""


def burden_of(held: Held, share: Share) -> Burden:
    """Return what one share counts for."""
    return Burden(*_counts(held, share))


def _counts(held: Held, share: Share) -> _Counts:
    """Return what one share counts for: there are 20,000 in a year."""
    verdict = share.verdict
    there = verdict in _THERE
    return (
        1,
        held.minutes,
        int(there),
        int(verdict == "LATE"),
        int(verdict == "LEFT_EARLY"),
        int(verdict == "EXCUSED"),
        int(verdict == "ABSENT"),
        share.minutes,
        share.items,
        share.spare if there else 0,
        share.waited if there else 0,
        share.heads,
    )


_THERE = frozenset({"PRESENT", "LATE", "LEFT_EARLY"})


def _add_counts(counts: Iterable[_Counts]) -> Burden:
    sums = [sum(column) for column in zip(*counts, strict=True)]
    return Burden(*sums) if sums else Burden()


def add_up(parts: Iterable[Burden]) -> Burden:
    """Return the sum of some burdens."""
    return _add_counts(tuple(getattr(part, name) for name in _FIELDS) for part in parts)


def by_session(sessions: Iterable[Held]) -> dict[int, Burden]:
    """Return each session's sum by its id, in the order given."""
    return {one.session_id: _add_counts(_counts(one, s) for s in one.shares) for one in sessions}


@dataclass(frozen=True, slots=True)
class Line:
    """One committee's venue over a period, under its latest number and name.

    ``posts`` are the burdens of those of its posts that were called: a session that called two of
    them counts for each, with the items that called it.
    """

    venue_id: int
    number: int
    name: str
    burden: Burden
    posts: Mapping[Post, Burden]

    def of_post(self, post: Post) -> Burden:
        """Return what the sessions that called this post of it add up to."""
        return self.posts.get(post, _NOTHING)


def by_venue(sessions: Sequence[Held]) -> list[Line]:
    """Return a line for each venue that was called, in order of number."""
    parts: dict[int, list[_Counts]] = defaultdict(list)
    latest: dict[int, Share] = {}
    called: dict[int, dict[tuple[Post, ...], list[_Counts]]] = defaultdict(
        lambda: defaultdict(list)
    )
    own: dict[int, dict[Post, _Own]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for held in sessions:
        for share in held.shares:
            counts = _counts(held, share)
            parts[share.venue_id].append(counts)
            latest[share.venue_id] = share
            called[share.venue_id][share.posts].append(counts)
            if share.by_post:
                _add_own(own[share.venue_id], share)
    lines = [
        Line(
            venue_id=key,
            number=latest[key].number,
            name=latest[key].name,
            burden=_add_counts(found),
            posts=_by_post(called[key], own[key]),
        )
        for key, found in parts.items()
    ]
    return sorted(lines, key=lambda line: (line.number, line.venue_id))


_Own = list[int]
"""How far a post's items, spare and waited are from its venue's."""


def _add_own(sums: Mapping[Post, _Own], share: Share) -> None:
    """Add what a share counts for some of its posts otherwise than for its venue."""
    there = share.was_there
    for post, (items, spare, waited) in zip(share.posts, share.by_post, strict=True):
        sum_of = sums[post]
        sum_of[0] += items - share.items
        if there:
            sum_of[1] += spare - share.spare
            sum_of[2] += waited - share.waited


def _by_post(
    called: Mapping[tuple[Post, ...], Sequence[_Counts]], own: Mapping[Post, _Own]
) -> dict[Post, Burden]:
    """Return what each post's calls add up to; few sets of posts come again and again."""
    found: dict[Post, Burden] = {}
    for posts, counts in called.items():
        together = _add_counts(counts)
        for post in posts:
            found[post] = found.get(post, _NOTHING) + together
    for post, (items, spare, waited) in own.items():
        found[post] += Burden(items=items, spare=spare, waited=waited)
    return found


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """One department (科室) over a period.

    Attributes:
        name: as on the agendas.
        led: sessions whose first item was its own: it called them.
        led_calls: venues called to those, once for each session.
        items: its items, those of other departments' sessions included.
        guests: its items in sessions that others had called: what was merged.
        calls: venues that its items called, once for each item: so many trips without merging.
        ran: its items that were called up.
        over: those that overran by five minutes or more, out of ``ran``.
        planned: minutes planned of those that ran.
        minutes: minutes they took.
    """

    name: str
    led: int
    led_calls: int
    items: int
    guests: int
    calls: int
    ran: int
    over: int
    planned: int
    minutes: int


def by_department(sessions: Iterable[Held]) -> list[DepartmentLine]:
    """Return a line for each department with an item, those whose sessions called most first."""
    rows: dict[str, list[int]] = defaultdict(lambda: [0] * 9)
    for held in sessions:
        if held.lead:
            rows[held.lead][0] += 1
            rows[held.lead][1] += len(held.shares)
        for item in held.items:
            ran = item.minutes is not None
            gained = (1, item.department != held.lead, item.called, ran, item.has_overrun)
            times = (item.planned if ran else 0, item.minutes or 0)
            row = rows[item.department]
            for place, number in enumerate((*gained, *times), start=2):
                row[place] += int(number)
    lines = [DepartmentLine(name, *row) for name, row in rows.items()]
    return sorted(lines, key=lambda line: (-line.led_calls, -line.calls, line.name))


def of_venue(sessions: Iterable[Held], venue_id: int) -> list[tuple[Held, Share]]:
    """Return the sessions that called one venue with its share, in the order given."""
    return [(one, s) for one in sessions for s in one.shares if s.venue_id == venue_id]


def of_department(sessions: Iterable[Held], name: str) -> list[Held]:
    """Return the sessions in which a department had an item, in the order given."""
    return [one for one in sessions if any(item.department == name for item in one.items)]


def weeks_between(first: date, last: date) -> list[date]:
    """Return the Mondays of the ISO weeks from that of one day to that of another."""
    monday = first - timedelta(days=first.isoweekday() - 1)
    return [monday + timedelta(days=7 * n) for n in range((last - monday).days // 7 + 1)]


def heat_of(
    sessions: Iterable[Held], weeks: Sequence[date], today: date
) -> dict[int, list[int | None]]:
    """Return how often each venue was called in each week, by venue.

    None is a week that is empty for all: without any session, or still to come. A 0 is a week in
    which others were called.

    Args:
        sessions: of these weeks.
        weeks: their Mondays, in order.
        today: at the site.
    """
    place = {monday: number for number, monday in enumerate(weeks)}
    counts: dict[int, list[int]] = defaultdict(lambda: [0] * len(weeks))
    used: set[int] = set()
    for held in sessions:
        number = place.get(held.day - timedelta(days=held.day.isoweekday() - 1))
        if number is None:
            continue
        used.add(number)
        for share in held.shares:
            counts[share.venue_id][number] += 1
    empty = {n for n, monday in enumerate(weeks) if n not in used or monday > today}
    return {
        venue: [None if n in empty else count for n, count in enumerate(row)]
        for venue, row in counts.items()
    }
