"""The parts of a recording: agenda items, and who had the floor when, told from the log. Pure.

Seconds count from the beginning of the recording, as its films do.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.events import EventKind, Recorded
from server.domain.opening import opening_from_payload

PART_KINDS = (
    EventKind.SESSION_OPENED,
    EventKind.SESSION_CLOSED,
    EventKind.AGENDA_ITEM_STARTED,
    EventKind.AGENDA_ITEM_ENDED,
    EventKind.FLOOR_GIVEN,
    EventKind.FLOOR_TAKEN_BACK,
)
"""The events that parts are told from."""


@dataclass(frozen=True, slots=True)
class Part:
    """An agenda item (议题), or a span during which a branch had the floor (发言权); half-open.

    An item has its ``item_id``, its topic as ``title`` and its ``department``; a span of speech the
    ``venue_id`` and the venue's name as ``title``.
    """

    from_second: int
    to_second: int
    title: str
    department: str = ""
    item_id: int = 0
    venue_id: int = 0

    @property
    def is_item(self) -> bool:
        """Whether it is an agenda item."""
        return self.item_id != 0


class _Teller:
    """What is under way, and what is told already."""

    def __init__(self, begun: datetime, length: int) -> None:
        self._begun, self._length = begun, length
        self._since: dict[str, tuple[int, Part]] = {}
        self.parts: list[Part] = []

    def begin(self, line: str, at: datetime, part: Part) -> None:
        self.end(line, at)
        self._since[line] = self._second(at), part

    def end(self, line: str, at: datetime | None = None) -> None:
        if line not in self._since:
            return
        since, part = self._since.pop(line)
        until = self._length if at is None else self._second(at)
        if since < until:
            self.parts.append(
                Part(since, until, part.title, part.department, part.item_id, part.venue_id)
            )

    def _second(self, at: datetime) -> int:
        return min(max(0, int((at - self._begun).total_seconds())), self._length)


def parts_of(events: Iterable[Recorded], begun: datetime, length: timedelta) -> list[Part]:
    """Return the parts of a recording in order of their beginning.

    Args:
        events: of the session, in order; others than ``PART_KINDS`` change nothing.
        begun: when the recording began; what ended before it is left out.
        length: of the recording; what goes on after its end is cut.
    """
    teller = _Teller(begun, int(length.total_seconds()))
    topics: dict[int, Part] = {}
    names: dict[int, str] = {}
    for event in events:
        match event.kind:
            case EventKind.SESSION_OPENED if event.payload:
                opening = opening_from_payload(event.session_id or 0, event.payload)
                names = {line.venue_id: line.name for line in opening.roster}
                topics = {i.id: Part(0, 0, i.topic, i.department, i.id) for i in opening.items}
            case EventKind.AGENDA_ITEM_STARTED if event.payload.get("item_id") in topics:
                teller.begin("item", event.at, topics[event.payload["item_id"]])
            case EventKind.FLOOR_GIVEN if event.payload.get("venue_id") in names:
                venue = event.payload["venue_id"]
                teller.begin("floor", event.at, Part(0, 0, names[venue], venue_id=venue))
            case EventKind.AGENDA_ITEM_ENDED:
                teller.end("item", event.at)
            case EventKind.FLOOR_TAKEN_BACK:
                teller.end("floor", event.at)
            case EventKind.SESSION_CLOSED:
                teller.end("item", event.at)
                teller.end("floor", event.at)
    teller.end("item")
    teller.end("floor")
    return sorted(teller.parts, key=lambda part: (part.from_second, not part.is_item))


def find(parts: Iterable[Part], words: str, department: str = "") -> list[Part]:
    """Return the parts in which every word stands, of topic, department or venue.

    Args:
        parts: where to look.
        words: parted by spaces, upper and lower case are one; empty for all.
        department: only the items of a department of this name; empty for all.
    """
    wanted = words.casefold().split()
    return [
        part
        for part in parts
        if (not department or part.department == department)
        and all(word in f"{part.title} {part.department}".casefold() for word in wanted)
    ]


def own_parts(
    parts: Sequence[Part], *, department: str, items: Collection[int], venue_id: int | None
) -> list[Part]:
    """Return a viewer's own parts: what its department brought, when its venue had the floor.

    Args:
        parts: of a recording.
        department: the name of the viewer's department, empty for none.
        items: ids of items that are that department's whatever it is called by now.
        venue_id: the viewer's own venue, None for none.
    """
    return [
        part
        for part in parts
        if (
            part.is_item
            and (part.item_id in items or (department and department == part.department))
        )
        or (not part.is_item and part.venue_id == venue_id)
    ]
