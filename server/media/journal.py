"""The journal of a worker, kept on disk until the control process has stored what is in it.

Each connect and disconnect is in the file before anybody is told, and the file's time is the last
sign of life. So the next worker tells what one that was killed had not handed over, and that from
its last sign of life on there was an outage, with which all its connections ended.
"""

import logging
import os
from pathlib import Path

import msgspec

from server.media import control
from server.media.control import Acknowledge, ControlError, Notice
from server.media.model import JournalEvent, MediaOutage

log = logging.getLogger("pinhui.media")


class Journal:
    """What a worker has to tell, in order, from its beginning to its end.

    Numbers start at the worker's first millisecond times 1,000, so those of a later worker are
    always greater.
    """

    def __init__(self, path: Path, started_ms: int) -> None:
        """Go on from what an earlier worker left in the file; one that cannot be read is passed."""
        self._next = started_ms * 1000
        self._kept = self._left(path, started_ms) if path.exists() else []
        fresh = path.with_suffix(".fresh")
        self._file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self._write(b"".join(control.encode(control.notice(event)) for event in self._kept))
        fresh.replace(path)

    @property
    def kept(self) -> tuple[JournalEvent, ...]:
        """The events that nobody has acknowledged, in order."""
        return tuple(self._kept)

    def next_seq(self) -> int:
        """Return a new number, greater than all before."""
        self._next += 1
        return self._next

    def add(self, event: JournalEvent) -> None:
        """Keep an event."""
        self._kept.append(event)
        self._write(control.encode(control.notice(event)))

    def acknowledge(self, seq: int) -> None:
        """Forget the event of this number; those before it may have been left untold."""
        self._kept = [event for event in self._kept if event.seq != seq]
        if self._kept:
            self._write(msgspec.json.encode(Acknowledge(seq)) + b"\n")
        else:
            os.ftruncate(self._file, 0)

    def note_alive(self) -> None:
        """Leave a sign of life."""
        os.utime(self._file)

    def close(self) -> None:
        """Leave the file to the next worker."""
        self.note_alive()
        os.close(self._file)

    def _write(self, lines: bytes) -> None:
        """Add to the file; a full disk costs the copy, and nobody his connection."""
        try:
            os.write(self._file, lines)
        except OSError as error:
            log.error("the journal cannot be written: %s", error)

    def _left(self, path: Path, started_ms: int) -> list[JournalEvent]:
        """Return what an earlier worker kept, and that it ended."""
        alive_ms = min(round(path.stat().st_mtime * 1000), started_ms)
        return [*_read(path), MediaOutage(self.next_seq(), alive_ms, started_ms)]


def _read(path: Path) -> list[JournalEvent]:
    """Return what nobody has acknowledged of a file, as far as it can be read."""
    kept: dict[int, JournalEvent] = {}
    try:
        for line in path.read_bytes().splitlines():
            match msgspec.json.decode(line, type=Notice | Acknowledge):
                case Acknowledge(seq):
                    kept.pop(seq, None)
                case Notice() as message:
                    event = control.event_of(message)
                    if isinstance(event, JournalEvent):
                        kept[event.seq] = event
    except (msgspec.DecodeError, ControlError) as error:
        log.error("the journal of the last worker cannot be read further: %s", error)
    return list(kept.values())
