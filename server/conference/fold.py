"""Turns recorded events into the state of a conference: what a restart reads, and what a click did.

One function per kind of event, in one table. Events of kinds that are not in it change nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from server.conference import broadcast, calling, carousel, content, observers, views
from server.conference.model import (
    MAIN,
    ConferenceState,
    FloorRequest,
    ItemRun,
    LiveVenue,
    Step,
)
from server.conference.model import with_venue as _change
from server.domain.events import EventKind, Payload, Recorded, parse_time
from server.domain.opening import opening_from_payload
from server.domain.places import Venue


def opened(event: Recorded, main: Venue) -> ConferenceState:
    """Return the first state from ``session.opened``: nobody here, everybody but the main muted."""
    opening = opening_from_payload(event.session_id or 0, event.payload)
    first = LiveVenue(MAIN, main.id, main.name, mic=True)
    branches = (LiveVenue(line.number, line.venue_id, line.name) for line in opening.roster)
    return ConferenceState(
        session_id=opening.session_id,
        title=opening.title,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        venues=(first, *sorted(branches, key=lambda v: v.number)),
        items=tuple(ItemRun(item) for item in opening.items),
        item=0,
        item_since=event.at,
    )


def fold(events: Iterable[Recorded], main: Venue) -> ConferenceState | None:
    """Return the state after all events of one session in order; None before it was opened."""
    state: ConferenceState | None = None
    for event in events:
        if state is None:
            if event.kind == EventKind.SESSION_OPENED:
                state = opened(event, main)
        else:
            state = apply(state, event.kind, event.payload, event.at)
    return state


def apply(state: ConferenceState, kind: str, payload: Payload, at: datetime) -> ConferenceState:
    """Return the state after one event."""
    step = _STEPS.get(kind)
    return step(state, payload, at) if step else state


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
    return _change(state, venue.venue_id, peers=peers, since=since, joined=joined)


def _disconnected(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    venue = _find(state, payload)
    if venue is None or payload["peer"] not in venue.peers:
        return state
    peers = venue.peers - {payload["peer"]}
    if peers or venue.since is None:
        return _change(state, venue.venue_id, peers=peers)
    stood = max(_moment(payload, "last_packet_at", at) - venue.since, timedelta())
    return _change(state, venue.venue_id, peers=peers, since=None, present=venue.present + stood)


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
    return _change(state, payload["venue_id"], heads=payload["count"])


def _mic(*, on: bool) -> Step:
    def step(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
        return _change(state, payload["venue_id"], mic=on)

    return step


def _requested(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    venue = _find(state, payload)
    if venue is None or any(r.venue == venue.number for r in state.queue):
        return state
    return replace(state, queue=(*state.queue, FloorRequest(venue.number, at)))


def _off_queue(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    venue = _find(state, payload)
    left = tuple(r for r in state.queue if venue is None or r.venue != venue.number)
    return replace(state, queue=left)


def _with_said(state: ConferenceState, at: datetime) -> ConferenceState:
    """Return the state with the end of the present speech entered under what was said."""
    if state.floor is None or state.floor_since is None:
        return state
    spoken = dict(state.said)
    length = spoken.get(state.floor, timedelta()) + max(at - state.floor_since, timedelta())
    others = tuple(entry for entry in state.said if entry[0] != state.floor)
    return replace(state, said=(*others, (state.floor, length)), floor=None, floor_since=None)


def _given(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    venue = _find(state, payload)
    if venue is None:
        return state
    state = _off_queue(_with_said(state, at), payload, at)
    state = _change(state, venue.venue_id, mic=True)
    return replace(state, floor=venue.number, floor_since=at)


def _taken_back(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    return _change(_with_said(state, at), payload["venue_id"], mic=False)


def _muted_all(state: ConferenceState, _payload: Payload, at: datetime) -> ConferenceState:
    venues = tuple(v if v.number == MAIN else replace(v, mic=False) for v in state.venues)
    return replace(_with_said(state, at), venues=venues, muted_all=True)


def _mute_lifted(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, muted_all=False)


def _item_ended(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    items = tuple(
        replace(run, used=max(at - state.item_since, timedelta()))
        if run.item.id == payload["item_id"]
        else run
        for run in state.items
    )
    return replace(state, items=items)


def _item_started(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    position = [run.item.id for run in state.items].index(payload["item_id"])
    return replace(state, item=position, item_since=at, said=())


def _extended(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    items = tuple(
        replace(run, added_minutes=run.added_minutes + payload["minutes"])
        if run.item.id == payload["item_id"]
        else run
        for run in state.items
    )
    return replace(state, items=items)


def _closed(state: ConferenceState, _payload: Payload, at: datetime) -> ConferenceState:
    return replace(_with_said(state, at), closed=True)


_STEPS: dict[str, Step] = {
    EventKind.VENUE_CONNECTED: _connected,
    EventKind.VENUE_DISCONNECTED: _disconnected,
    EventKind.VENUE_REPLACED: _disconnected,
    EventKind.SYSTEM_OUTAGE_STARTED: _all_gone,
    EventKind.VENUE_HEAD_COUNT: _head_count,
    EventKind.VENUE_MUTED: _mic(on=False),
    EventKind.VENUE_UNMUTED: _mic(on=True),
    EventKind.FLOOR_REQUESTED: _requested,
    EventKind.FLOOR_WITHDRAWN: _off_queue,
    EventKind.FLOOR_GIVEN: _given,
    EventKind.FLOOR_TAKEN_BACK: _taken_back,
    EventKind.MUTE_ALL: _muted_all,
    EventKind.MUTE_LIFTED: _mute_lifted,
    EventKind.AGENDA_ITEM_STARTED: _item_started,
    EventKind.AGENDA_ITEM_ENDED: _item_ended,
    EventKind.SESSION_EXTENDED: _extended,
    EventKind.SESSION_CLOSED: _closed,
    **broadcast.STEPS,
    **carousel.STEPS,
    **views.STEPS,
    **content.STEPS,
    **calling.STEPS,
    **observers.STEPS,
}
