"""The banner (横幅): one line of text of the chair's on every screen."""

from dataclasses import replace
from datetime import datetime

from server.conference.model import ConferenceState, Happening, Rule, Step
from server.domain.events import EventKind, Payload


def set_banner(state: ConferenceState, text: str) -> list[Happening]:
    """Put a line on every screen; an empty one takes it away."""
    line = " ".join(text.split())
    if line == state.banner:
        return []
    return [Happening(EventKind.BANNER_SET, {"text": line})]


def _set(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, banner=payload["text"])


RULES: dict[str, Rule] = {"banner.set": lambda s, o: set_banner(s, o.word)}
STEPS: dict[str, Step] = {EventKind.BANNER_SET: _set}
