"""Leave (请假) in a conference: who need not come; granted before the session or while it runs."""

from dataclasses import replace
from datetime import datetime

from server.conference.model import ConferenceState, Step, number_of
from server.domain.events import EventKind, Payload

KINDS = (EventKind.LEAVE_GRANTED, EventKind.LEAVE_REFUSED, EventKind.LEAVE_WITHDRAWN)
"""The events that say whether a venue is on leave; the last word counts."""


def _word(*, granted: bool) -> Step:
    def step(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
        number = number_of(state, payload.get("venue_id"))
        if number is None or payload.get("person_id") is not None:
            return state
        others = state.on_leave - {number}
        return replace(state, on_leave=others | {number} if granted else others)

    return step


STEPS: dict[str, Step] = {
    EventKind.LEAVE_GRANTED: _word(granted=True),
    EventKind.LEAVE_REFUSED: _word(granted=False),
    EventKind.LEAVE_WITHDRAWN: _word(granted=False),
}
