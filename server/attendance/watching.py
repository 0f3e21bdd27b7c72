"""Watching a recording later (补看): counted apart from presence, it makes nobody present. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from server.domain.events import EventKind, Recorded


@dataclass(frozen=True, slots=True)
class Watched:
    """How much of a recording was watched, by venue and by person; nobody who watched nothing."""

    venues: Mapping[int, timedelta]
    people: Mapping[int, timedelta]


def fold_watched(events: Iterable[Recorded]) -> Watched:
    """Return how much of a session's recording was watched; what was watched twice counts once.

    Args:
        events: of the session. ``recording.watched`` names seconds of the recording, from which to
            which; one that ends before it begins is nothing. Who belongs to no venue counts for
            none.
    """
    venues: dict[int, list[tuple[int, int]]] = defaultdict(list)
    people: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for event in events:
        if event.kind != EventKind.RECORDING_WATCHED or not event.payload:
            continue
        part = event.payload["from_second"], event.payload["to_second"]
        if venue := event.payload["venue_id"]:
            venues[venue].append(part)
        if person := event.payload.get("person_id"):
            people[person].append(part)
    return Watched(
        {venue: _length(parts) for venue, parts in venues.items()},
        {person: _length(parts) for person, parts in people.items()},
    )


def _length(parts: Iterable[tuple[int, int]]) -> timedelta:
    """Return how many seconds some parts cover; overlaps count once."""
    covered, reached = 0, 0
    for start, end in sorted(parts):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return timedelta(seconds=covered)
