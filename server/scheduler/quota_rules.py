"""What is granted (限额规定): amounts per committee and post, for weeks and months, by version.

A version holds for the weeks and months that begin on its ``valid_from`` or later, so that what
was granted never changes in the middle of a period.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from server.domain.errors import DomainError
from server.domain.places import Post
from server.scheduler.workdays import FIRST_YEAR, LAST_YEAR, month_of, week_of

Key = TypeVar("Key", bound=Hashable)
MOST = 99
"""The largest amount that can be granted."""
LONGEST_REASON = 60


@dataclass(frozen=True, slots=True)
class Period:
    """An ISO week ``2026-W48`` or a month ``2026-11``; both days belong to it."""

    key: str
    first: date
    last: date

    @property
    def is_month(self) -> bool:
        """Whether it is a month rather than a week."""
        return "W" not in self.key

    def moved(self, steps: int) -> "Period":
        """Return the period so many weeks or months later, earlier when negative."""
        found = self
        for _ in range(abs(steps)):
            day = found.last + timedelta(days=1) if steps > 0 else found.first - timedelta(days=1)
            found = month_period(day) if self.is_month else week_period(day)
        return found


def week_period(day: date) -> Period:
    """Return the ISO week of a day."""
    monday = day - timedelta(days=day.isoweekday() - 1)
    return Period(week_of(day), monday, monday + timedelta(days=6))


def month_period(day: date) -> Period:
    """Return the month of a day."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(month_of(day), first, following - timedelta(days=1))


def parse_period(key: str) -> Period | None:
    """Return the period of a key, or None when it is none between 1970 and 2100."""
    if not re.fullmatch(r"\d{4}-(W\d{2}|\d{2})", key, re.ASCII):
        return None
    year, rest = int(key[:4]), key[5:]
    if not FIRST_YEAR < year < LAST_YEAR:
        return None
    try:
        if rest.startswith("W"):
            return week_period(date.fromisocalendar(year, int(rest[1:]), 1))
        return month_period(date(year, int(rest), 1))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class OwnAmounts:
    """What one committee is granted instead of what all are; None: the same as all."""

    week: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """How often a committee may be called. None, and a post that is missing: no limit.

    ``week`` and ``month`` hold for every committee but for what ``own`` says of some, by id.
    ``counts`` are the posts whose being called uses the committee's quota. ``target`` is the
    number of calls in a week above which planning tries not to go.
    """

    counts: tuple[Post, ...]
    week: int | None
    month: int | None
    post_week: Mapping[Post, int] = field(default_factory=dict)
    post_month: Mapping[Post, int] = field(default_factory=dict)
    target: int | None = None
    own: Mapping[int, OwnAmounts] = field(default_factory=dict)

    def amount(self, period: Period) -> int | None:
        """Return what a committee without an amount of its own is granted in a period."""
        return self.month if period.is_month else self.week

    def amount_of(self, committee_id: int, period: Period) -> int | None:
        """Return what one committee is granted in a period."""
        own = self.own.get(committee_id, OwnAmounts())
        amount = own.month if period.is_month else own.week
        return self.amount(period) if amount is None else amount

    def differs(self, period: Period) -> int:
        """Return how many committees have an amount of their own for weeks, or for months."""
        return sum((o.month if period.is_month else o.week) is not None for o in self.own.values())

    def post_amounts(self, period: Period) -> Mapping[Post, int]:
        """Return what each limited post of a committee is granted in a period."""
        return self.post_month if period.is_month else self.post_week

    def to_payload(self) -> dict[str, Any]:
        """Return the rule as it is stored and as the audit log keeps it."""
        return {
            "counts": [str(post) for post in self.counts],
            "week": self.week,
            "month": self.month,
            "post_week": {post.lower(): n for post, n in sorted(self.post_week.items())},
            "post_month": {post.lower(): n for post, n in sorted(self.post_month.items())},
            "target": self.target,
            "own": {
                str(key): {"week": own.week, "month": own.month}
                for key, own in sorted(self.own.items())
            },
        }

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> "QuotaRule":
        """Return the rule that ``to_payload`` wrote; older ones know no amounts of their own."""
        return QuotaRule(
            counts=tuple(Post(post) for post in payload["counts"]),
            week=payload["week"],
            month=payload["month"],
            post_week={Post(post.upper()): n for post, n in payload["post_week"].items()},
            post_month={Post(post.upper()): n for post, n in payload["post_month"].items()},
            target=payload["target"],
            own={int(key): OwnAmounts(**own) for key, own in payload.get("own", {}).items()},
        )


