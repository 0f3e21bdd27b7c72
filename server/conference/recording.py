"""Recording (录像): begun and ended by the chair with a reason, and what the worker shall record.

The worker writes; what becomes of it is told by events of its own, and it rests by itself while
the disk is too full. Nobody is recorded who is not heard or seen by right: mute goes before.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import get_args

from server.conference.layout import Screen, big_picture
from server.conference.model import (
    ConferenceState,
    Happening,
    Order,
    Rule,
    Step,
    known_venue,
    number_of,
)
from server.conference.peers import Part, source_of
from server.conference.recorded import Recording, Scope
from server.domain.clock import SITE_ZONE, from_unix_ms
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload, time_text
from server.media.model import RecordingChanged, RecordingGap, RecordingPlan

EVERYBODY = Screen(0, Part.OBSERVER)
"""The screen of somebody who is no venue: it shows what all are shown."""
SCOPES: tuple[str, ...] = get_args(Scope)


# --- rules --------------------------------------------------------------------------------------


def start(state: ConferenceState, order: Order) -> list[Happening]:
    """Begin to record, or go on with another scope (``at``); ``word`` is the reason.

    Raises:
        DomainError: ``recording_needs_venues``, ``venue_not_on_roster``.
    """
    venues = order.venues if order.at == "venues" else ()
    if order.at == "venues" and not venues:
        raise DomainError("recording_needs_venues")
    ids = [known_venue(state, number).venue_id for number in dict.fromkeys(venues)]
    now = state.recording
    if now.on and (now.scope, now.venues) == (order.at, tuple(dict.fromkeys(venues))):
        return []
    payload: Payload = {
        "scope": order.at,
        "venues": ids,
        "reason": " ".join(order.word.split()),
        "folder": folder_of(state),
    }
    return [Happening(EventKind.RECORDING_STARTED, payload)]


def stop(state: ConferenceState, order: Order) -> list[Happening]:
    """End the recording; ``word`` is the reason."""
    if not state.recording.on:
        return []
    reason = " ".join(order.word.split())
    return [Happening(EventKind.RECORDING_STOPPED, {"reason": reason})]


def folder_of(state: ConferenceState) -> str:
    """Return where a session is recorded: ``2026/11/12``, year, month and session."""
    return f"{state.starts_at.astimezone(SITE_ZONE):%Y/%m}/{state.session_id}"


def told(state: ConferenceState, event: RecordingChanged | RecordingGap) -> list[Happening]:
    """Return what the log says of the worker's word; nothing where it knows already."""
    if isinstance(event, RecordingGap):
        payload = {
            "from": time_text(from_unix_ms(event.from_ms)),
            "until": time_text(from_unix_ms(event.until_ms)),
            "why": event.why,
        }
        return [Happening(EventKind.RECORDING_GAP, payload)]
    trouble = "" if event.state == "writing" else event.state
    if not state.recording.on or trouble == state.recording.trouble:
        return []
    if trouble:
        return [Happening(EventKind.RECORDING_RESTED, {"why": trouble})]
    return [Happening(EventKind.RECORDING_RESUMED, {})]


# --- what the worker is told --------------------------------------------------------------------


def plan_of(state: ConferenceState) -> RecordingPlan | None:
    """Return what the worker shall record now, None for nothing."""
    recording = state.recording
    if not recording.on or state.closed:
        return None
    if recording.scope == "sound":
        return RecordingPlan((), (), voices=True)
    shown = _shown(state)
    first = shown[0] if shown else ""
    match recording.scope:
        case "everything":
            return RecordingPlan(None, None, shown=first)
        case "venues":
            names = tuple(_sources(recording.venues))
            return RecordingPlan(names, names, shown=first)
    return RecordingPlan(shown, (), voices=True, shown=first)


def _sources(venues: Iterable[int]) -> Iterable[str]:
    for number in venues:
        yield source_of(number)
        yield source_of(number, Part.CONTENT)


def _shown(state: ConferenceState) -> tuple[str, ...]:
    """Return the pictures that everybody sees large or beside it, the larger first."""
    big = big_picture(state, EVERYBODY)
    shown = [] if big is None else [source_of(big)]
    content = state.show.content
    return (source_of(content.venue, Part.CONTENT), *shown) if content else tuple(shown)


RULES: dict[str, Rule] = {"recording.start": start, "recording.stop": stop}


# --- fold ---------------------------------------------------------------------------------------


def _started(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    numbers = (number_of(state, venue_id) for venue_id in payload["venues"])
    now = state.recording
    recording = Recording(
        on=True,
        scope=payload["scope"],
        venues=tuple(n for n in numbers if n is not None),
        reason=payload["reason"],
        since=now.since if now.on else at,
        folder=payload["folder"],
        trouble=now.trouble if now.on else "",
        notices=now.notices + (not now.on),
    )
    return replace(state, recording=recording)


def _stopped(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, recording=replace(state.recording, on=False, trouble=""))


def _rested(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, recording=replace(state.recording, trouble=payload["why"]))


def _resumed(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, recording=replace(state.recording, trouble=""))


STEPS: dict[str, Step] = {
    EventKind.RECORDING_STARTED: _started,
    EventKind.RECORDING_STOPPED: _stopped,
    EventKind.RECORDING_RESTED: _rested,
    EventKind.RECORDING_RESUMED: _resumed,
}
