"""Which recordings are kept too long (保存期限), and which are held back from deletion. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.domain.clock import SITE_ZONE
from server.domain.events import EventKind, Recorded

HOLD_KINDS = (EventKind.RECORDING_HELD, EventKind.RECORDING_RELEASED, EventKind.RECORDING_DELETED)


@dataclass(frozen=True, slots=True)
class Hold:
    """A recording that must stay (法定保留), and why; ``by`` is the name of who said so."""

    session: int
    reason: str
    by: str
    since: datetime


def fold_holds(events: Iterable[Recorded]) -> dict[int, Hold]:
    """Return the holds in force by session; ``events`` are those of ``HOLD_KINDS``, in order."""
    holds: dict[int, Hold] = {}
    for event in events:
        session = event.payload.get("session", 0)
        if event.kind == EventKind.RECORDING_HELD and session:
            reason, by = event.payload["reason"], event.payload["by"]
            holds[session] = Hold(session, reason, by, event.at)
        elif event.kind == EventKind.RECORDING_RELEASED:
            holds.pop(session, None)
    return holds


def deleted(events: Iterable[Recorded]) -> set[int]:
    """Return the sessions whose recordings were deleted by policy."""
    return {
        e.payload["session"] for e in events if e.kind == EventKind.RECORDING_DELETED and e.payload
    }


def due_at(begun: datetime, days: int) -> datetime | None:
    """Return when a recording has been kept long enough; None when it is kept for ever."""
    return begun + timedelta(days=days) if days else None


def is_due(begun: datetime, days: int, now: datetime) -> bool:
    """Tell whether a recording has been kept for the days of the policy, 0 for ever."""
    limit = due_at(begun, days)
    return limit is not None and limit <= now


@dataclass(frozen=True, slots=True)
class Month:
    """What the recordings of a month take, in octets; ``name`` is like ``2026-11``."""

    name: str
    count: int
    recorded: int
    films: int
    videos: int = 0


def by_month(
    sizes: Iterable[tuple[datetime, int, int]], videos: Iterable[tuple[datetime, int]] = ()
) -> list[Month]:
    """Return the use of the disk by month at the site, the latest first.

    Args:
        sizes: of each recording when it began, its octets, and those of its films.
        videos: of each experience video, which lie beside them, when it was begun and its octets.
    """
    months: dict[str, Month] = {}
    for begun, recorded, films in sizes:
        was = _month_of(months, begun)
        more = was.recorded + recorded, was.films + films
        months[was.name] = replace(was, count=was.count + 1, recorded=more[0], films=more[1])
    for begun, octets in videos:
        was = _month_of(months, begun)
        months[was.name] = replace(was, videos=was.videos + octets)
    return [months[name] for name in sorted(months, reverse=True)]


def _month_of(months: Mapping[str, Month], moment: datetime) -> Month:
    name = f"{moment.astimezone(SITE_ZONE):%Y-%m}"
    return months.get(name, Month(name, 0, 0, 0))


def signed_as_shown(signed: Iterable[int], due: Mapping[int, object]) -> bool:
    """Tell whether the list that somebody signed is the list that is due now."""
    return set(signed) == set(due)
