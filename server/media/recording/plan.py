"""Which streams of a room are recorded: control's choice of sources, bound to what arrives."""

from collections.abc import Iterator

from server.media.model import RecordingPlan
from server.media.rooms import Room
from server.media.simulcast import pick_layer
from server.media.streams import Publication, Stream


def wanted_streams(
    plan: RecordingPlan, room: Room, now: float, taken: set[Stream]
) -> Iterator[Stream]:
    """Yield the streams of a room that are to be recorded now.

    Of a picture the best layer that arrives. Of sound nothing that may not be heard: who is muted
    is not recorded either.

    Args:
        plan: the choice.
        room: where they are published.
        now: seconds of the worker's clock.
        taken: the streams that are recorded at present; a layer that flickers does not replace one
            of them.
    """
    for source, kind in room.published():
        publication = room.publication(source, kind)
        if publication is None:
            continue
        if kind == "audio":
            if _takes_sound(plan, room, source):
                yield publication.streams[0]
        elif plan.pictures is None or source in plan.pictures:
            yield _best(publication, now, taken)


def _takes_sound(plan: RecordingPlan, room: Room, source: str) -> bool:
    if not room.is_audible(source):
        return False
    if plan.sounds is None or source in plan.sounds:
        return True
    return plan.voices and source in room.voices.places


def _best(publication: Publication, now: float, taken: set[Stream]) -> Stream:
    streams = publication.streams
    current = next((place for place, one in enumerate(streams) if one in taken), -1)
    layers = [stream.layer for stream in streams]
    return streams[pick_layer(layers, "high", now, current=current)]
