"""Before a request is filed: which sessions could take it, and what each would cost (我要拼会)."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Instance
from server.merging.search.draft import Draft
from server.merging.search.ground import Claim, Ground, survey
from server.merging.search.reasons import RULES, count_refusals, next_step
from server.scheduler.filing import FiledRequest
from server.scheduler.problem import Situation, compose_instance
from server.scheduler.quota_rules import granted_to, parse_period
from server.scheduler.strain import Strain, full_committees, strains_of

MOST = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A session that could take the request; ``title`` is empty for a session of its own.

    ``start`` and ``end`` are when the item would run, in minutes of day. ``trips`` are committees
    that would come for it alone, ``over`` the calls above quotas; ``free`` the minutes left after.
    ``ride`` is the id of the session that is shared, None for one of its own; ``strains`` are the
    committees whose quotas would be exceeded.
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
    ride: int | None = None
    strains: tuple[Strain, ...] = ()

    @property
    def rides(self) -> bool:
        """Whether it is somebody else's session."""
        return bool(self.title)

    @property
    def strained(self) -> int:
        """How many committees have a quota that would be exceeded."""
        return len({strain.committee for strain in self.strains})

    @property
    def at_once(self) -> bool:
        """Whether it can be placed there without asking anybody."""
        return self.rides and not self.trips and not self.over and not self.needs_approval


@dataclass(frozen=True, slots=True)
class Advice:
    """What can be said of a request before it is filed.

    ``full`` are the ids of committees whose quota is used up in the week it could be first, none
    when it calls no post that a quota counts;
    ``kept_out`` (rule's key in the catalogue, half-days) and ``action`` say why there is no
    suggestion, and what would help.
    """

    suggestions: tuple[Suggestion, ...]
    full: tuple[str, ...]
    kept_out: tuple[tuple[str, int], ...] = ()
    action: str = ""


def advise(instance: Instance) -> Advice:
    """Return what could be done with the instance's first request, and what is in its way."""
    ground = survey(look_up(instance))
    first = instance.requests[0]
    full = _full(instance, ground.lookup)
    found = tuple(_suggest(ground, first.id))
    if found or first.read_only:
        return Advice(found, full)
    draft = Draft(ground)
    rules = count_refusals(draft, 0) if ground.claims else Counter({"no_day": 1})
    named = tuple((RULES[rule], count) for rule, count in rules.most_common())
    return Advice((), full, named, next_step(draft, first, rules))


def advise_on(situation: Situation, request: FiledRequest) -> Advice:
    """Return what could be done with a request as the street is now, in the ledger's figures."""
    advice = advise(compose_instance(situation, [request]))
    suggestions = (
        replace(s, strains=tuple(_as_granted(situation, strain) for strain in s.strains))
        for s in advice.suggestions
    )
    return replace(advice, suggestions=tuple(suggestions))


def _as_granted(situation: Situation, strain: Strain) -> Strain:
    """Return a strain with what is really granted: an instance has one amount for everybody."""
    period = parse_period(strain.period)
    if period is None:
        return strain
    granted = granted_to(situation.quotas, int(strain.committee[1:]), strain.role, period)
    if granted is None:
        return strain
    return replace(strain, used=strain.used - (strain.limit - granted), limit=granted)


def _full(instance: Instance, lookup: Lookup) -> tuple[str, ...]:
    """Return whose quota a session for the first request would exceed, were they called."""
    first = instance.requests[0]
    if not set(first.audience.roles) & set(instance.quota.counts):
        return ()
    return full_committees(lookup, max(first.earliest, _first(instance, first.earliest)))


def _first(instance: Instance, otherwise: date) -> date:
    return instance.days[0].date if instance.days else otherwise


def suggest(instance: Instance) -> list[Suggestion]:
    """Return what could be done with the instance's first request, the fewest trips first.

    At most ``MOST`` sessions to ride on and one session of its own; none for reading matter.
    """
    return _suggest(survey(look_up(instance)), instance.requests[0].id)


def _suggest(ground: Ground, request_id: str) -> list[Suggestion]:
    if not ground.claims or ground.claims[0].request.id != request_id:
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
    over = draft.excess(0, spot)
    return Suggestion(
        title=standing.title if standing else "",
        date=place.cell.date,
        half=place.cell.half,
        start=start,
        end=start + claim.minutes,
        trips=(claim.committees & ~filling.committees).bit_count(),
        people=claim.crowd.bit_count(),
        anyway=(claim.crowd & filling.crowd).bit_count(),
        over=over,
        free=place.minutes - claim.minutes,
        needs_approval=not claim.calling and bool(claim.crowd & ~filling.called),
        ride=int(standing.id[1:]) if standing else None,
        strains=strains_of(draft.ground.lookup, claim.crowd, place.cell) if over else (),
    )
