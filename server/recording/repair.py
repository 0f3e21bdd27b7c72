"""Puts a recording in order that a kill left: torn tails cut off, the journal completed.

What was whole stays as it was; doing it again changes nothing. One that is being written is left
alone, which the lock on its journal tells.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.media.recording.journal import (
    JOURNAL,
    Ended,
    Line,
    SegmentDone,
    read_journal,
    write_lines,
)
from server.media.recording.reading import last_moment, segment_end, segment_paths
from server.media.recording.segments import SegmentError, read_segment


class StillWrittenError(Exception):
    """The recording is being written now."""


class NoRecordingError(Exception):
    """The folder holds no recording."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done: octets cut off, files that held nothing and are gone, segments completed."""

    octets: int = 0
    removed: int = 0
    completed: int = 0
    ended: bool = False

    @property
    def was_whole(self) -> bool:
        """Whether there was nothing to do."""
        return self == Repaired()


def repair(folder: Path) -> Repaired:
    """Put the recording in a folder in order.

    Raises:
        NoRecordingError: when there is none.
        StillWrittenError: when it is being written.
    """
    with _held(folder / JOURNAL) as journal:
        data = journal.read_bytes()
        lines, octets = read_journal(data)
        _cut(journal, octets)
        cut, removed = len(data) - octets, 0
        done = {line.number for line in lines if isinstance(line, SegmentDone)}
        fresh: list[Line] = []
        for path in segment_paths(folder):
            if int(path.stem) in done:
                continue
            torn, line = _complete(path)
            cut += torn
            removed += line is None
            fresh += [line] if line else []
        if not any(isinstance(line, Ended) for line in lines[-1:]):
            fresh.append(Ended(last_moment(folder, [*lines, *fresh]), "killed"))
        with journal.open("ab") as out:
            out.write(write_lines(fresh))
    completed = sum(isinstance(line, SegmentDone) for line in fresh)
    ended = any(isinstance(line, Ended) for line in fresh)
    return Repaired(cut, removed, completed, ended)


@contextmanager
def _held(journal: Path) -> Iterator[Path]:
    """Keep others from writing meanwhile."""
    try:
        handle = journal.open("rb")
    except FileNotFoundError:
        raise NoRecordingError(str(journal.parent)) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StillWrittenError(str(journal.parent)) from None
        yield journal


def _complete(path: Path) -> tuple[int, SegmentDone | None]:
    """Cut a segment's torn tail off; return its length and its line, None where nothing is left."""
    data = path.read_bytes()
    try:
        segment = read_segment(data)
    except SegmentError:
        path.unlink()
        return len(data), None
    _cut(path, segment.octets)
    digest = hashlib.sha256(data[: segment.octets]).hexdigest()
    until = segment_end(segment)
    torn = len(data) - segment.octets
    return torn, SegmentDone(segment.number, segment.start_us, until, segment.octets, digest)


def _cut(path: Path, octets: int) -> None:
    if path.stat().st_size > octets:
        os.truncate(path, octets)
