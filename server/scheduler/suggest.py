"""Before a request is filed: which sessions could take it, and what each would cost (我要拼会)."""

from dataclasses import dataclass
from datetime import date

from server.scheduler.draft import Draft
from server.scheduler.ground import Claim, survey
from server.scheduler.lookup import look_up
from server.scheduler.model import Instance

MOST = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A session that could take the request; ``title`` is empty for a session of its own.

    ``start`` and ``end`` are when the item would run, in minutes of day. ``trips`` are committees
    that would come for it alone, ``over`` the calls above quotas; ``free`` the minutes left after.
    """

    title: str
    date: date
    half: str
    start: int
    end: int
    trips: int
    people: int
    anyway: int
    over: int
    free: int
    needs_approval: bool

    @property
    def rides(self) -> bool:
        """Whether it is somebody else's session."""
        return bool(self.title)


def suggest(instance: Instance) -> list[Suggestion]:
    """Return what could be done with the instance's first request, the fewest trips first.

    At most ``MOST`` sessions to ride on and one session of its own; none for reading matter.
    """
    ground = survey(look_up(instance))
    if not ground.claims or ground.claims[0].request.id != instance.requests[0].id:
        return []
    draft, claim = Draft(ground), ground.claims[0]
    rules = {spot: draft.refusal(0, spot) for spot in claim.prices}
    found = [_suggestion(draft, claim, s) for s, rule in rules.items() if rule in ("", "approval")]
    found.sort(key=lambda s: (s.trips, s.over, s.date, s.half))
    riding = [suggestion for suggestion in found if suggestion.rides][:MOST]
    return riding + [suggestion for suggestion in found if not suggestion.rides][:1]


def _suggestion(draft: Draft, claim: Claim, spot: int) -> Suggestion:
    place, filling = draft.ground.spots[spot], draft.fillings[spot]
    standing = draft.ground.lookup.standing_at.get(place.cell)
    start = place.frame.starts[0] + place.frame.opening
    return Suggestion(
        title=standing.title if standing else "",
        date=place.cell.date,
        half=place.cell.half,
        start=start,
        end=start + claim.minutes,
        trips=(claim.committees & ~filling.committees).bit_count(),
        people=claim.crowd.bit_count(),
        anyway=(claim.crowd & filling.crowd).bit_count(),
        over=draft.excess(0, spot),
        free=place.minutes - claim.minutes,
        needs_approval=not claim.calling and bool(claim.crowd & ~filling.called),
    )
