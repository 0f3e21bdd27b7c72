"""What each screen shows: the big picture and the tiles, as slots of the media plane.

A branch sees one big picture: whoever has the floor, or the main venue while nobody has it or the
branch itself has it. The main venue sees the same big picture and, behind it, every branch of the
roster in order of number. Big pictures take the high layer, tiles the low one.
"""

from collections.abc import Sequence

from server.conference.model import MAIN, ConferenceState
from server.media.model import Choice, Kind

Slots = dict[int, Choice | None]


def big_picture(state: ConferenceState, number: int) -> int | None:
    """Return whose picture is big at this venue; None where it would be the venue's own."""
    shown = MAIN if state.floor is None or state.floor == number else state.floor
    return None if shown == number else shown


def video_slots(state: ConferenceState, number: int, kinds: Sequence[Kind]) -> Slots:
    """Return the choice for each video slot of a connection; sound slots are the worker's own.

    Args:
        state: the conference.
        number: the venue that watches.
        kinds: the kinds of the connection's slots, in slot order.
    """
    wanted: list[Choice | None] = [_big(state, number)]
    if number == MAIN:
        wanted += [Choice(str(v.number), "low") for v in state.venues if v.number != MAIN]
    places = [slot for slot, kind in enumerate(kinds) if kind == "video"]
    padded = wanted + [None] * len(places)
    return dict(zip(places, padded, strict=False))


def _big(state: ConferenceState, number: int) -> Choice | None:
    shown = big_picture(state, number)
    return None if shown is None else Choice(str(shown), "high")
