"""The form of a standing meeting: text fields in, a plan out, and back. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from server.domain.places import Post
from server.scheduler.filing import NOBODY
from server.standing.model import (
    CALL_HOURS,
    CLOSE_HOURS,
    LONGEST_HALL,
    LONGEST_TITLE,
    LONGEST_TOPIC,
    MOST_ITEMS,
    DayOff,
    OwnItem,
    Pattern,
    Plan,
    Recurrence,
)

UNREADABLE = date.min
"""Stands for a day that could not be read; no plan may have it."""
FIELDS = (
    *("title", "department", "pattern", "every", "weekly_day", "nth", "nth_day", "workday"),
    *("day_off", "first", "last", "start", "longest", "chair", "hall", "call_hours", "close_hours"),
    *(f"{name}{place}" for place in range(1, MOST_ITEMS + 1) for name in ("topic", "minutes")),
)
"""Names of the fields that hold one word or number each."""


def number(text: str) -> int:
    """Return a whole number of up to five digits, perhaps with a minus; -9 for anything else."""
    digits = text.removeprefix("-")
    good = digits.isascii() and digits.isdigit() and len(digits) <= 5
    return int(text) if good else -9


def day_of(text: str) -> date | None:
    """Return the day of a date field, None when it is empty, UNREADABLE when it is no day."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return UNREADABLE


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    good = hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()
    return int(hours) * 60 + int(minutes) if good and len(text) == len("09:30") else -1


def read_plan(
    values: Mapping[str, str],
    *,
    posts: Sequence[str],
    committees: Sequence[int],
    everybody: Sequence[int],
) -> Plan:
    """Return what the form says; what cannot be read is refused later.

    Args:
        values: the single fields by name; one that is missing is empty.
        posts: the ticked posts as sent.
        committees: the ticked committees as sent; strangers are dropped.
        everybody: the ids of all committees that serve.
    """
    words = {name: " ".join(values.get(name, "").split()) for name in FIELDS}
    chosen = tuple(c for c in everybody if c in set(committees))
    pattern = next((p for p in Pattern if p == words["pattern"]), Pattern.WEEKLY)
    weekly, monthly = number(words["weekly_day"]), number(words["nth_day"])
    nth = "workday" if pattern is Pattern.WORKDAY else "nth"
    items = (
        OwnItem(words[f"topic{n}"][: LONGEST_TOPIC + 1], number(words[f"minutes{n}"] or "0"))
        for n in range(1, MOST_ITEMS + 1)
        if words[f"topic{n}"] or words[f"minutes{n}"]
    )
    return Plan(
        title=words["title"][: LONGEST_TITLE + 1],
        department_id=number(words["department"]),
        recurrence=Recurrence(
            pattern=pattern,
            weekday=weekly if pattern is Pattern.WEEKLY else monthly,
            first=day_of(words["first"]) or UNREADABLE,
            every=number(words["every"]) if pattern is Pattern.WEEKLY else 1,
            nth=1 if pattern is Pattern.WEEKLY else number(words[nth]),
            day_off=next((d for d in DayOff if d == words["day_off"]), DayOff.MOVE),
            last=day_of(words["last"]),
        ),
        start=_minute(words["start"]),
        items=tuple(items),
        longest=number(words["longest"]),
        posts=tuple(post for post in Post if post in posts),
        committee_ids=() if len(chosen) == len(everybody) else chosen or NOBODY,
        chair_id=number(words["chair"]) if words["chair"] else None,
        call_hours=number(words["call_hours"]),
        close_hours=number(words["close_hours"]),
        hall=words["hall"][: LONGEST_HALL + 1],
    )


def values_of(plan: Plan) -> dict[str, str]:
    """Return the single fields of the form as the plan has them."""
    days = plan.recurrence
    values = dict.fromkeys(FIELDS, "")
    for place, item in enumerate(plan.items, 1):
        values |= {f"topic{place}": item.topic, f"minutes{place}": str(item.minutes)}
    return values | {
        "title": plan.title,
        "department": str(plan.department_id),
        "pattern": str(days.pattern),
        "every": str(days.every),
        "weekly_day": str(days.weekday),
        "nth": str(days.nth),
        "nth_day": str(days.weekday),
        "workday": str(-1 if days.nth < 0 else 1),
        "day_off": str(days.day_off),
        "first": days.first.isoformat(),
        "last": days.last.isoformat() if days.last else "",
        "start": f"{plan.start // 60:02}:{plan.start % 60:02}",
        "longest": str(plan.longest),
        "chair": "" if plan.chair_id is None else str(plan.chair_id),
        "call_hours": str(plan.call_hours),
        "close_hours": str(plan.close_hours),
        "hall": plan.hall,
    }


def empty_values(today: date, department_id: int) -> dict[str, str]:
    """Return the fields of a new standing meeting with the usual values: each second Tuesday."""
    usual = Plan(
        title="",
        department_id=department_id,
        recurrence=Recurrence(Pattern.WEEKDAY, 2, today + timedelta(days=1), nth=2),
        start=14 * 60,
        items=(),
        longest=90,
        posts=(),
        call_hours=CALL_HOURS,
        close_hours=CLOSE_HOURS,
    )
    return values_of(usual) | {"minutes1": "20"}