PRESET = QuotaRule(
    counts=tuple(p for p in Post if p not in {Post.SECRETARY, Post.DIRECTOR}),
    week=3,
    month=8,
    target=1,
)
"""The real street's rule: secretaries and directors are called by the standing meetings."""


@dataclass(frozen=True, slots=True)
class QuotaVersion:
    """A rule with who set it, why, and from when on; ``number`` 0 is the preset."""

    number: int
    valid_from: date
    rule: QuotaRule
    reason: str = ""
    by: str = ""
    at: datetime | None = None


FIRST_VERSION = QuotaVersion(0, date.min, PRESET)


def version_for(versions: Iterable[QuotaVersion], period: Period) -> QuotaVersion:
    """Return the version that holds for a period: the newest that is valid at its first day."""
    valid = (v for v in versions if v.valid_from <= period.first)
    return max(valid, key=lambda v: v.number, default=FIRST_VERSION)


def require_sound(rule: QuotaRule, reason: str, valid_from: date, today: date) -> None:
    """Refuse what cannot be meant.

    The present week and month may still be changed, earlier ones are history.

    Raises:
        DomainError: ``quota_counts``, ``quota_amount``, ``quota_reason`` or ``quota_from``.
    """
    if not rule.counts:
        raise DomainError("quota_counts")
    amounts = (rule.week, rule.month, rule.target, *rule.post_week.values())
    amounts += tuple(rule.post_month.values())
    amounts += tuple(n for own in rule.own.values() for n in (own.week, own.month))
    if any(amount is not None and not 0 <= amount <= MOST for amount in amounts):
        raise DomainError("quota_amount", most=MOST)
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise DomainError("quota_reason", most=LONGEST_REASON)
    if not earliest_start(today) <= valid_from <= today + timedelta(days=366):
        raise DomainError("quota_from")


def earliest_start(today: date) -> date:
    """Return the first day of the present week or month, whichever came first."""
    return min(week_period(today).first, month_period(today).first)


@dataclass(frozen=True, slots=True)
class Limits(Generic[Key]):
    """Several amounts as one number for all, with calls to be added to be fair.

    The format of instances knows one amount for every committee and every week. Who is granted
    less, there and then, has used so many calls already. Worked: 3 a week for all, 2 for C7, and
    from the second week on 2 for all: ``amount`` is 3 and ``extra`` has 1 for C7 in the first week
    and 1 for everybody in the second.
    """

    amount: int | None
    extra: Mapping[Key, int]


def limits_of(amounts: Mapping[Key, int | None]) -> Limits[Key]:
    """Return one amount for all.

    Args:
        amounts: by period, or by committee and period; None for no limit, which becomes ``MOST``
            beside others that have one.
    """
    if all(amount is None for amount in amounts.values()):
        return Limits(None, {})
    known = {key: MOST if amount is None else amount for key, amount in amounts.items()}
    highest = max(known.values())
    return Limits(highest, {key: highest - n for key, n in known.items() if n < highest})


def granted_to(
    versions: Sequence[QuotaVersion], committee_id: int, role: str, period: Period
) -> int | None:
    """Return what a committee, or with ``role`` that post of it, is granted in a period."""
    rule = version_for(versions, period).rule
    if role:
        return rule.post_amounts(period).get(Post(role))
    return rule.amount_of(committee_id, period)
