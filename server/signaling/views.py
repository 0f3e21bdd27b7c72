"""Turns a conference into the messages pages are shown. Pure; times become unix milliseconds."""

from datetime import datetime, timedelta

from server.conference.model import MAIN, ConferenceState, LiveVenue
from server.domain.clock import unix_ms
from server.domain.places import Venue
from server.domain.session import Session
from server.media.model import SourceHealth
from server.signaling.messages import (
    Asking,
    ItemNow,
    Said,
    State,
    Truth,
    VenueNow,
    Waiting,
    Welcome,
)


def _venue_now(venue: LiveVenue) -> VenueNow:
    state = "connected" if venue.peers else ("lost" if venue.joined else "absent")
    heads = -1 if venue.heads is None else venue.heads
    return VenueNow(venue.number, venue.name, state, heads, venue.mic)


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def state_message(state: ConferenceState, version: int, hall: str, now: datetime) -> State:
    """Return the whole conference as everybody is shown it."""
    minutes = 0
    if state.items:
        present = state.items[state.item]
        minutes = present.item.minutes + present.added_minutes
    return State(
        version=version,
        now_ms=unix_ms(now),
        session=state.session_id,
        title=state.title,
        hall=hall,
        starts_ms=unix_ms(state.starts_at),
        ends_ms=unix_ms(state.ends_at),
        expected=sum(v.number != MAIN for v in state.venues),
        venues=[_venue_now(v) for v in state.venues],
        floor=-1 if state.floor is None else state.floor,
        floor_since_ms=unix_ms(state.floor_since) if state.floor_since else 0,
        queue=[Asking(r.venue, unix_ms(r.since)) for r in state.queue],
        said=[Said(number, _seconds(length)) for number, length in state.said],
        muted_all=state.muted_all,
        items=[
            ItemNow(
                run.item.topic,
                run.item.department,
                run.item.minutes + run.added_minutes,
                _seconds(run.used),
            )
            for run in state.items
        ],
        item=state.item,
        item_since_ms=unix_ms(state.item_since),
        item_minutes=minutes,
    )


def truth_message(venue: LiveVenue, health: SourceHealth | None, now: datetime) -> Truth:
    """Return the two truths for one venue: what the worker receives, and what is committed."""
    here = venue.since is not None
    present = venue.present + (now - venue.since if venue.since else timedelta())
    return Truth(
        seen=here and health is not None and health.video_kbps > 0,
        heard=here and health is not None and health.audio,
        recorded_ms=unix_ms(venue.joined) if venue.joined else 0,
        present_seconds=max(_seconds(present), 0),
    )


def welcome_message(venue: Venue, *, operator: bool, session_id: int, now: datetime) -> Welcome:
    """Return the answer to a hello."""
    return Welcome(venue.number, venue.name, operator, session_id, unix_ms(now))


def waiting_message(coming: Session | None, now: datetime, check: datetime | None) -> Waiting:
    """Return what a page is told while no session is open for it; session 0 when none is next.

    Args:
        coming: the next session.
        now: the present.
        check: when the page shall check its devices by itself, None for not at all.
    """
    if coming is None:
        return Waiting(0, "", 0, 0, 0, unix_ms(now), 0)
    return Waiting(
        coming.id,
        coming.title,
        unix_ms(coming.starts_at),
        unix_ms(coming.ends_at),
        len(coming.items),
        unix_ms(now),
        unix_ms(check) if check else 0,
    )
