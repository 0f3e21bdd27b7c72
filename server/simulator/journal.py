"""What a simulated venue noted of itself, to be compared with what the server noted of it.

One file per venue, one JSON object a line: ``at`` (Unix milliseconds), ``event``, ``reason``.
``connected`` is the moment its first connection was ready, ``disconnected`` the moment the last
sent its last packet, however much later that was noticed. So lines are not sorted by time.
``sees`` says whose picture is the big one from now on, read from its pixels: the reason is the
venue's number, or ``no mark`` for a picture that no simulated venue made. ``hears`` and
``hears_no_more`` say whose voice is heard, told by its packets: the first of them, and the last.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self


class Event(StrEnum):
    """What can happen to a simulated venue."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    REPLACED = "replaced"
    FLOOR_GOT = "floor_got"
    FLOOR_LOST = "floor_lost"
    ENDED = "ended"
    SEES = "sees"
    HEARS = "hears"
    HEARS_NO_MORE = "hears_no_more"


NO_MARK = "no mark"
"""The reason of ``sees`` when the picture carries no mark."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when (Unix milliseconds), what, and why in words."""

    at: int
    event: Event
    reason: str


class Journal:
    """Writes the journal of one venue; each line reaches the file at once.

    Args:
        path: appended to; its folder is created.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def note(self, at_ms: int, event: Event, reason: str) -> None:
        """Add one line."""
        line = {"at": at_ms, "event": str(event), "reason": reason}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the file; nothing can be noted afterwards."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def journal_path(folder: Path, number: int) -> Path:
    """Return the file of a venue's journal."""
    return folder / f"venue-{number:02d}.jsonl"


def read_journal(path: Path) -> list[Entry]:
    """Return the entries in the order they were written; none when the file does not exist.

    A last line cut off by a sudden death is passed over.
    """
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            fields = json.loads(line)
            entries.append(Entry(fields["at"], Event(fields["event"]), fields["reason"]))
    return entries


def connected_spans(entries: list[Entry], until_ms: int) -> list[tuple[int, int]]:
    """Return the spans during which the venue was connected, in Unix milliseconds, in order.

    A span that never ended (the process was killed, or still runs) ends at ``until_ms``.
    """
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for entry in entries:
        if entry.event is Event.CONNECTED:
            if start is not None:
                spans.append((start, entry.at))
            start = entry.at
        elif entry.event is Event.DISCONNECTED and start is not None:
            spans.append((start, max(start, entry.at)))
            start = None
    if start is not None:
        spans.append((start, max(start, until_ms)))
    return spans
