"""Turns recorded events into the state of a conference: what a restart reads, and what a click did.

One function per kind of event; each matter brings its own table, all are merged at the end. Events
of kinds that are not in it change nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from server.conference import (
    agenda,
    ballots,
    banner,
    broadcast,
    calling,
    carousel,
    chair,
    content,
    floor,
    leave,
    material,
    observers,
    prompts,
    questions,
    recording,
    rollcall,
    sound,
    undo,
    views,
)
from server.conference.model import (
    MAIN,
    ConferenceState,
    ItemRun,
    LiveVenue,
    Step,
    with_venue,
)
from server.domain.events import EventKind, Payload, Recorded, parse_time
from server.domain.opening import Opening, opening_from_payload
from server.domain.places import Venue
from server.domain.prompting import Prompting


def opened(event: Recorded, main: Venue) -> ConferenceState:
    """Return the first state from ``session.opened``: nobody here, everybody but the main muted.

    The first item's clock stands still until the planned start.
    """
    opening = opening_from_payload(event.session_id or 0, event.payload)
    first = LiveVenue(MAIN, main.id, main.name, mic=True)
    branches = (LiveVenue(line.number, line.venue_id, line.name) for line in opening.roster)
    return ConferenceState(
        session_id=opening.session_id,
        title=opening.title,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        venues=(first, *sorted(branches, key=lambda v: v.number)),
        items=_items(opening),
        item=0,
        item_since=max(event.at, opening.starts_at),
        prompting=Prompting(seconds=opening.rules.answer_seconds),
    )


def _items(opening: Opening) -> tuple[ItemRun, ...]:
    numbers = {line.venue_id: line.number for line in opening.roster}
    calls = {call.item_id: call for call in opening.calls}
    runs: list[ItemRun] = []
    for item in opening.items:
        call = calls.get(item.id)
        posts = call.posts if call else ()
        venues = (numbers[one] for one in call.venue_ids if one in numbers) if call else ()
        runs.append(ItemRun(item, posts=posts, venues=frozenset(venues)))
    return tuple(runs)


def fold(events: Iterable[Recorded], main: Venue) -> ConferenceState | None:
    """Return the state after all events of one session in order; None before it was opened.

    Of what went before, leave is still good when it opens.
    """
    state: ConferenceState | None = None
    words: list[Recorded] = []
    for event in events:
        if state is None:
            words += [event] if event.kind in leave.KINDS else []
            if event.kind == EventKind.SESSION_OPENED:
                state = opened(event, main)
                for word in words:
                    state = apply(state, word.kind, word.payload, word.at)
        else:
            state = apply(state, event.kind, event.payload, event.at)
    return state


def apply(state: ConferenceState, kind: str, payload: Payload, at: datetime) -> ConferenceState:
    """Return the state after one event."""
    step = _STEPS.get(kind)
    if step is None or undo.PASSED_OVER in payload:
        return state
    return undo.note(state, step(state, payload, at), payload, at)


def _find(state: ConferenceState, payload: Payload) -> LiveVenue | None:
    return next((v for v in state.venues if v.venue_id == payload["venue_id"]), None)


def _moment(payload: Payload, key: str, at: datetime) -> datetime:
    return parse_time(payload[key]) if payload.get(key) else at


def _connected(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    venue = _find(state, payload)
    if venue is None:
        return state
    start = _moment(payload, "connected_at", at)
    peers = venue.peers | {payload["peer"]}
    since, joined = venue.since or start, venue.joined or start
    return with_venue(state, venue.venue_id, peers=peers, since=since, joined=joined)


def _disconnected(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    venue = _find(state, payload)
    if venue is None or payload["peer"] not in venue.peers:
        return state
    peers = venue.peers - {payload["peer"]}
    if peers or venue.since is None:
        return with_venue(state, venue.venue_id, peers=peers)
    stood = max(_moment(payload, "last_packet_at", at) - venue.since, timedelta())
    return with_venue(state, venue.venue_id, peers=peers, since=None, present=venue.present + stood)


def _all_gone(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    end = _moment(payload, "since", at)
    venues = tuple(
        replace(
            v,
            peers=frozenset(),
            since=None,
            present=v.present + (max(end - v.since, timedelta()) if v.since else timedelta()),
        )
        for v in state.venues
    )
    show = replace(state.show, content=None)
    return replace(state, venues=venues, observers=frozenset(), show=show)


def _head_count(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return with_venue(state, payload["venue_id"], heads=payload["count"])


def _locked(*, on: bool) -> Step:
    def step(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
        return replace(state, locked=on)

    return step


def _closed(state: ConferenceState, _payload: Payload, at: datetime) -> ConferenceState:
    state = replace(floor.end_speech(state, at), closed=True)
    if rollcall.named(state) is None:
        return state
    return rollcall.STEPS[EventKind.ROLL_ENDED](state, {}, at)


_STEPS: dict[str, Step] = {
    EventKind.VENUE_CONNECTED: _connected,
    EventKind.VENUE_DISCONNECTED: _disconnected,
    EventKind.VENUE_REPLACED: _disconnected,
    EventKind.SYSTEM_OUTAGE_STARTED: _all_gone,
    EventKind.VENUE_HEAD_COUNT: _head_count,
    EventKind.SESSION_LOCKED: _locked(on=True),
    EventKind.SESSION_UNLOCKED: _locked(on=False),
    EventKind.SESSION_CLOSED: _closed,
    **floor.STEPS,
    **sound.STEPS,
    **agenda.STEPS,
    **chair.STEPS,
    **rollcall.STEPS,
    **undo.STEPS,
    **broadcast.STEPS,
    **carousel.STEPS,
    **views.STEPS,
    **content.STEPS,
    **calling.STEPS,
    **banner.STEPS,
    **questions.STEPS,
    **ballots.STEPS,
    **observers.STEPS,
    **material.STEPS,
    **leave.STEPS,
    **prompts.STEPS,
    **recording.STEPS,
}
