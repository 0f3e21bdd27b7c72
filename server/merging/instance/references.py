"""Whether an instance holds together: every id that is named exists, and exists once."""

from collections import Counter
from collections.abc import Iterable

from server.merging.instance.fields import FormatError
from server.merging.instance.model import Instance, MeetingRequest, StandingMeeting


def _require_unique(place: str, ids: Iterable[object]) -> None:
    twins = [str(key) for key, count in Counter(ids).items() if count > 1]
    if twins:
        raise FormatError("format_duplicate", place=f"{place}: {twins[0]}")


def _require_known(place: str, ids: Iterable[str], known: frozenset[str]) -> None:
    for key in ids:
        if key not in known:
            raise FormatError("format_unknown_id", place=f"{place}: {key}")


def require_known_ids(instance: Instance) -> None:
    """Refuse an instance that names a stranger, names something twice, or has days out of order.

    Raises:
        FormatError: ``format_unknown_id``, ``format_duplicate`` or ``format_value``.
    """
    days = [day.date for day in instance.days]
    if days != sorted(set(days)):
        raise FormatError("format_value", place="days")
    _require_unique("committees", (c.id for c in instance.committees))
    _require_unique("departments", (d.id for d in instance.departments))
    _require_unique("venues", (h.id for h in instance.halls))
    ids = [s.id for s in instance.standing] + [r.id for r in instance.requests]
    _require_unique("requests", ids)
    committees = frozenset(c.id for c in instance.committees)
    departments = frozenset(d.id for d in instance.departments)
    roles, halves = frozenset(instance.roles), frozenset(half.name for half in instance.halves)
    _require_known("quota.counts", instance.quota.counts, roles)
    for block in instance.blocked:
        _require_known("blocked", (block.committee,), committees)
        _require_known("blocked", (block.half,), halves)
        _require_known("blocked", block.roles, roles)
    askers: list[StandingMeeting | MeetingRequest] = [*instance.standing, *instance.requests]
    for asker in askers:
        _require_known(asker.id, asker.audience.committees or (), committees)
        _require_known(asker.id, asker.audience.roles, roles)
        _require_known(asker.id, (asker.department,), departments)
    _require_standing_cells(instance, halves)


def _require_standing_cells(instance: Instance, halves: frozenset[str]) -> None:
    days, halls = {day.date for day in instance.days}, {hall.id for hall in instance.halls}
    for meeting in instance.standing:
        cell = meeting.cell
        if cell.date not in days or cell.half not in halves or cell.hall not in halls:
            raise FormatError("format_unknown_id", place=f"hosts: {meeting.id}")
