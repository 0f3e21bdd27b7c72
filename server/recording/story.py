"""What the log says of a session, for its films: chapters, banners, speeches, names. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from server.domain.events import EventKind, Recorded
from server.domain.opening import Opening, opening_from_payload

STORY = "story.json"
"""The file's name in the folder of a recording."""


class Chapter(msgspec.Struct, frozen=True):
    """An agenda item (议题), from the moment when it began; moments in Unix microseconds."""

    at_us: int
    topic: str
    department: str


class Caption(msgspec.Struct, frozen=True):
    """A banner (横幅) while it was on the screens."""

    from_us: int
    until_us: int
    text: str


class Speech(msgspec.Struct, frozen=True):
    """A branch (分会场) that had the floor (发言权): its number, from when to when."""

    from_us: int
    until_us: int
    venue: int


class Story(msgspec.Struct, frozen=True):
    """What happened.

    ``venues`` maps the number of a venue as text to its name; ``until_us`` is the session's end.
    Chapters, captions and speeches are in order of time.
    """

    title: str = ""
    session: int = 0
    venues: dict[str, str] = {}
    chapters: list[Chapter] = []
    captions: list[Caption] = []
    speeches: list[Speech] = []
    until_us: int = 0


def tell(events: Iterable[Recorded], main: str) -> Story:
    """Return the story of a session from its events in order; ``main`` names the main venue.

    An item that began twice, since the agenda went back, is two chapters.
    """
    teller = _Teller(main)
    for event in events:
        teller.hear(event)
    return teller.end()


class _Teller:
    """The story so far; ``_banner`` and ``_floor`` are what stands now, since when."""

    def __init__(self, main: str) -> None:
        self._main = main
        self._opening: Opening | None = None
        self._chapters: list[Chapter] = []
        self._captions: list[Caption] = []
        self._speeches: list[Speech] = []
        self._banner: tuple[int, str] | None = None
        self._floor: tuple[int, int] | None = None
        self._until_us = 0

    def hear(self, event: Recorded) -> None:
        """Take in the next event."""
        at_us = self._until_us = _micros(event.at)
        match event.kind:
            case EventKind.SESSION_OPENED:
                self._opening = opening_from_payload(event.session_id or 0, event.payload)
            case EventKind.AGENDA_ITEM_STARTED:
                self._chapters.append(self._chapter(at_us, event.payload["item_id"]))
            case EventKind.BANNER_SET:
                self._show(at_us, event.payload["text"])
            case EventKind.FLOOR_GIVEN:
                self._give(at_us, event.payload["venue_id"])
            case EventKind.FLOOR_TAKEN_BACK:
                self._give(at_us, None)
            case EventKind.CONTROL_UNDONE:
                self._undo(at_us, event.payload["command"])

    def _undo(self, at_us: int, command: str) -> None:
        """What was undone ends; that what was before comes back is not told."""
        if command == "banner.set":
            self._show(at_us, "")
        elif command.startswith("floor."):
            self._give(at_us, None)

    def _chapter(self, at_us: int, item_id: int) -> Chapter:
        items = self._opening.items if self._opening else ()
        topics = {item.id: (item.topic, item.department) for item in items}
        return Chapter(at_us, *topics.get(item_id, ("", "")))

    def _show(self, at_us: int, text: str) -> None:
        if self._banner is not None:
            self._captions.append(Caption(self._banner[0], at_us, self._banner[1]))
        self._banner = (at_us, text) if text else None

    def _give(self, at_us: int, venue_id: int | None) -> None:
        if self._floor is not None:
            self._speeches.append(Speech(self._floor[0], at_us, self._floor[1]))
        lines = self._opening.roster if self._opening else ()
        number = next((line.number for line in lines if line.venue_id == venue_id), None)
        self._floor = None if number is None else (at_us, number)

    def end(self) -> Story:
        """Return the story; what still stands ends with the last event."""
        self._show(self._until_us, "")
        self._give(self._until_us, None)
        opening = self._opening
        names = {str(line.number): line.name for line in opening.roster} if opening else {}
        return Story(
            title=opening.title if opening else "",
            session=opening.session_id if opening else 0,
            venues={"0": self._main} | names,
            chapters=self._chapters,
            captions=self._captions,
            speeches=self._speeches,
            until_us=self._until_us,
        )


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def write_story(story: Story) -> bytes:
    """Return the story as it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(story)) + b"\n"


def read_story(data: bytes) -> Story:
    """Return the story in a file; an empty one where there is none that can be read."""
    try:
        return msgspec.json.decode(data, type=Story)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Story()


def vtt(story: Story, start_us: int, end_us: int) -> str:
    """Return the banners of a film that begins and ends at these moments, as WebVTT (W3C).

    Those outside are left out, those across are cut.
    """
    lines = ["WEBVTT", ""]
    for caption in story.captions:
        first, last = max(caption.from_us, start_us), min(caption.until_us, end_us)
        if first < last:
            # a line of WebVTT is text, but for these
            text = caption.text.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "→")
            lines += [f"{_cue(first - start_us)} --> {_cue(last - start_us)}", text, ""]
    return "\n".join(lines)


def _cue(passed_us: int) -> str:
    """Return a moment as WebVTT has it: ``01:02:03.004``."""
    seconds, rest = divmod(passed_us // 1000, 1000)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{rest:03d}"
