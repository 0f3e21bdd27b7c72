"""An instance with its look-ups made: ids to values, audiences to crowds, days to positions.

Built once for a problem and read by the rules, the price and the search; it decides nothing.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

from server.merging.instance.crowd import Committees, Crowd, People
from server.merging.instance.model import (
    Cell,
    Half,
    Hall,
    HallKind,
    Instance,
    MeetingRequest,
    StandingMeeting,
    WorkingDay,
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The look-ups of one instance. ``crowds`` and ``committees`` hold standing meetings too."""

    instance: Instance
    people: People
    requests: dict[str, MeetingRequest]
    standing: dict[str, StandingMeeting]
    standing_at: dict[Cell, StandingMeeting]
    halls: dict[str, Hall]
    halves: dict[str, Half]
    days: dict[date, WorkingDay]
    position: dict[date, int]
    crowds: dict[str, Crowd]
    committees: dict[str, Committees]
    calling: frozenset[str]
    blocked: dict[tuple[date, str], Crowd]

    def window_start(self, request: MeetingRequest) -> int:
        """Return the position of the first working day in the window; 0 when there is none."""
        days = self.instance.days
        first = bisect_left(days, request.earliest, key=lambda day: day.date)
        return first if first < len(days) else 0

    def days_waited(self, request: MeetingRequest, day: date) -> int:
        """Return how many working days after the start of its window the request is held."""
        return self.position[day] - self.window_start(request)

    def trip_price(self, hall: str) -> int:
        """Return the points of one committee's trip to this hall."""
        weights = self.instance.weights
        room = self.halls[hall].kind is HallKind.ROOM
        return weights.trip_room if room else weights.trip_video


def look_up(instance: Instance) -> Lookup:
    """Make the look-ups. ``calling`` are the requests that may call people by themselves."""
    people = People(tuple(c.id for c in instance.committees), instance.roles)
    exempt = {d.id for d in instance.departments if d.exempt}
    crowds = {r.id: people.called(r.audience) for r in instance.requests}
    crowds |= {s.id: people.called(s.audience) for s in instance.standing}
    return Lookup(
        instance=instance,
        people=people,
        requests={r.id: r for r in instance.requests},
        standing={s.id: s for s in instance.standing},
        standing_at={s.cell: s for s in instance.standing},
        halls={hall.id: hall for hall in instance.halls},
        halves={half.name: half for half in instance.halves},
        days={day.date: day for day in instance.days},
        position={day.date: at for at, day in enumerate(instance.days)},
        crowds=crowds,
        committees={key: people.committees_of(crowd) for key, crowd in crowds.items()},
        calling=frozenset(r.id for r in instance.requests if r.approved or r.department in exempt),
        blocked=_blocked(instance, people),
    )


def _blocked(instance: Instance, people: People) -> dict[tuple[date, str], Crowd]:
    blocked: dict[tuple[date, str], Crowd] = {}
    for block in instance.blocked:
        crowd = people.holding(people.mask((block.committee,)), block.roles or instance.roles)
        key = (block.date, block.half)
        blocked[key] = blocked.get(key, 0) | crowd
    return blocked
