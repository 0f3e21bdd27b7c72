"""The thread that puts a recording on the disk: the only part of the worker that may wait for one.

The packet path hands over what it collected and goes on. System calls, hashing and checksums of
large pieces run without Python's lock; a disk that is too slow only lets the backlog grow, which
``is_behind`` tells. After a failed write the rest of the segment is given up.
"""

import fcntl
import hashlib
import logging
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from server.media.recording.journal import (
    JOURNAL,
    Began,
    Ended,
    Gap,
    Line,
    SegmentDone,
    read_journal,
    write_lines,
)
from server.media.recording.reading import last_moment, next_number
from server.media.recording.segments import Block, segment_name, write_blocks, write_head
from server.media.recording.tape import Missed, Report, Space, Trouble

MOST_WAITING_OCTETS = 16 * 1024 * 1024
"""What may wait for the disk: some ten seconds of a whole street."""

Job = Callable[[], None]


class _Open:
    """The segment that is being written."""

    def __init__(self, folder: Path, number: int, start_us: int) -> None:
        self.number = number
        self.start_us = start_us
        self.octets = 0
        self._hash = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.open(folder / segment_name(number), flags, 0o600)
        try:
            self.write(write_head(number, start_us))
        except OSError:
            os.close(self._file)
            raise

    def write(self, data: bytes) -> None:
        _write_all(self._file, data)
        self._hash.update(data)
        self.octets += len(data)

    def complete(self, until_us: int) -> SegmentDone:
        """Wait until it is on the disk; return the journal's line of it."""
        try:
            os.fdatasync(self._file)
        finally:
            os.close(self._file)
        return SegmentDone(
            self.number, self.start_us, until_us, self.octets, self._hash.hexdigest()
        )

    def abandon(self) -> None:
        os.close(self._file)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _was_meant(last: Line) -> bool:
    """Tell whether a journal ends because somebody wanted it to: what follows is no gap then."""
    return isinstance(last, Ended) and last.why in ("stopped", "closed")


class Writer:
    """Writes one recording; see ``tape.Sink``. It begins at once, and goes on in an old folder."""

    def __init__(self, folder: Path, room: str, begin_us: int, log: logging.Logger) -> None:
        self._folder = folder
        self._room = room
        self._log = log
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._reports: deque[Report] = deque()
        self._given = self._done = 0
        self._journal = -1
        self._journal_octets = 0
        self._lines: list[Line] = []
        self._begin_us = begin_us
        self._segment: _Open | None = None
        self._number = 0
        self._last_us = begin_us
        self._given_up = False
        self._jobs.put(lambda: self._cut(begin_us))
        self._thread = threading.Thread(target=self._run, name=f"recording-{room}", daemon=True)
        self._thread.start()

    # --- called by the packet path -------------------------------------------------------------

    def is_behind(self) -> bool:
        """See ``tape.Sink``."""
        return self._given - self._done > MOST_WAITING_OCTETS

    def put(self, blocks: list[Block], lines: list[Line]) -> None:
        """See ``tape.Sink``."""
        if not blocks and not lines:
            return
        size = sum(len(block.body) for block in blocks)
        self._given += size
        self._jobs.put(lambda: self._write(blocks, lines, size))

    def cut(self, at_us: int) -> None:
        """See ``tape.Sink``."""
        self._jobs.put(lambda: self._cut(at_us))

    def end(self, at_us: int, why: str) -> None:
        """See ``tape.Sink``."""
        self._jobs.put(lambda: self._end(at_us, why))
        self._jobs.put(None)

    def reports(self) -> list[Report]:
        """See ``tape.Sink``."""
        return [self._reports.popleft() for _ in range(len(self._reports))]

    def join(self, seconds: float) -> None:
        """Wait until everything that was given is written, but not for ever."""
        self._thread.join(seconds)

    @property
    def is_over(self) -> bool:
        """Whether the end was written, or never will be."""
        return not self._thread.is_alive()

    # --- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except OSError as error:
                self._give_up(error)
        if self._journal >= 0:
            os.close(self._journal)

    def _give_up(self, error: OSError) -> None:
        """Write nothing more into this segment; the next may fare better."""
        if not self._given_up:
            self._log.error("recording of room %s: %s", self._room, error)
            self._given_up = True
            self._reports.append(Trouble(error.strerror or str(error), self._last_us))
        if self._segment is not None:
            self._segment.abandon()
            self._segment = None
            self._number += 1

    def _begin(self) -> None:
        """Open the folder; go on after what an earlier process left there."""
        at_us = self._begin_us
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / JOURNAL
        lines, octets = read_journal(path.read_bytes()) if path.exists() else ([], 0)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        journal = os.open(path, flags, 0o600)
        try:
            # whoever repairs or seals a recording leaves one alone that is being written
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(journal)
            raise
        self._journal, self._journal_octets = journal, octets
        self._number = next_number(self._folder)
        fresh: list[Line] = [Began(at_us, self._number, self._room)]
        if lines and not _was_meant(lines[-1]):
            since = last_moment(self._folder, lines)
            if since < at_us:
                fresh.append(Gap(since, at_us, "restart"))
                self._reports.append(Missed(since, at_us))
        self._lines = fresh + self._lines

    def _note(self, lines: list[Line]) -> None:
        """Write lines into the journal, after those that could not be written before."""
        self._lines += lines
        if self._journal < 0:
            self._begin()
        if self._lines:
            # a line that is torn, by a kill or a full disk, would end what is read of the journal
            os.ftruncate(self._journal, self._journal_octets)
            text = write_lines(self._lines)
            _write_all(self._journal, text)
            self._journal_octets += len(text)
            self._lines.clear()

    def _look(self) -> None:
        room = os.statvfs(self._folder)
        self._reports.append(Space(room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize))

    def _write(self, blocks: list[Block], lines: list[Line], size: int) -> None:
        self._done += size
        self._note(lines)
        if not blocks or self._given_up:
            return
        if self._segment is None:
            start = min((block.start_us for block in blocks if block.start_us), default=0)
            self._segment = _Open(self._folder, self._number, start or self._last_us)
        self._segment.write(write_blocks(blocks))
        self._last_us = max(self._last_us, *(block.start_us for block in blocks))

    def _cut(self, at_us: int) -> None:
        segment, self._segment = self._segment, None
        self._given_up = False
        if segment is not None:
            self._number += 1
            self._note([segment.complete(at_us)])
        else:
            self._note([])
        self._look()

    def _end(self, at_us: int, why: str) -> None:
        self._cut(at_us)
        self._note([Ended(at_us, why)])
        os.fdatasync(self._journal)
